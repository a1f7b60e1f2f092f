"""The views and the desk never disagree about time, whatever is asked and when."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from domain.case.accept import AcceptCase
from domain.case.case import Case, CaseFact
from domain.case.escalation import AnswerEscalation, CaseEscalated, EscalationAnswered
from domain.case.extension import ApproveExtension, RequestExtension
from domain.case.level import RaiseLevel
from domain.case.reply import ReplyToCase
from domain.case.review import RejectReply
from domain.case.suspension import ApproveSuspension, EndSuspension, RequestSuspension
from domain.fact import Actor
from domain.promise.clock import (
    BreachExplained,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
    DeadlineWarned,
)
from domain.promise.explain import ExplainBreach
from domain.promise.records import Clock
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from projections.chains import CHAINS, Chains
from projections.clock_rows import RUNNING, ClockRow
from projections.clocks import TIME, Clocks
from projections.deadlines import DEADLINES, DeadlineRow, Deadlines
from projections.folding import fold_in_memory
from projections.reading import Held
from tests.domain.promise import test_time_machine
from tests.projections.telling import logged
from tests.support.calendars import calendar
from tests.support.hours import NAMED, REPLY, Hours, at, rules
from tests.support.scenario import CASE_ID, DISPATCHER, HANDLER, LEADER

DESK_LEAD = Actor(person="cen", role="leader", post="95598.leader", unit="95598")


def on_the_desk(row: ClockRow, known: Clock) -> Clock:
    """The clock that the row would make; what the row has not, as the desk has it."""
    return Clock(
        id=row.clock,
        step=row.step,
        kind=row.kind,
        rule=row.rule,
        started_at=row.started_at,
        due=row.due,
        calendar=row.calendar,
        outcome=None if row.state == RUNNING else row.state,
        stopped_at=row.stopped_at,
        breached=row.breached_at is not None,
        pauses=row.pauses,
        granted=row.granted,
        provisional=row.provisional,
        explained=row.explained is not None,
        warn_at=known.warn_at,
        warned=known.warned,
    )


def clocks_are_the_same(case: Case, rows: list[ClockRow]) -> None:
    assert [row.clock for row in rows] == [clock.id for clock in case.clocks]
    for row, clock in zip(rows, case.clocks, strict=True):
        assert on_the_desk(row, clock) == clock
        if row.running:
            assert (row.unit, row.level, row.category) == (
                case.holder_unit,
                case.level,
                case.category,
            )


def board_is_the_same(case: Case, row: BoardRow, last: CaseFact) -> None:
    late = [clock for clock in case.clocks if clock.running and clock.breached]
    assert row.overdue == len(late)
    coming = None if last.terminal else last.coming
    if coming is None:
        assert (row.coming, row.coming_at, row.due_clock) == (None, None, None)
        return
    assert (row.coming, row.coming_at, row.coming_clock) == (
        coming.what,
        coming.at,
        coming.clock,
    )
    due = case.clock(coming.due_clock) if coming.due_clock else None
    assert (row.due, row.provisional) == (
        (due.due, due.provisional) if due else (None, False)
    )


def deadline_is_the_same(row: DeadlineRow | None, last: CaseFact) -> None:
    if last.coming is None or last.terminal:
        assert row is None
        return
    assert row is not None
    assert (row.next_at, row.what, row.clock, row.rung, row.person, row.version) == (
        last.coming.at,
        last.coming.what,
        last.coming.clock,
        last.coming.rung,
        last.coming.person,
        last.originator_version,
    )


def all_views_agree(hours: Hours) -> None:
    facts: list[Any] = hours.facts()
    folded = fold_in_memory([BOARDS, CHAINS, TIME, DEADLINES], logged(facts))
    assert not folded.parked
    assert not folded.broken_promises
    case: Any = reduce(lambda state, fact: fact.mutate(state), facts, None)
    held = Held(folded)
    clocks_are_the_same(case, Clocks(held).of(CASE_ID))
    board_is_the_same(case, folded["boards"][CASE_ID,], facts[-1])
    deadline_is_the_same(Deadlines(held).of(CASE_ID), facts[-1])
    links = Chains(held).of(CASE_ID)
    told = [link for link in links if link.rung and link.round == case.reopenings + 1]
    assert [(link.rung, link.unit, link.person, link.climb) for link in told] == [
        (each.rung, each.unit, each.person, each.climb) for each in case.told
    ]
    assert [link.answered_at is not None for link in told] == [
        each.answered for each in case.told
    ]
    ahead = {climb.id: climb.next_at for climb in case.climbs if climb.rung}
    assert {link.climb: link.next_at for link in links if link.next_at} == {
        climb: next_at for climb, next_at in ahead.items() if next_at
    }


def by_level() -> dict[str, Any]:
    """The rules of ``tests/support/hours.py``; a major case is answered within 2 days."""
    document = rules()
    major = {"step": "answer", "value": 2, "unit": "wd", "clock": "step"}
    document["limits"]["answer_major"] = NAMED | major | {"levels": ["major"]}
    return document


def extended(hours: Hours, asked: str, due: str) -> Iterator[object]:
    wish = {"reason": "complex", "new_due": at(due), "customer_told": True}
    yield hours.do(HANDLER, RequestExtension, asked, **wish)
    yield hours.do(LEADER, ApproveExtension, asked)


def steps(hours: Hours) -> Iterator[object]:
    """One complaint that is late, rests, is extended, grows graver and is sent back."""
    yield hours.received()
    yield hours.dispatched("03-02 12:30")  # late: two leaders have heard of it
    yield hours.do(DESK_LEAD, AnswerEscalation, "03-02 12:40")
    yield hours.do(HANDLER, AcceptCase, "03-02 13:30")
    until = at("03-06 10:00")
    yield hours.do(
        HANDLER, RequestSuspension, "03-03 10:00", reason="waiting_customer", until=until
    )
    yield hours.do(LEADER, ApproveSuspension, "03-03 10:30")
    yield hours.do(HANDLER, EndSuspension, "03-04 10:00")
    yield from extended(hours, "03-04 10:30", "03-12 10:00")
    hours.publish(calendar(2, holidays=["2026-03-05"]), at("03-04 12:00"))
    yield hours.keep("03-11 12:00")  # warned
    yield hours.do(LEADER, RaiseLevel, "03-11 13:30", level="major", reason="harm")
    yield hours.keep("03-12 16:00")  # overdue long since, and up to the next above
    yield hours.do(HANDLER, ReplyToCase, "03-13 09:00", **REPLY)
    yield hours.do(DISPATCHER, RejectReply, "03-13 10:00", reason="no_cause")
    yield hours.keep("03-13 16:00")
    yield hours.do(LEADER, AnswerEscalation, "03-13 16:30")
    yield hours.do(LEADER, ExplainBreach, "03-13 16:40", clock="answer.1", reason="weather")
    yield from extended(hours, "03-13 16:50", "03-17 10:00")  # no longer overdue
    yield hours.do(HANDLER, ReplyToCase, "03-16 09:00", **REPLY)
    yield hours.keep("03-20 09:00")


def test_at_every_step_of_a_complaint_the_views_say_what_the_desk_knows() -> None:
    hours = Hours(by_level())
    for _ in steps(hours):
        all_views_agree(hours)
    told = {type(fact) for fact in hours.facts()}
    assert told >= {
        ClockStarted,
        ClockStopped,
        ClockResumed,
        DeadlineMoved,
        DeadlineWarned,
        DeadlineBreached,
        BreachExplained,
        CaseEscalated,
        EscalationAnswered,
    }
    moves = {fact.why for fact in hours.facts(DeadlineMoved)}
    assert moves >= {"suspended", "resumed", "extended", "level", "calendar"}


def test_what_was_promised_at_any_moment_is_the_fold_of_what_was_on_record_then() -> None:
    hours = Hours(by_level())
    seen = []
    for _ in steps(hours):
        promised = {clock.id: clock.due for clock in hours.case.clocks}
        seen.append((len(hours.facts()), promised))
    facts: list[Any] = hours.facts()
    for count, promised in seen:
        folded = fold_in_memory([TIME], logged(facts[:count]))
        rows = Clocks(Held(folded)).of(CASE_ID)
        assert {row.clock: row.due for row in rows} == promised


class Seen(test_time_machine.Time):
    """The same goings-on, looked at through the views in the end."""

    def teardown(self) -> None:
        if self.kept.memory.facts(CASE_ID):
            all_views_agree(self.kept)
            all_views_agree(self.unkept)


def test_every_view_of_time_says_what_the_desk_knows() -> None:
    run_state_machine_as_test(
        Seen, settings=settings(max_examples=8, stateful_step_count=15, deadline=None)
    )
