"""The views as HTTP asks them: which table, in which order, by which columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec.structs import replace

from api.http.eyes import Eyes
from api.http.problems import Problem
from api.instants import instant
from projections.boards import BOARDS
from projections.calls import CALLS
from projections.chains import CHAINS, RUNGS
from projections.handovers import HANDOVERS
from projections.hops import HOPS
from projections.reading import Condition, Either, Is, Source, Touches, Within
from projections.repeat_callers import REPEAT_CALLERS
from projections.table import Table
from projections.units import UNITS
from projections.view import View

_FLAGS = {"true": True, "false": False}


# The condition that a row concerns one of these units.
Scope = Callable[[frozenset[str]], Condition]
# Those of some rows that are for these eyes.
Seen = Callable[[list[Any], Eyes, Source], list[Any]]


def about_cases(rows: list[Any], eyes: Eyes, source: Source) -> list[Any]:
    return eyes.cases(rows, source)


def boards(rows: list[Any], eyes: Eyes, _source: Source) -> list[Any]:
    return [row for row in rows if eyes.case(row)]


def boards_of(units: frozenset[str]) -> Condition:
    return Either((Touches("units", units), Is("offered_unit", *units)))


def calls(rows: list[Any], eyes: Eyes, _source: Source) -> list[Any]:
    return [row for row in rows if eyes.unit(row.unit)]


def calls_of(units: frozenset[str]) -> Condition:
    return Is("unit", *units)


def callers(rows: list[Any], eyes: Eyes, source: Source) -> list[Any]:
    """Each count with only the cases that are for these eyes in it."""
    rows = [row for row in rows if eyes.type_now(row.business_type)]
    if eyes.mine is None or not rows:
        return rows
    counts = source.count(
        BOARDS.table,
        Is("customer", *{row.customer for row in rows}),
        Is("merged_into", None),
        Is("secret", False),
        Touches("units", eyes.mine),
        by=("customer", "business_type", "category"),
    )
    told = [
        replace(
            row, n=counts.get((row.customer, row.business_type, row.category or None), 0)
        )
        for row in rows
    ]
    return [row for row in told if row.n]


def everything(rows: list[Any], _eyes: Eyes, _source: Source) -> list[Any]:
    return rows


@dataclass(frozen=True, slots=True)
class Question:
    """One name under /views. ``view`` keeps ``table``; ``order`` sorts before the key.

    ``scope`` narrows the search to what ``seen`` may leave of it, for a unit's eyes.
    ``aliases`` are short names of columns in the query; ``usual`` holds unless the query
    says otherwise about that column.
    """

    view: View[Any]
    table: Table
    order: tuple[str, ...] = ()
    seen: Seen = about_cases
    scope: Scope | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    usual: tuple[Is | Within, ...] = ()

    @property
    def ordering(self) -> tuple[str, ...]:
        """The columns that rows are sorted by; no two rows are equal in all of them."""
        return (*self.order, *(name for name in self.table.key if name not in self.order))

    @property
    def columns(self) -> dict[str, type]:
        """The columns that can be asked for a value, with their types."""
        hints = get_type_hints(self.table.row)
        plain = {name: _plain(hint) for name, hint in hints.items() if name != "position"}
        return {name: kind for name, kind in plain.items() if kind is not None}

    def conditions(self, asked: Iterable[tuple[str, str]]) -> list[Condition]:
        """The conditions of a query. The same column twice: either value.

        ``since`` and ``before`` bound the first column of the order. Raises Problem 400.
        """
        values: dict[str, list[Any]] = {}
        span: dict[str, Any] = {}
        times: dict[str, datetime] = {}
        columns = self.columns
        for name, text in asked:
            column = self.aliases.get(name, name)
            if column in columns:
                values.setdefault(column, []).append(_value(name, columns[column], text))
            elif name in {"since", "before"} and self.order:
                times[name] = _time(name, text)
            elif name == "least" and "n" in columns:
                span["n"] = Within("n", least=_value(name, int, text))
            else:
                raise Problem(400, "bad_parameter", name=name[:100])
        said = values.keys() | span.keys()
        usual = [each for each in self.usual if each.column not in said]
        return [
            *usual,
            *self._span(times),
            *span.values(),
            *(Is(name, *each) for name, each in values.items()),
        ]

    def keeping_secrets(self, where: Iterable[Condition]) -> list[Condition]:
        """The conditions for eyes that may not know who the customer of a secret case is:
        nor can they ask for the cases of somebody they know, and find a secret one."""
        where = list(where)
        asks_who = any(isinstance(c, Is) and c.column == "customer" for c in where)
        if asks_who and "secret" in self.columns:
            where.append(Is("secret", False))
        return where

    def _span(self, times: Mapping[str, datetime]) -> list[Condition]:
        if not times:
            return []
        return [Within(self.order[0], least=times.get("since"), below=times.get("before"))]


QUESTIONS: dict[str, Question] = {
    "board": Question(
        BOARDS,
        BOARDS.table,
        ("received_at",),
        boards,
        boards_of,
        usual=(Is("open", True),),
    ),
    "worklist": Question(
        BOARDS,
        BOARDS.table,
        ("received_at",),
        boards,
        boards_of,
        aliases={"unit": "next_unit", "person": "next_person"},
        usual=(Is("open", True),),
    ),
    "handovers": Question(HANDOVERS, HANDOVERS.table),
    "hops": Question(HANDOVERS, HOPS.table),
    "chain": Question(CHAINS, RUNGS.table),
    "calls": Question(CALLS, CALLS.table, ("offered_at",), calls, calls_of),
    "repeat-callers": Question(
        BOARDS, REPEAT_CALLERS.table, seen=callers, usual=(Within("n", least=2),)
    ),
    "units": Question(UNITS, UNITS.table, seen=everything),
}


def _time(name: str, text: str) -> datetime:
    try:
        return instant(text)
    except ValueError:
        raise Problem(400, "bad_time", name=name) from None


def _plain(hint: Any) -> type | None:
    """The type of a column that a query can name a value of; None for other columns."""
    options = (
        [each for each in get_args(hint) if each is not type(None)]
        if get_origin(hint) in {Union, UnionType}
        else [hint]
    )
    return (
        options[0] if len(options) == 1 and options[0] in {str, int, bool, UUID} else None
    )


def _value(name: str, kind: type, text: str) -> Any:
    """A value as the query wrote it; empty stands for none."""
    if text == "":
        return None
    try:
        if kind is bool:
            return _FLAGS[text]
        found = kind(text)
    except (KeyError, ValueError):
        raise Problem(400, "bad_parameter", name=name) from None
    if "\x00" in text or (kind is int and abs(found) >= 2**31):
        raise Problem(400, "bad_parameter", name=name)
    return found
