"""A row a clock 时钟 of a case, and what each fact changes in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.case.case import CaseFact
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.receive import CaseReceived
from domain.case.witness import CaseWitnessed
from domain.promise.clock import (
    BreachExplained,
    ClockFact,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
    DeadlineWarned,
)
from domain.promise.records import Grant, Pause
from projections.table import Row
from projections.view import Unfounded

RUNNING = "running"


class ClockRow(Row, frozen=True, kw_only=True):
    """One clock of a case: ``step`` was promised until ``due``. Times are UTC.

    ``kind``: promise (the customer's), step (ours), outer (a regulator's or a referral's).
    ``state``: running, kept, late or dropped. ``rule`` of ``policy`` is the limit it was
    reckoned by, ``calendar`` the version its time is counted in (None: clock time).
    ``first_due`` is what was promised first; ``moved`` says how often it became another
    due time, ``moved_why`` why the last time. ``pauses`` are all rests, ``paused`` their
    seconds; ``granted`` is a due time approved instead of reckoned, to which only the rests
    since are given back. ``breached_at``: overdue since then; ``explained`` is why.

    ``unit_started`` held the case when the clock began, ``unit`` holds it now or held it
    when the clock stopped, ``unit_breached`` when it was breached. Type, category, level
    and area are those of the case while the clock ran.
    """

    case_id: UUID
    clock: str
    step: str
    kind: str
    rule: str
    policy: str | None = None
    state: str = RUNNING
    unit: str
    unit_started: str
    unit_breached: str | None = None
    business_type: str
    category: str | None = None
    level: str | None = None
    area: str | None = None
    started_at: datetime
    due: datetime
    first_due: datetime
    calendar: str | None = None
    provisional: bool = False
    granted: Grant | None = None
    pauses: tuple[Pause, ...] = ()
    paused: float = 0.0
    moved: int = 0
    moved_why: str | None = None
    warned: int = 0
    breached_at: datetime | None = None
    stopped_at: datetime | None = None
    explained: str | None = None

    @property
    def running(self) -> bool:
        return self.state == RUNNING


class TimeRow(Row, frozen=True, kw_only=True):
    """The clocks of one case in the order in which they began, and what they have of it.

    ``unit`` holds the case. ``unit_before`` held it before command ``sent_by`` sent it on:
    what that command brought to an end was done there.
    """

    case_id: UUID
    unit: str
    unit_before: str
    sent_by: UUID | None = None
    business_type: str
    category: str | None = None
    level: str | None = None
    area: str | None = None
    clocks: tuple[ClockRow, ...] = ()


def begun(_: TimeRow | None, fact: CaseReceived | CaseWitnessed) -> TimeRow:
    return TimeRow(
        case_id=fact.originator_id,
        unit=fact.holder_unit,
        unit_before=fact.holder_unit,
        business_type=fact.business_type,
        category=getattr(fact, "category", None),
        level=getattr(fact, "level", None),
        area=fact.area,
    )


# What a running clock has of its case --------------------------------------------------


def held_by(row: TimeRow, fact: CaseFact, unit: str) -> TimeRow:
    if unit == row.unit:
        return row
    before = row.unit_before if fact.command_id == row.sent_by else row.unit
    row = replace(row, unit=unit, unit_before=before, sent_by=fact.command_id)
    return _while_running(row, unit=unit)


def sorted_as(row: TimeRow, fact: CaseClassified | CaseReclassified) -> TimeRow:
    kind = getattr(fact, "business_type", None) or row.business_type
    row = replace(row, category=fact.category, business_type=kind)
    return _while_running(row, category=fact.category, business_type=kind)


def graver(row: TimeRow, fact: LevelAssessed | LevelRaised) -> TimeRow:
    return _while_running(replace(row, level=fact.level), level=fact.level)


def _while_running(row: TimeRow, **about: Any) -> TimeRow:
    """Clocks that have stopped keep what the case was then."""
    if not any(clock.running for clock in row.clocks):
        return row
    clocks = tuple(replace(c, **about) if c.running else c for c in row.clocks)
    return replace(row, clocks=clocks)


# Facts about one clock -----------------------------------------------------------------


def started(row: TimeRow, fact: ClockStarted) -> TimeRow:
    clock = ClockRow(
        case_id=row.case_id,
        clock=fact.clock,
        step=fact.step,
        kind=fact.kind,
        rule=fact.rule,
        policy=fact.policy,
        unit=row.unit,
        unit_started=row.unit,
        business_type=row.business_type,
        category=row.category,
        level=row.level,
        area=row.area,
        started_at=fact.started_at,
        due=fact.due,
        first_due=fact.due,
        calendar=fact.calendar,
        provisional=fact.provisional,
    )
    return replace(row, clocks=(*row.clocks, clock))


def moved(row: TimeRow, fact: DeadlineMoved) -> TimeRow:
    """A deadline that lies ahead again is not breached, and no old reason explains it."""
    ahead = fact.due > fact.occurred_at

    def change(clock: ClockRow) -> ClockRow:
        return replace(
            clock,
            rule=fact.rule,
            policy=fact.policy,
            due=fact.due,
            calendar=fact.calendar,
            provisional=fact.provisional,
            granted=fact.granted,
            pauses=fact.pauses,
            paused=_seconds(fact.pauses),
            moved=clock.moved + 1,
            moved_why=fact.why,
            breached_at=None if ahead else clock.breached_at,
            unit_breached=None if ahead else clock.unit_breached,
            explained=None if ahead else clock.explained,
        )

    return _turned(row, fact, change)


def _seconds(pauses: tuple[Pause, ...]) -> float:
    return sum((pause.until - pause.since).total_seconds() for pause in pauses)


def resumed(row: TimeRow, fact: ClockResumed) -> TimeRow:
    """It runs on with whoever has the case now."""
    about: dict[str, Any] = {
        "unit": row.unit,
        "business_type": row.business_type,
        "category": row.category,
        "level": row.level,
    }
    return _turned(
        row,
        fact,
        lambda clock: replace(clock, state=RUNNING, stopped_at=None, **about),
    )


def stopped(row: TimeRow, fact: ClockStopped) -> TimeRow:
    """Whoever held the case before the command that did it has done it, or has not."""
    unit = row.unit_before if fact.command_id == row.sent_by else row.unit
    return _turned(
        row,
        fact,
        lambda clock: replace(
            clock, state=fact.outcome, stopped_at=fact.occurred_at, unit=unit
        ),
    )


def warned(row: TimeRow, fact: DeadlineWarned) -> TimeRow:
    return _turned(row, fact, lambda clock: replace(clock, warned=clock.warned + 1))


def breached(row: TimeRow, fact: DeadlineBreached) -> TimeRow:
    return _turned(
        row,
        fact,
        lambda clock: replace(clock, breached_at=fact.due, unit_breached=row.unit),
    )


def explained(row: TimeRow, fact: BreachExplained) -> TimeRow:
    return _turned(row, fact, lambda clock: replace(clock, explained=fact.reason))


def _turned(
    row: TimeRow, fact: ClockFact, change: Callable[[ClockRow], ClockRow]
) -> TimeRow:
    """The clock that the fact names, changed. Raises Unfounded for one that never began."""
    if all(clock.clock != fact.clock for clock in row.clocks):
        raise Unfounded(f"{type(fact).__name__} of a clock that never began: {fact.clock}")
    clocks = tuple(change(c) if c.clock == fact.clock else c for c in row.clocks)
    return replace(row, clocks=clocks)
