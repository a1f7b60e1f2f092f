"""时钟 Clocks: what was promised until when, and whether it was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from domain.case.case import Case, CaseFact
from domain.fact import Sealed
from domain.promise.records import Clock, Grant, Pause

OVERDUE = "overdue"


class ClockFact(CaseFact):
    """A fact about one clock of the case; nobody's act, so no owner has acted."""

    OWNER_ACT: ClassVar[bool] = False

    clock: str

    def turn(self, case: Case, **changes: Any) -> None:
        """Put other values into the clock that this fact is about."""
        case.clocks = [
            replace(clock, **changes) if clock.id == self.clock else clock
            for clock in case.clocks
        ]


class ClockStarted(ClockFact):
    """From ``started_at``, ``step`` is promised until ``due``.

    ``rule`` is the code of the limit; ``calendar`` the version (``cn-office@2``) its time
    is counted in, None for clock time. ``provisional``: it reaches into a year whose
    official holidays are not yet known.
    """

    TOPIC: ClassVar[str] = "case.clock_started"

    step: str
    kind: str
    rule: str
    started_at: datetime
    due: datetime
    calendar: str | None = None
    warn_at: tuple[datetime, ...] = ()
    provisional: bool = False

    def fold(self, case: Case) -> None:
        begun = Clock(
            id=self.clock,
            step=self.step,
            kind=self.kind,
            rule=self.rule,
            started_at=self.started_at,
            due=self.due,
            calendar=self.calendar,
            warn_at=self.warn_at,
            provisional=self.provisional,
        )
        case.clocks = [*case.clocks, begun]


class DeadlineMoved(ClockFact):
    """The clock is due at ``due`` now; before, at ``from_due``.

    ``why``: ``suspended``, ``resumed``, ``extended``, ``level``, ``category`` or
    ``calendar``. ``granted`` is the due time that was approved, if one was; else it counts
    from where it began. ``pauses`` are all so far.
    """

    TOPIC: ClassVar[str] = "case.deadline_moved"

    why: str
    rule: str
    from_due: datetime
    due: datetime
    calendar: str | None = None
    warn_at: tuple[datetime, ...] = ()
    provisional: bool = False
    granted: Grant | None = None
    pauses: tuple[Pause, ...] = ()

    def fold(self, case: Case) -> None:
        self.turn(
            case,
            rule=self.rule,
            due=self.due,
            calendar=self.calendar,
            warn_at=self.warn_at,
            warned=0,
            provisional=self.provisional,
            pauses=self.pauses,
            granted=self.granted,
        )
        if self.due > self.occurred_at:
            self.turn(case, breached=False, explained=False)
            case.end_climbs(cause=self.clock)


class ClockResumed(ClockFact):
    """The same clock runs on, due as before: what was done was sent back, a merge was
    undone, or the case was reopened while it was late.

    If it is late, its ``ladder`` is climbed on above ``rung``, counted from ``since``, the
    next rung at ``next_at``.
    """

    TOPIC: ClassVar[str] = "case.clock_resumed"

    due: datetime
    ladder: str | None = None
    since: datetime | None = None
    rung: int = 0
    next_at: datetime | None = None

    def fold(self, case: Case) -> None:
        clock = case.clock(self.clock)
        passed = sum(at <= self.occurred_at for at in clock.warn_at) if clock else 0
        self.turn(case, stopped_at=None, outcome=None, warned=passed)
        if self.ladder is not None and self.since is not None:
            case.start_climb(
                f"{OVERDUE}:{self.clock}",
                ladder=self.ladder,
                signal=OVERDUE,
                cause=self.clock,
                since=self.since,
                rung=self.rung,
                next_at=self.next_at,
            )


class ClockStopped(ClockFact):
    """What was promised until ``due`` is done, in time (``kept``) or ``late``; or it is no
    longer wanted (``dropped``: the case is over, or the step began anew)."""

    TOPIC: ClassVar[str] = "case.clock_stopped"

    step: str
    kind: str
    outcome: str
    due: datetime

    def fold(self, case: Case) -> None:
        self.turn(case, stopped_at=self.occurred_at, outcome=self.outcome)
        case.end_climbs(cause=self.clock)


class DeadlineWarned(ClockFact):
    """预警. The ``n``-th warning (from 1) that the clock is due at ``due``.

    ``told`` holds the case for ``unit``; where nobody does, it is the lead of the dispatch
    desk (``fallback`` ``no_assignee``), or who stands in there.
    """

    TOPIC: ClassVar[str] = "case.deadline_warned"

    n: int
    due: datetime
    unit: str
    post: str | None = None
    told: str | None = None
    fallback: str | None = None

    def fold(self, case: Case) -> None:
        self.turn(case, warned=self.n)


class DeadlineBreached(ClockFact):
    """超时. The clock ran past ``due``. Its ``ladder`` is climbed from here, the first rung
    at ``next_at``."""

    TOPIC: ClassVar[str] = "case.deadline_breached"

    step: str
    kind: str
    due: datetime
    ladder: str | None = None
    next_at: datetime | None = None

    def fold(self, case: Case) -> None:
        self.turn(case, breached=True)
        if self.ladder is not None:
            case.start_climb(
                f"{OVERDUE}:{self.clock}",
                ladder=self.ladder,
                signal=OVERDUE,
                cause=self.clock,
                since=self.due,
                next_at=self.next_at,
            )


class BreachExplained(ClockFact):
    """Why the clock could not be kept, for a coded ``reason`` (P20: weather, traffic): it
    is no longer an unexplained breach."""

    TOPIC: ClassVar[str] = "case.breach_explained"
    OWNER_ACT: ClassVar[bool] = True

    reason: str
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        self.turn(case, explained=True)
