"""One row of the source, read by its mapping: the steps it tells, or why it tells none."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import msgspec

from api.imports.mapping import Cell, Condition, LineRule, Mapping, StepRule, Told
from api.imports.source import Row, Unreadable
from api.imports.times import reader_of

SHOWN_MAX = 40


class SourceStep(msgspec.Struct, frozen=True, array_like=True):
    """One thing a row says happened, in the words of the source.

    ``at`` is UTC. ``seq`` is the source's own number, or None. ``told`` are columns kept as
    they are. ``words`` (of the step) and ``content`` (of the case) are still in clear and
    must be sealed before they are written anywhere. ``key`` tells the step from others of
    its case, ``digest`` what it says. Both are stored: sealed columns take no part in
    them, and digests are keyed, so that what a short row says cannot be guessed.
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
    told: dict[str, str]
    words: dict[str, str]
    content: dict[str, str]
    key: str
    digest: bytes


class Reject(Exception):
    """This row cannot be read; the text is the reason."""


Get = Callable[[dict[str, str]], str]


class RowReader:
    """A mapping made ready to read rows for a policy with these types and channels.

    ``fingerprint`` digests under a secret (``Vault.fingerprint``). Raises Unusable when
    the mapping's times cannot be read.
    """

    def __init__(
        self,
        mapping: Mapping,
        types: Collection[str],
        channels: Collection[str],
        fingerprint: Callable[[bytes], bytes],
    ) -> None:
        self._mapping = mapping
        self._types, self._channels = types, channels
        self._fingerprint = fingerprint
        self._read_time = reader_of(mapping.time)
        self._business_type = getter(mapping.case.business_type, "business_type")
        self._channel = getter(mapping.case.channel, "channel")
        # A column without a name is a running number of the export, not of the row.
        self._not_digested = mapping.sealed | {""}
        self._steps = [
            _StepReader(n, rule, mapping.lines) for n, rule in enumerate(mapping.steps)
        ]

    def read(self, row: Row) -> list[SourceStep] | Unreadable:
        """The steps in the order of the mapping. Nothing of a row is taken when a part of
        it cannot be read."""
        case = row.values.get(self._mapping.case.id, "").strip()
        if not case:
            return Unreadable(row.line, f"no case: {self._mapping.case.id} is empty")
        try:
            told = [self._step(row, case, s) for s in self._steps if s.applies(row.values)]
        except Reject as reason:
            return Unreadable(row.line, str(reason), case)
        return told or Unreadable(row.line, "no `when` of the mapping holds", case)

    def _step(self, row: Row, case: str, step: _StepReader) -> SourceStep:
        values, rule = row.values, self._mapping.case
        at, seq = self._time(step.at(values)), self._seq(values)
        status, unit = step.status(values), step.unit(values)
        key, digest = self._identity(values, step, seq, (at, status, unit))
        return SourceStep(
            line=row.line,
            case=case,
            seq=seq,
            at=at,
            status=status,
            unit=unit,
            person=step.person(values) or None,
            support_line=step.support_line(values),
            business_type=self._known(self._business_type(values), self._types, "type"),
            channel=self._known(self._channel(values), self._channels, "channel"),
            customer=values.get(rule.customer, "").strip() if rule.customer else "",
            told=step.told(values),
            words=_some(values, step.seal),
            content=_some(values, rule.content),
            key=key,
            digest=digest,
        )

    def _identity(
        self,
        values: dict[str, str],
        step: _StepReader,
        seq: int | None,
        said: tuple[datetime, str, str],
    ) -> tuple[str, bytes]:
        """What tells this step from others of its case, and a digest of what it says."""
        if len(self._steps) > 1:
            # A wide row that has grown tells its old steps again: only the new one is new.
            at, status, unit = said
            key = f"step:{step.place}|{at.isoformat()}|{status}|{unit}"
            return key, self._digest([key, step.told(values)])
        digest = self._digest(
            {k: v for k, v in values.items() if k not in self._not_digested}
        )
        return f"row:{digest.hex()}" if seq is None else f"seq:{seq}", digest

    def _digest(self, said: object) -> bytes:
        """Of what is said, whatever the order of the columns."""
        return self._fingerprint(msgspec.json.encode(said, order="sorted"))[:16]

    def _known(self, text: str, known: Collection[str], name: str) -> str:
        if text not in known:
            raise Reject(f"the policy has no {name} {text[:SHOWN_MAX]!r}")
        return text

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


def _some(values: dict[str, str], names: list[str]) -> dict[str, str]:
    """Those of the columns that say something."""
    if not names:
        return {}
    return {name: text for name in names if (text := values.get(name))}


class _StepReader:
    """One [[steps]] of the mapping, made ready."""

    def __init__(self, n: int, rule: StepRule, lines: list[LineRule]) -> None:
        self.place = n
        self.at = getter(rule.at, "at", joint=" ")
        self.status = getter(rule.status, "status")
        self.unit = getter(rule.unit, "unit")
        self.person: Get = getter(rule.person, "person") if rule.person else lambda _: ""
        when = rule.when
        self._when = Condition(column=when) if isinstance(when, str) else when
        self._line, self._lines = rule.line, lines
        self.seal = rule.seal
        self._keep, self._note = rule.keep, rule.note

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
        return _some(values, self._keep) | self._note


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
