"""Clocks: what is promised until when, what moves it, and whether it was kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.case.final_answer import GiveFinalAnswer
from domain.case.reply import ReplyToCase
from domain.case.review import ApproveReply, RejectReply
from domain.case.withdraw import WithdrawCase
from domain.promise.clock import (
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineWarned,
)
from tests.support.hours import REPLY, RULES, Hours, at, handled, rules, wall
from tests.support.scenario import AGENT, DISPATCHER, HANDLER, text


@pytest.fixture
def hours() -> Hours:
    return Hours()


# Starting and stopping


def test_a_case_carries_several_clocks_at_once(hours: Hours) -> None:
    hours.received("03-02 10:00")
    running = {clock.id: wall(clock.due) for clock in hours.case.clocks}
    assert running == {"dispatch.1": "03-02 10:20", "promise_answer.1": "03-09 10:00"}
    kinds = {clock.step: clock.kind for clock in hours.case.clocks}
    assert kinds == {"dispatch": "step", "promise_answer": "promise"}


def test_a_promise_is_counted_in_the_calendar_that_its_fact_names(hours: Hours) -> None:
    hours.received()
    by_step = {fact.step: fact for fact in hours.facts(ClockStarted)}
    assert by_step["promise_answer"].calendar == "office@1"
    assert by_step["dispatch"].calendar is None


def test_what_is_done_at_the_due_moment_is_in_time(hours: Hours) -> None:
    hours.received("03-02 10:00")
    hours.dispatched("03-02 10:20")
    assert hours.clock("dispatch.1").outcome == "kept"
    assert not hours.facts(DeadlineBreached)


def test_what_is_done_after_it_is_late_and_the_breach_comes_first(hours: Hours) -> None:
    hours.received("03-02 10:00")
    told = hours.dispatched("03-02 10:21")
    breach = told[0]
    assert isinstance(breach, DeadlineBreached)
    assert (breach.occurred_at, breach.due) == (at("03-02 10:20"), at("03-02 10:20"))
    assert breach.actor.person == "timekeeper"
    stopped = hours.facts(ClockStopped)[0]
    assert (stopped.clock, stopped.outcome) == ("dispatch.1", "late")
    assert stopped.occurred_at == at("03-02 10:21")


def test_a_reply_that_is_sent_back_lets_the_same_clock_run_on(hours: Hours) -> None:
    handled(hours).do(HANDLER, ReplyToCase, "03-03 11:00", **REPLY)
    assert hours.clock("answer.1").outcome == "kept"
    hours.do(DISPATCHER, RejectReply, "03-03 15:00", reason="no_cause")
    assert [fact.clock for fact in hours.facts(ClockResumed)] == ["answer.1"]
    assert (hours.clock("answer.1").outcome, hours.due("answer.1")) == (None, "03-06 10:05")


def test_what_ran_out_while_the_reply_was_read_is_breached_when_it_is_sent_back(
    hours: Hours,
) -> None:
    handled(hours).do(HANDLER, ReplyToCase, "03-06 10:00", **REPLY)
    hours.do(DISPATCHER, RejectReply, "03-06 15:00", reason="no_cause")
    [breach] = hours.facts(DeadlineBreached)
    assert (breach.clock, breach.due) == ("answer.1", at("03-06 10:05"))
    assert breach.occurred_at == at("03-06 15:00"), "a stream's time never goes back"


def test_the_end_of_a_case_ends_its_clocks(hours: Hours) -> None:
    hours.received()
    hours.do(AGENT, WithdrawCase, "03-02 10:10", reason="solved")
    assert all(clock.running for clock in hours.case.clocks), "withdrawn is not archived"
    assert hours.case.stage == "withdrawn"


def test_what_no_limit_covers_has_no_clock() -> None:
    limit = RULES["answer"]["limit"] | {"types": ["opinion"]}
    hours = Hours(rules({"answer": RULES["answer"] | {"limit": limit}}))
    hours.received()
    hours.dispatched()
    assert hours.case.clocks == []


# Warnings


def test_warnings_come_at_their_offsets_in_working_time_and_tell_the_holder(
    hours: Hours,
) -> None:
    handled(hours).keep("03-06 10:00")
    warned = hours.facts(DeadlineWarned)
    # Two hours of work before Friday 10:05 are Thursday 16:05.
    assert [(f.n, wall(f.occurred_at), f.told) for f in warned] == [
        (1, "03-05 10:05", "ran"),
        (2, "03-05 16:05", "ran"),
    ]


def test_a_warning_about_a_case_in_nobodys_hands_goes_to_the_dispatch_desk(
    hours: Hours,
) -> None:
    hours.received()
    hours.dispatched()
    hours.keep("03-05 12:00")
    [warned] = hours.facts(DeadlineWarned)
    assert (warned.told, warned.post, warned.fallback) == (
        "cen",
        "95598.leader",
        "no_assignee",
    )


def test_warnings_that_passed_while_the_reply_was_read_are_not_made_up_for() -> None:
    hours = handled(Hours())
    hours.do(HANDLER, ReplyToCase, "03-05 09:00", **REPLY)
    hours.do(DISPATCHER, RejectReply, "03-05 17:00", reason="no_cause")
    hours.keep("03-06 10:00")
    assert hours.facts(DeadlineWarned) == []


# Keeping time


def test_keeping_time_twice_tells_nothing_twice(hours: Hours) -> None:
    handled(hours)
    first = hours.keep("03-12 10:00")
    assert first
    assert hours.keep("03-12 10:01") == []


def test_what_is_next_is_written_on_every_fact_of_a_command(hours: Hours) -> None:
    hours.received("03-02 10:00")
    for fact in hours.facts():
        assert fact.coming is not None
        assert (wall(fact.coming.at), fact.coming.what) == ("03-02 10:20", "breach")
        assert (fact.coming.due_clock, fact.coming.person) == ("dispatch.1", "cen")


def test_nothing_is_to_come_once_the_case_is_done(hours: Hours) -> None:
    hours.received()
    hours.do(AGENT, GiveFinalAnswer, "03-02 10:04", answer=text("said"), means="phone")
    assert hours.clock("promise_answer.1").outcome == "kept"


def test_the_time_of_a_fact_is_that_of_its_case_not_of_the_clockwork(hours: Hours) -> None:
    handled(hours)
    hours.do(HANDLER, ReplyToCase, "03-03 09:00", **REPLY)
    hours.do(DISPATCHER, ApproveReply, "03-03 09:30")
    times = [fact.occurred_at for fact in hours.facts()]
    assert times == sorted(times)
    assert times[-1] - times[0] == timedelta(hours=23, minutes=30)
