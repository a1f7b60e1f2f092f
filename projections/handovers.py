"""Hand-overs 转办: does a case change hands, come back, lie somewhere, begin again?"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.case.accept import CaseAccepted
from domain.case.case import CaseFact
from domain.case.receive import CaseReceived
from domain.case.reopen import CaseReopened
from domain.case.witness import CaseWitnessed, StepWitnessed
from projections.hops import HOPS
from projections.passing import PassingRow, handed, passing
from projections.reading import Condition, Is, Source, Within, place
from projections.table import Key, Table
from projections.view import View, known, on

# Pairs of lines that push work to the front, or skip a line (domain.md D: IBM's rule for
# the BPI Challenge 2013, with the first pair tested too).
PUSHES = frozenset({("L2", "L1"), ("L3", "L2"), ("L3", "L1"), ("L1", "L3")})


class HandoverRow(PassingRow, frozen=True, kw_only=True):
    """One case on its way through the units, of which one has it since ``since``.

    ``layers``: levels of the organisation that its hops went through, ``layers_max`` in
    one hop; hops of which they are not known count none.
    ``dwell``: seconds that it lay with each unit while it was open, up to ``since``.
    ``push_to_front``: the case is not compliant; None when its lines are not known.
    ``source_rows`` counts the rows witnessed of another system.
    """

    case_id: UUID
    since: datetime
    stage: str
    open: bool
    layers: int = 0
    layers_max: int = 0
    reopened: int = 0
    dwell: dict[str, float]
    line: str | None = None
    push_to_front: bool | None = None
    source_rows: int = 0
    source: str | None = None
    source_id: str | None = None


# Folds -----------------------------------------------------------------------------------


def begun(_: HandoverRow | None, fact: CaseReceived | CaseWitnessed) -> HandoverRow:
    """A witnessed case begins with nobody: its first row says who had it."""
    return HandoverRow(
        case_id=fact.originator_id,
        unit=fact.holder_unit if isinstance(fact, CaseReceived) else "",
        since=fact.occurred_at,
        stage=fact.stage,
        open=not fact.terminal,
        dwell={},
        source=fact.source,
        source_id=fact.source_id,
    )


def stepped(row: HandoverRow, fact: StepWitnessed) -> HandoverRow:
    """The next row of history, against the row before it."""
    pair = (row.line, fact.line)
    if fact.line is None:
        pushed = row.push_to_front
    elif row.source_rows == 0:
        pushed = fact.line != "L1"
    else:
        pushed = row.push_to_front or pair in PUSHES
    again = row.source_rows > 0 and not row.open and not fact.terminal
    row = replace(
        lain(row, fact.occurred_at),
        stage=fact.stage,
        open=not fact.terminal,
        reopened=row.reopened + again,
        line=fact.line,
        push_to_front=pushed,
        source_rows=row.source_rows + 1,
    )
    return handed(row, fact.unit)


def ticked(row: HandoverRow, fact: CaseFact) -> HandoverRow:
    """The time that a case lies somewhere stops when it is done, and runs on from then."""
    if fact.stage == row.stage:
        return row
    if row.open == fact.terminal:
        row = lain(row, fact.occurred_at)
    return replace(row, stage=fact.stage, open=not fact.terminal)


def lain(row: HandoverRow, at: datetime) -> HandoverRow:
    """Add the time up to now to the unit that has the case."""
    if not row.open or not row.unit:
        return replace(row, since=at)
    # Clocks of another system may run backwards; nothing lies anywhere for less than 0 s.
    seconds = max(0.0, (at - row.since).total_seconds())
    dwell = row.dwell | {row.unit: row.dwell.get(row.unit, 0.0) + seconds}
    return replace(row, since=at, dwell=dwell)


def moved(row: HandoverRow, fact: Any) -> HandoverRow:
    """With the levels of the organisation that a hop goes through."""
    if fact.to_unit == row.unit:
        return row
    layers = fact.layers or 0
    return replace(
        handed(lain(row, fact.occurred_at), fact.to_unit),
        layers=row.layers + layers,
        layers_max=max(row.layers_max, layers),
    )


def came_round(row: HandoverRow, fact: Any) -> HandoverRow:
    if fact.to_unit == row.unit and row.came_from is None:
        return row
    return replace(lain(row, fact.occurred_at), unit=fact.to_unit, came_from=None)


def reopened(row: HandoverRow, _: CaseReopened) -> HandoverRow:
    return replace(row, reopened=row.reopened + 1)


def succeeded(row: HandoverRow, fact: CaseAccepted) -> HandoverRow:
    if fact.unit == row.unit:
        return row
    return replace(lain(row, fact.occurred_at), unit=fact.unit)


HANDOVERS: View[HandoverRow] = View(
    Table(
        "handovers",
        HandoverRow,
        key=("case_id",),
        indexes=(("hops",), ("source", "source_id")),
    ),
    docs="how often each case changed hands, came back or was reopened, and where it lay",
    handlers=(
        on(CaseReceived, begun, fresh=True),
        on(CaseWitnessed, begun, fresh=True),
        on(StepWitnessed, known(stepped)),
        on(CaseFact, known(ticked)),
        *passing(moved, came_round, succeeded),
        on(CaseReopened, known(reopened)),
    ),
    occurrences=(HOPS,),
)

# What can be counted, and the condition that a case is counted by.
COUNTED: dict[str, tuple[Condition, ...]] = {
    "cases": (),
    "cases_with_handover": (Within("hops", least=1),),
    "pingpong_cases": (Within("pingpong", least=1),),
    "reopened": (Within("reopened", least=1),),
    "push_to_front": (Is("push_to_front", True),),
}
PAGE = 2_000
SUMMED = {"source_rows": "source_rows", "reopened_times": "reopened"}


class Handovers:
    """The hand-overs as they are (``Stored``) or were (``Held``).

    ``source`` restricts the numbers to cases of one imported log.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def stats(self, source: str | None = None) -> dict[str, int]:
        """Every number, each of which ``listed`` opens."""
        where = _of(source)
        table, hops = HANDOVERS.table, HOPS.table
        found = {
            name: self._source.count(table, *condition, *where)[()]
            for name, condition in COUNTED.items()
        }
        found |= {
            name: self._source.total(table, column, *where)
            for name, column in SUMMED.items()
        }
        found["handovers"] = self._source.count(hops, *where)[()]
        found["pingpong"] = self._source.count(hops, Is("pingpong", True), *where)[()]
        return found

    def sources(self) -> list[str]:
        """The imported logs that have cases."""
        found = self._source.count(HANDOVERS.table, by=("source",))
        return sorted(source for (source,) in found if source is not None)

    def layers(self, source: str | None = None) -> tuple[int, int]:
        """Levels of the organisation crossed: by all hops together, and most in one."""
        where, table = _of(source), HANDOVERS.table
        most = self._source.count(table, *where, by=("layers_max",))
        return (
            self._source.total(table, "layers", *where),
            max((crossed for (crossed,) in most), default=0),
        )

    def dwell(self, source: str | None = None) -> dict[str, float]:
        """Seconds that cases lay with each unit, the most first: stays that have ended."""
        lay: Counter[str] = Counter()
        after: Key | None = None
        where, table = _of(source), HANDOVERS.table
        while rows := self._source.select(table, *where, after=after, limit=PAGE):
            for row in rows:
                lay.update(row.dwell)
            after = place(table, rows[-1])
        return dict(sorted(lay.items(), key=lambda cell: (-cell[1], cell[0])))

    def listed(self, number: str, source: str | None = None) -> list[Any]:
        """Exactly what a number of ``stats`` counts: cases, or the hops themselves.

        Cases come in the order of their id in the source. Raises KeyError for a number
        that counts neither (``source_rows``).
        """
        where = _of(source)
        if number in {"handovers", "pingpong"}:
            conditions = (Is("pingpong", True),) if number == "pingpong" else ()
            return _sorted(self._source.select(HOPS.table, *conditions, *where))
        return _sorted(self._source.select(HANDOVERS.table, *COUNTED[number], *where))


def _of(source: str | None) -> tuple[Condition, ...]:
    return () if source is None else (Is("source", source),)


def _sorted(rows: list[Any]) -> list[Any]:
    return sorted(
        rows,
        key=lambda r: (r.source or "", r.source_id or "", r.case_id, getattr(r, "n", 0)),
    )
