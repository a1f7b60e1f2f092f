"""What time 时间 changes in a row of the board: clocks, due times, what is coming."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from domain.case.case import CaseFact
from domain.promise.clock import (
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
)
from projections.board_rows import BoardRow, Mark


def marked(row: BoardRow, clock: str, **said: Any) -> BoardRow:
    """The mark of a clock, changed, and what is counted by the marks."""
    clocks = row.clocks | {clock: replace(row.clocks.get(clock, Mark()), **said)}
    late = [
        (mark.due, name)
        for name, mark in clocks.items()
        if mark.running and mark.breached and mark.due is not None
    ]
    since, longest = min(late, default=(None, None))
    return replace(
        row, clocks=clocks, overdue=len(late), late_since=since, late_clock=longest
    )


def clock_started(row: BoardRow, fact: ClockStarted) -> BoardRow:
    return marked(row, fact.clock, provisional=fact.provisional)


def deadline_moved(row: BoardRow, fact: DeadlineMoved) -> BoardRow:
    """What lies ahead again is not overdue."""
    if fact.due > fact.occurred_at:
        row = marked(row, fact.clock, breached=False)
    return marked(row, fact.clock, provisional=fact.provisional)


def deadline_breached(row: BoardRow, fact: DeadlineBreached) -> BoardRow:
    return marked(row, fact.clock, breached=True, due=fact.due)


def clock_stopped(row: BoardRow, fact: ClockStopped) -> BoardRow:
    return marked(row, fact.clock, running=False)


def clock_resumed(row: BoardRow, fact: ClockResumed) -> BoardRow:
    return marked(row, fact.clock, running=True)


NOTHING_COMING: dict[str, Any] = {
    "coming_at": None,
    "coming": None,
    "coming_clock": None,
    "coming_rung": 0,
    "coming_unit": None,
    "coming_person": None,
    "due": None,
    "due_clock": None,
    "provisional": False,
}


def brought(row: BoardRow, fact: CaseFact) -> BoardRow:
    """Every fact of a case says what time does next, after the whole of its command."""
    coming = fact.coming
    if coming is None or fact.terminal:
        # A due time without a clock is that of an extension: it stays for the record.
        untouched = row.coming is None and row.due_clock is None
        return row if untouched else replace(row, **NOTHING_COMING)
    mark = row.clocks.get(coming.due_clock or "")
    return replace(
        row,
        coming_at=coming.at,
        coming=coming.what,
        coming_clock=coming.clock,
        coming_rung=coming.rung,
        coming_unit=coming.unit,
        coming_person=coming.person,
        due=coming.due,
        due_clock=coming.due_clock,
        provisional=mark is not None and mark.provisional,
    )
