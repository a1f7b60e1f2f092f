"""One row of the source, read by its mapping: the steps it tells, or why it tells none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256

import msgspec

from api.imports.mapping import Cell, Condition, LineRule, Mapping, StepRule, Told
from api.imports.source import Row, Unreadable
from api.imports.times import reader_of

SHOWN_MAX = 40


class SourceStep(msgspec.Struct, frozen=True, array_like=True):
    """One thing a row says happened, in the words of the source.

    ``at`` is UTC. ``seq`` is the source's own number, or None. ``rule`` is the place of
    its [[steps]] in the mapping. ``told`` are columns kept as they are, ``sealed`` those
    still in clear that must be sealed before they are written anywhere. ``content`` is a
    digest of the row without its sealed columns.
    """

    line: int
    case: str
    seq: int | None
    at: datetime
    status: str
    unit: str
    person: str | None
    support_line: str | None
    business_type: str
    channel: str
    customer: str
    rule: int
    told: dict[str, str]
    sealed: dict[str, str]
    content: str


class Reject(Exception):
    """This row cannot be read; the text is the reason."""


Get = Callable[[dict[str, str]], str]


class RowReader:
    """A mapping made ready to read rows. Raises Unusable when its times cannot be read."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._read_time = reader_of(mapping.time)
        self._business_type = getter(mapping.case.business_type, "business_type")
        self._channel = getter(mapping.case.channel, "channel")
        self._sealed = frozenset(name for step in mapping.steps for name in step.seal)
        self._steps = [
            _StepReader(n, rule, mapping.lines) for n, rule in enumerate(mapping.steps)
        ]

    def read(self, row: Row) -> list[SourceStep] | Unreadable:
        """The steps in the order of the mapping. Nothing of a row is taken when a part of
        it cannot be read."""
        case = row.values.get(self._mapping.case.id, "").strip()
        try:
            return list(self._taken(row, case))
        except Reject as reason:
            return Unreadable(row.line, str(reason), case)

    def _taken(self, row: Row, case: str) -> Iterator[SourceStep]:
        values, rule = row.values, self._mapping.case
        if not case:
            raise Reject(f"no case: {rule.id} is empty")
        seq = self._seq(values)
        customer = values.get(rule.customer, "").strip() if rule.customer else ""
        business_type, channel = self._business_type(values), self._channel(values)
        content = "" if len(self._steps) > 1 else self._digest(values)
        taken = 0
        for step in self._steps:
            if not step.applies(values):
                continue
            taken += 1
            status, unit = step.status(values), step.unit(values)
            at = self._time(step.at(values))
            yield SourceStep(
                line=row.line,
                case=case,
                seq=seq,
                at=at,
                status=status,
                unit=unit,
                person=step.person(values) or None,
                support_line=step.support_line(values),
                business_type=business_type,
                channel=channel,
                customer=customer,
                rule=step.rule,
                told=step.told(values),
                sealed=step.sealed(values),
                content=content or f"{step.rule}|{at.isoformat()}|{status}|{unit}",
            )
        if not taken:
            raise Reject("the row tells no step: every `when` of the mapping fails")

    def _time(self, text: str) -> datetime:
        try:
            return self._read_time(text)
        except ValueError as error:
            raise Reject(f"no time in {text[:SHOWN_MAX]!r}: {error}") from None

    def _seq(self, values: dict[str, str]) -> int | None:
        name = self._mapping.case.seq
        if name is None:
            return None
        text = values.get(name, "").strip()
        if not (text.isascii() and text.isdigit()) or len(text) > 18:  # noqa: PLR2004 - bigint
            raise Reject(f"{name} is not a whole number: {text[:SHOWN_MAX]!r}")
        return int(text)

    def _digest(self, values: dict[str, str]) -> str:
        """Tells rows apart that have no number of their own. Never made from what is
        sealed: a digest of a name can be guessed."""
        open_values = sorted((k, v) for k, v in values.items() if k not in self._sealed)
        return sha256(msgspec.json.encode(open_values)).hexdigest()[:32]


class _StepReader:
    """One [[steps]] of the mapping, made ready."""

    def __init__(self, n: int, rule: StepRule, lines: list[LineRule]) -> None:
        self.rule = n
        self.at = getter(rule.at, "at", joint=" ")
        self.status = getter(rule.status, "status")
        self.unit = getter(rule.unit, "unit")
        self.person: Get = getter(rule.person, "person") if rule.person else lambda _: ""
        when = rule.when
        self._when = Condition(column=when) if isinstance(when, str) else when
        self._line, self._lines = rule.line, lines
        self._keep, self._seal, self._note = rule.keep, rule.seal, rule.note

    def applies(self, values: dict[str, str]) -> bool:
        if self._when is None:
            return True
        text = values.get(self._when.column, "").strip()
        return bool(text) and text not in self._when.none_of

    def support_line(self, values: dict[str, str]) -> str | None:
        """The first rule whose texts all stand in the name; None when none fits."""
        if self._line is None:
            return None
        name = values.get(self._line, "")
        fits = (r.line for r in self._lines if all(text in name for text in r.contains))
        return next(fits, None)

    def told(self, values: dict[str, str]) -> dict[str, str]:
        kept = {name: text for name in self._keep if (text := values.get(name))}
        return kept | self._note

    def sealed(self, values: dict[str, str]) -> dict[str, str]:
        return {name: text for name in self._seal if (text := values.get(name))}


def getter(cell: Cell, name: str, joint: str = "/") -> Get:
    """A function from a row to the text that a cell of the mapping describes."""
    if isinstance(cell, str):
        return lambda values: values.get(cell, "").strip()
    if isinstance(cell, list):
        return lambda values: joint.join(values.get(c, "").strip() for c in cell)
    return _told(cell, name)


def _told(cell: Told, name: str) -> Get:
    fixed, column = cell.fixed, cell.column
    if fixed is not None:
        return lambda _: fixed

    def translated(values: dict[str, str]) -> str:
        text = values.get(column or "", "").strip()
        if not cell.values:
            return text or cell.default or ""
        found = cell.values.get(text, cell.default)
        if found is None:
            raise Reject(f"the mapping has no {name} for {text[:SHOWN_MAX]!r} ({column})")
        return found

    return translated
