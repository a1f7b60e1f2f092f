"""时钟 Clocks: what was promised until when, for each case, and was it kept?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackPlanned
from domain.case.case import CaseFact
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.dispatch import CaseDispatched
from domain.case.handover import HandoverAccepted
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.merge import CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.receive import CaseReceived
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.promise.clock import (
    BreachExplained,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
    DeadlineWarned,
)
from projections.clock_rows import (
    ClockRow,
    TimeRow,
    begun,
    breached,
    explained,
    graver,
    held_by,
    moved,
    resumed,
    sorted_as,
    started,
    stopped,
    warned,
)
from projections.reading import Is, Source
from projections.table import Table
from projections.view import Handler, Occurrences, View, known, on

# Facts that say in ``to_unit``, or in ``unit``, who holds the case from now on.
SENT: tuple[type[CaseFact], ...] = (
    CaseDispatched,
    CaseReassigned,
    ReturnDecided,
    HandoverAccepted,
    CallbackPlanned,
    CaseReopened,
    CaseUnmerged,
)
TAKEN: tuple[type[CaseFact], ...] = (CaseAccepted, StepWitnessed)


def changed_clocks(
    before: TimeRow | None, after: TimeRow | None, _: CaseFact
) -> Iterator[ClockRow]:
    """The clocks that a step began or changed."""
    old = before.clocks if before else ()
    for n, clock in enumerate(after.clocks if after else ()):
        if n >= len(old) or old[n] != clock:
            yield clock


def of_holders() -> Iterator[Handler]:
    for kinds, unit_of in (
        (SENT, lambda fact: fact.to_unit),
        (TAKEN, lambda fact: fact.unit),
    ):
        yield from (on(kind, known(_held(unit_of))) for kind in kinds)


def _held(unit_of: Callable[[Any], str]) -> Callable[[TimeRow, Any], TimeRow]:
    return lambda row, fact: held_by(row, fact, unit_of(fact))


CLOCKS: Occurrences[TimeRow] = Occurrences(
    Table(
        "clocks",
        ClockRow,
        key=("case_id", "clock"),
        indexes=(("state", "due"), ("calendar", "state"), ("unit",), ("started_at",)),
    ),
    changed_clocks,
)

TIME: View[TimeRow] = View(
    Table("time", TimeRow, key=("case_id",)),
    docs="what was promised for each case until when, who held it, and whether it was kept",
    handlers=(
        on(CaseReceived, begun, fresh=True),
        on(CaseWitnessed, begun, fresh=True),
        *of_holders(),
        on(CaseClassified, known(sorted_as)),
        on(CaseReclassified, known(sorted_as)),
        on(LevelAssessed, known(graver)),
        on(LevelRaised, known(graver)),
        on(ClockStarted, known(started)),
        on(DeadlineMoved, known(moved)),
        on(ClockResumed, known(resumed)),
        on(ClockStopped, known(stopped)),
        on(DeadlineWarned, known(warned)),
        on(DeadlineBreached, known(breached)),
        on(BreachExplained, known(explained)),
    ),
    occurrences=(CLOCKS,),
)


class Clocks:
    """The clocks as they stand (``Stored``) or stood (``Held``)."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def of(self, case_id: UUID) -> list[ClockRow]:
        """The clocks of one case, in the order in which they began."""
        row: TimeRow | None = self._source.get(TIME.table, (case_id,))
        if row is None:
            return []
        rows = self._source.select(CLOCKS.table, Is("case_id", case_id))
        begun_as = [clock.clock for clock in row.clocks]
        return sorted(rows, key=lambda clock: begun_as.index(clock.clock))
