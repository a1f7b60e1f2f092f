"""The views as HTTP asks them: which table, in which order, by which columns."""

from __future__ import annotations

from collections import Counter
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
from projections.alerts import ALERTS, alerts_of
from projections.boards import BOARDS
from projections.calls import CALLS
from projections.chains import CHAINS, RUNGS
from projections.clocks import CLOCKS, TIME
from projections.deadlines import DEADLINES
from projections.handovers import HANDOVERS
from projections.hops import HOPS
from projections.reading import Condition, Either, Held, Is, Source, Touches, Within
from projections.repeat_callers import REPEAT_CALLERS, of_kind
from projections.table import Table
from projections.units import UNITS
from projections.view import View

_FLAGS = {"true": True, "false": False}


def is_current(source: Source) -> bool:
    """Whether rows come as they are today, not folded for a moment."""
    return not isinstance(source, Held)


# The condition that a row concerns one of these units.
Scope = Callable[[frozenset[str]], Condition]
# Those of some rows that are for these eyes.
Seen = Callable[[list[Any], Eyes, Source], list[Any]]


def about_cases(rows: list[Any], eyes: Eyes, _source: Source) -> list[Any]:
    return eyes.cases(rows)


def boards(rows: list[Any], eyes: Eyes, source: Source) -> list[Any]:
    """Rows that are current speak for themselves."""
    if is_current(source):
        return [row for row in rows if eyes.case(row)]
    return eyes.cases(rows)


def boards_of(units: frozenset[str]) -> Condition:
    """``domain.authority.concerned``, as a search."""
    return Either(
        (
            Touches("units", units),
            Is("offered_unit", *units),
            Touches("told_units", units),
            Touches("ordered_units", units),
        )
    )


def alerts(rows: list[Any], eyes: Eyes, _source: Source) -> list[Any]:
    """Whose customer it is, only for who may know it of a secret case."""
    seen = [row for row in rows if eyes.alert(row)]
    return seen if eyes.know_who else [replace(row, customer=None) for row in seen]


def alerts_for(units: frozenset[str]) -> Condition:
    return alerts_of(*units)


def calls(rows: list[Any], eyes: Eyes, source: Source) -> list[Any]:
    return (
        [r for r in rows if eyes.unit(r.unit)] if is_current(source) else eyes.calls(rows)
    )


def calls_of(units: frozenset[str]) -> Condition:
    return Is("unit", *units)


def callers(rows: list[Any], eyes: Eyes, source: Source) -> list[Any]:
    """Each count with only the cases that are for these eyes in it."""
    rows = [row for row in rows if eyes.type_now(row.business_type)]
    if not rows or (is_current(source) and eyes.mine is None):
        return rows
    where: list[Condition] = [Is("customer", *{row.customer for row in rows})]
    if not eyes.know_who:
        where.append(Is("secret", False))
    if eyes.mine is not None and is_current(source):
        where.append(boards_of(eyes.mine))
    cases = boards(source.select(BOARDS.table, *where), eyes, source)
    counts = Counter(cell for case in cases for cell in of_kind(case))
    told = [
        replace(row, n=counts[row.customer, row.business_type, row.category])
        for row in rows
    ]
    return [row for row in told if row.n]


def everything(rows: list[Any], _eyes: Eyes, _source: Source) -> list[Any]:
    return rows


@dataclass(frozen=True, slots=True)
class Question:
    """One name under /views. ``view`` keeps ``table``; ``order`` sorts before the key.

    ``scope`` narrows the search to what ``seen`` may leave of it, for a unit's eyes.
    ``counted`` is a column that ``seen`` counts again for them, or keeps from them.
    ``aliases`` are short names of columns in the query; ``usual`` holds unless the query
    says otherwise about that column. ``bounds`` are names in the query for one end of a
    column's span: (column, ``least`` or ``below``).
    """

    view: View[Any]
    table: Table
    order: tuple[str, ...] = ()
    seen: Seen = about_cases
    scope: Scope | None = None
    counted: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    usual: tuple[Is | Within, ...] = ()
    bounds: Mapping[str, tuple[str, str]] = field(default_factory=dict)

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
            elif name in self.bounds:
                span[name] = self._bound(name, text)
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

    def narrowed(
        self, where: list[Condition], eyes: Eyes, source: Source
    ) -> tuple[list[Condition], list[Condition]]:
        """What to search by for these eyes, and what must hold of the rows they then see.

        A count is compared after it was counted for these eyes: else it would tell how
        many cases there are that they may not see.
        """
        after: list[Condition] = [
            c for c in where if isinstance(c, Is | Within) and c.column == self.counted
        ]
        if is_current(source) and eyes.mine is None:
            return where, []
        where = [c for c in where if c not in after]
        if not eyes.know_who:
            where = self._keeping_secrets(where)
        if eyes.mine is not None and self.scope is not None and is_current(source):
            where = [*where, self.scope(eyes.mine)]
        return where, after

    def _keeping_secrets(self, where: list[Condition]) -> list[Condition]:
        """Nor can they ask for the cases of somebody they know, and find a secret one."""
        asks_who = any(isinstance(c, Is) and c.column == "customer" for c in where)
        hides = asks_who and "secret" in self.columns
        return [*where, Is("secret", False)] if hides else where

    def _bound(self, name: str, text: str) -> Within:
        column, end = self.bounds[name]
        kind = self.columns.get(column)
        value = _time(name, text) if kind is None else _value(name, kind, text)
        return Within(column, **{end: value})

    def _span(self, times: Mapping[str, datetime]) -> list[Condition]:
        if not times:
            return []
        return [Within(self.order[0], least=times.get("since"), below=times.get("before"))]


# What is due soon, what is overdue.
TIMES = {"due_before": ("due", "below"), "overdue_least": ("overdue", "least")}

QUESTIONS: dict[str, Question] = {
    "board": Question(
        BOARDS,
        BOARDS.table,
        ("received_at",),
        boards,
        boards_of,
        usual=(Is("open", True),),
        bounds=TIMES,
    ),
    "worklist": Question(
        BOARDS,
        BOARDS.table,
        ("received_at",),
        boards,
        boards_of,
        aliases={"unit": "next_unit", "person": "next_person"},
        usual=(Is("open", True),),
        bounds=TIMES,
    ),
    "handovers": Question(HANDOVERS, HANDOVERS.table),
    "hops": Question(HANDOVERS, HOPS.table),
    "chain": Question(CHAINS, RUNGS.table),
    "clocks": Question(TIME, CLOCKS.table, ("due",)),
    "deadlines": Question(DEADLINES, DEADLINES.table, ("next_at",)),
    "alerts": Question(
        ALERTS, ALERTS.table, ("raised_at",), alerts, alerts_for, counted="customer"
    ),
    "calls": Question(CALLS, CALLS.table, ("offered_at",), calls, calls_of),
    "repeat-callers": Question(
        BOARDS,
        REPEAT_CALLERS.table,
        seen=callers,
        counted="n",
        usual=(Within("n", least=2),),
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
