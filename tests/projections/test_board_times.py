"""The board and time: what is due first, what happens then, what is overdue."""

from __future__ import annotations

from datetime import datetime

from domain.case.extension import ExtensionApproved
from domain.fact import Fact
from domain.promise.clock import (
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
)
from domain.promise.coming import ESCALATE, WARN, Coming
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from tests.projections import telling
from tests.projections.telling import at, minutes
from tests.support.scenario import LEADER, later
from tests.support.story import ARCHIVE, CLOSED, HANDLING, happened

STARTED = ClockStarted(
    clock="answer.1",
    step="answer",
    kind="promise",
    rule="answer_general",
    started_at=minutes(0),
    due=minutes(60),
)
BREACHED = at(
    minutes(60),
    DeadlineBreached(clock="answer.1", step="answer", kind="promise", due=minutes(60)),
)
STOPPED = at(
    minutes(70),
    ClockStopped(
        clock="answer.1", step="answer", kind="promise", outcome="late", due=minutes(60)
    ),
)
WARNING = Coming(
    at=minutes(50),
    what=WARN,
    clock="answer.1",
    unit="bailu-east",
    person="ran",
    due=minutes(60),
    due_clock="answer.1",
)
CLIMBING = Coming(
    at=minutes(90),
    what=ESCALATE,
    clock="overdue:answer.1",
    rung=2,
    unit="bailu",
    person="lan",
)


def board(*facts: Fact) -> BoardRow:
    row: BoardRow = telling.row(BOARDS, *facts)
    return row


def after(coming: Coming | None, *facts: Fact) -> list[Fact]:
    """The facts of a command that left this coming."""
    return [fact.stamped(coming=coming) for fact in facts]


def move(due: datetime, *, provisional: bool = False) -> Fact:
    fact = DeadlineMoved(
        clock="answer.1",
        why="calendar",
        rule="answer_general",
        from_due=minutes(60),
        due=due,
        provisional=provisional,
    )
    return at(minutes(80), fact)


def test_an_open_case_shows_what_is_due_first_what_happens_then_and_who_hears_of_it() -> (
    None
):
    row = board(*after(WARNING, *HANDLING, STARTED))
    assert (row.due, row.due_clock) == (minutes(60), "answer.1")
    assert (row.coming_at, row.coming, row.coming_clock) == (
        minutes(50),
        "warn",
        "answer.1",
    )
    assert (row.coming_unit, row.coming_person, row.coming_rung) == ("bailu-east", "ran", 0)


def test_an_overdue_case_shows_the_rung_that_is_told_next() -> None:
    row = board(*after(WARNING, *HANDLING, STARTED), *after(CLIMBING, BREACHED))
    assert (row.overdue, row.due, row.due_clock) == (1, None, None)
    assert (row.coming, row.coming_rung, row.coming_person) == ("escalate", 2, "lan")


def test_an_overdue_case_says_since_when_what_has_been_late_the_longest() -> None:
    row = board(*HANDLING, STARTED, BREACHED)
    assert (row.late_since, row.late_clock) == (minutes(60), "answer.1")
    done = board(*HANDLING, STARTED, BREACHED, STOPPED)
    assert (done.late_since, done.late_clock) == (None, None)


def test_what_is_done_late_is_no_longer_overdue() -> None:
    assert board(*HANDLING, STARTED, BREACHED, STOPPED).overdue == 0


def test_what_was_overdue_is_so_again_when_the_same_clock_runs_on() -> None:
    resumed = at(minutes(75), ClockResumed(clock="answer.1", due=minutes(60)))
    assert board(*HANDLING, STARTED, BREACHED, STOPPED, resumed).overdue == 1


def test_a_deadline_that_lies_ahead_again_is_not_overdue_and_one_that_does_not_is() -> None:
    assert board(*HANDLING, STARTED, BREACHED, move(minutes(200))).overdue == 0
    assert board(*HANDLING, STARTED, BREACHED, move(minutes(70))).overdue == 1


def test_a_due_time_is_provisional_while_its_own_clock_is() -> None:
    other = STARTED.stamped(clock="handle.1", provisional=True)
    row = board(*after(WARNING, *HANDLING, other, STARTED))
    assert not row.provisional
    assert board(
        *after(WARNING, *HANDLING, other, STARTED, move(minutes(60), provisional=True))
    ).provisional


def test_a_case_that_is_done_has_nothing_due_and_nothing_coming() -> None:
    row = board(*after(WARNING, *ARCHIVE[:-1], STARTED), *after(WARNING, CLOSED))
    assert (row.due, row.due_clock, row.coming, row.coming_at) == (None, None, None, None)
    assert (row.coming_unit, row.coming_person) == (None, None)


def test_nothing_is_coming_where_everybody_up_the_line_was_told() -> None:
    row = board(*after(CLIMBING, *HANDLING, STARTED, BREACHED), *after(None, BREACHED))
    assert (row.coming, row.due, row.overdue) == (None, None, 1)


def test_an_extension_under_rules_without_clocks_is_due_as_it_was_granted() -> None:
    approved = happened(
        "handling",
        LEADER,
        ExtensionApproved(requested_by="ran", reason="weather", new_due=later(days=2)),
    )
    assert board(*HANDLING, approved).due == later(days=2)
    row = board(*after(WARNING, *HANDLING, STARTED, approved))
    assert (row.due, row.due_clock) == (minutes(60), "answer.1")
