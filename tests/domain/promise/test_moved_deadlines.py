"""Deadlines that move: by a rest, by a grant, by a better understanding, by a notice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.case.accept import AcceptCase
from domain.case.classify import ReclassifyCase
from domain.case.extension import ApproveExtension, RequestExtension
from domain.case.level import RaiseLevel
from domain.case.reply import ReplyToCase
from domain.case.suspension import ApproveSuspension, EndSuspension, RequestSuspension
from domain.promise.clock import (
    DeadlineBreached,
    DeadlineMoved,
)
from domain.promise.records import Pause
from domain.refused import Refused
from tests.support.calendars import calendar
from tests.support.hours import REPLY, RULES, Hours, at, clock, handled, rules, wall
from tests.support.scenario import DISPATCHER, HANDLER, LEADER

DAY = [["09:00", "17:00"]]


@pytest.fixture
def hours() -> Hours:
    return Hours()


# Suspension


def rested(hours: Hours, since: str, until: str) -> None:
    hours.do(
        HANDLER,
        RequestSuspension,
        since,
        reason="waiting_customer",
        until=at(until),
    )
    hours.do(LEADER, ApproveSuspension, since)


def test_an_approved_rest_moves_our_step_and_never_the_customers_promise(
    hours: Hours,
) -> None:
    rested(handled(hours), "03-03 10:00", "03-04 10:00")
    # Seven working hours later than Friday 10:05.
    assert hours.due("answer.1") == "03-09 10:05"
    assert hours.due("promise_answer.1") == "03-09 10:00"
    [moved] = hours.facts(DeadlineMoved)
    assert moved.why == "suspended"
    assert moved.pauses == (Pause(since=at("03-03 10:00"), until=at("03-04 10:00")),)


def test_a_rest_over_a_weekend_gives_back_only_working_time(hours: Hours) -> None:
    hours.received("03-05 10:00")
    hours.dispatched("03-05 10:05")
    hours.do(HANDLER, AcceptCase, "03-05 10:30")
    rested(hours, "03-06 15:00", "03-09 10:00")
    # Due Wednesday 10:05; Friday 15-17 and Monday 9-10 are three hours: 14:05.
    assert hours.due("answer.1") == "03-11 14:05"


def test_a_rest_that_ends_early_gives_back_only_what_it_took(hours: Hours) -> None:
    rested(handled(hours), "03-03 10:00", "03-04 10:00")
    hours.do(HANDLER, EndSuspension, "03-03 11:00")
    assert hours.due("answer.1") == "03-06 11:05"
    assert [fact.why for fact in hours.facts(DeadlineMoved)] == ["suspended", "resumed"]


def test_a_rest_ends_by_itself_when_its_time_is_over(hours: Hours) -> None:
    rested(handled(hours), "03-03 10:00", "03-04 10:00")
    told = hours.keep("03-04 16:00")
    ended = told[0]
    assert (ended.TOPIC, ended.occurred_at) == ("case.suspension_ended", at("03-04 10:00"))
    assert hours.case.stage == "handling"
    assert hours.due("answer.1") == "03-09 10:05"


def test_after_a_rest_that_nobody_ended_work_goes_on_as_if_time_had_been_kept(
    hours: Hours,
) -> None:
    rested(handled(hours), "03-03 10:00", "03-04 10:00")
    hours.do(HANDLER, ReplyToCase, "03-04 11:00", **REPLY)
    assert hours.case.stage == "replied"


def test_no_rule_lets_the_customers_promise_rest() -> None:
    promise = RULES["promise_answer"]
    lenient = promise | {"rule": promise["rule"] | {"rests": True}}
    hours = handled(Hours(rules({"promise_answer": lenient})))
    rested(hours, "03-03 10:00", "03-04 10:00")
    assert hours.due("promise_answer.1") == "03-09 10:00"


# Extension


def test_a_granted_extension_moves_the_clocks_that_it_is_for(hours: Hours) -> None:
    handled(hours).do(
        HANDLER,
        RequestExtension,
        "03-04 10:00",
        reason="complex",
        new_due=at("03-12 12:00"),
        customer_told=True,
    )
    assert hours.due("answer.1") == "03-06 10:05", "asking moves nothing"
    hours.do(LEADER, ApproveExtension, "03-04 11:00")
    assert hours.due("answer.1") == "03-12 12:00"
    assert hours.due("promise_answer.1") == "03-09 10:00"


def test_a_rest_after_an_extension_counts_from_what_was_granted(hours: Hours) -> None:
    handled(hours).do(
        HANDLER,
        RequestExtension,
        "03-04 10:00",
        reason="complex",
        new_due=at("03-12 10:00"),
        customer_told=False,
    )
    hours.do(LEADER, ApproveExtension, "03-04 11:00")
    rested(hours, "03-05 10:00", "03-05 12:00")
    assert hours.due("answer.1") == "03-12 12:00"


def test_a_graver_level_forgets_what_was_granted_and_no_rest() -> None:
    hours = handled(by_level())
    rested(hours, "03-02 11:00", "03-02 12:00")
    hours.keep("03-02 13:00")
    hours.do(
        HANDLER,
        RequestExtension,
        "03-02 14:00",
        reason="complex",
        new_due=at("03-12 10:00"),
        customer_told=True,
    )
    hours.do(LEADER, ApproveExtension, "03-02 14:10")
    assert hours.due("answer.1") == "03-12 10:00", "the earlier rest is in what was granted"
    hours.do(LEADER, RaiseLevel, "03-03 09:00", level="major", reason="harm")
    assert hours.due("answer.1") == "03-04 11:05"


def test_more_time_after_the_breach_is_a_new_promise_that_can_be_broken_again(
    hours: Hours,
) -> None:
    handled(hours).keep("03-06 10:06")
    hours.do(
        HANDLER,
        RequestExtension,
        "03-06 11:00",
        reason="complex",
        new_due=at("03-10 10:00"),
        customer_told=True,
    )
    hours.do(LEADER, ApproveExtension, "03-06 11:05")
    assert not hours.clock("answer.1").breached
    hours.keep("03-10 10:01")
    dues = [wall(f.due) for f in hours.facts(DeadlineBreached) if f.clock == "answer.1"]
    assert dues == ["03-06 10:05", "03-10 10:00"]


# A better understanding


def by_level() -> Hours:
    answer = RULES["answer"]
    document = rules({"answer": answer})
    document["limits"]["answer_major"] = answer["limit"] | {
        "step": "answer",
        "value": 2,
        "levels": ["major"],
    }
    return Hours(document)


def test_a_graver_level_counts_from_the_same_start_and_keeps_what_was_used() -> None:
    hours = handled(by_level())
    rested(hours, "03-02 11:00", "03-02 12:00")
    assert hours.due("answer.1") == "03-06 11:05"
    hours.keep("03-02 14:00")
    hours.do(LEADER, RaiseLevel, "03-03 09:00", level="major", reason="harm")
    assert hours.due("answer.1") == "03-04 11:05"
    moved = hours.facts(DeadlineMoved)[-1]
    assert (moved.why, moved.rule, wall(moved.from_due)) == (
        "level",
        "answer_major",
        "03-06 11:05",
    )


def test_a_graver_level_whose_time_is_over_already_is_breached_at_once() -> None:
    hours = handled(by_level())
    told = hours.do(LEADER, RaiseLevel, "03-05 09:00", level="major", reason="harm")
    [breach] = [fact for fact in told if isinstance(fact, DeadlineBreached)]
    assert (breach.due, breach.occurred_at) == (at("03-04 10:05"), at("03-05 09:00"))


def test_a_level_with_the_same_limit_moves_nothing(hours: Hours) -> None:
    handled(hours).do(LEADER, RaiseLevel, "03-03 09:00", level="major", reason="harm")
    assert not hours.facts(DeadlineMoved)


def test_what_turns_out_to_be_promised_counts_from_receipt() -> None:
    promise = clock(
        limit={"value": 24, "unit": "h", "clock": "promise", "levels": ["major"]},
        starts=["case.received"],
        stops=["case.customer_contacted.reached"],
    )
    hours = Hours(rules({"contact": promise}))
    hours.received("03-02 10:00")
    assert hours.case.clocks == []
    hours.dispatched()
    hours.do(LEADER, RaiseLevel, "03-02 15:00", level="major", reason="harm")
    assert hours.due("contact.1") == "03-03 10:00"
    assert hours.clock("contact.1").started_at == at("03-02 10:00")


def test_what_was_taken_for_another_thing_is_promised_its_answer_again() -> None:
    promise = RULES["promise_answer"]
    only = promise | {"limit": promise["limit"] | {"types": ["complaint"]}}
    hours = Hours(rules({"promise_answer": only}))
    hours.received("03-02 10:00")
    for local, kind in (("03-02 10:01", "opinion"), ("03-02 10:03", "complaint")):
        body = {"category": "business", "business_type": kind}
        hours.do(DISPATCHER, ReclassifyCase, local, reason="better_understood", **body)
    outcomes = {c.id: (c.outcome, wall(c.due)) for c in hours.case.clocks}
    assert outcomes == {
        "promise_answer.1": ("dropped", "03-09 10:00"),
        "promise_answer.2": (None, "03-09 10:00"),
    }


def test_the_same_limit_at_a_graver_level_takes_no_grant_back(hours: Hours) -> None:
    handled(hours).do(
        HANDLER,
        RequestExtension,
        "03-04 10:00",
        reason="complex",
        new_due=at("03-12 12:00"),
        customer_told=True,
    )
    hours.do(LEADER, ApproveExtension, "03-04 11:00")
    hours.do(LEADER, RaiseLevel, "03-05 09:00", level="major", reason="harm")
    assert hours.due("answer.1") == "03-12 12:00"


def test_an_extension_is_later_than_what_is_due(hours: Hours) -> None:
    body = {"reason": "complex", "new_due": at("03-05 10:00"), "customer_told": True}
    with pytest.raises(Refused) as refused:
        handled(hours).do(HANDLER, RequestExtension, "03-04 10:00", **body)
    assert refused.value.code == "not_later"


def test_where_no_clock_would_move_an_extension_is_refused() -> None:
    hours = handled(Hours(rules({"dispatch": RULES["dispatch"]})))
    body = {"reason": "complex", "new_due": at("03-25 10:00"), "customer_told": True}
    with pytest.raises(Refused) as refused:
        hours.do(HANDLER, RequestExtension, "03-04 10:00", **body)
    assert refused.value.code == "nothing_to_extend"


# A late notice


def test_a_late_notice_moves_open_deadlines_by_a_fact_at_the_time_of_the_notice(
    hours: Hours,
) -> None:
    handled(hours)
    hours.publish(calendar(2, holidays=["2026-03-05"]), at("03-03 20:00"))
    hours.keep("03-04 09:00")
    moved = {fact.clock: fact for fact in hours.facts(DeadlineMoved)}
    assert moved["answer.1"].occurred_at == at("03-03 20:00")
    assert (moved["answer.1"].why, moved["answer.1"].calendar) == ("calendar", "office@2")
    assert wall(moved["answer.1"].from_due) == "03-06 10:05"
    assert hours.due("answer.1") == "03-09 10:05"
    assert hours.due("promise_answer.1") == "03-10 10:00"


def test_a_notice_that_changes_nothing_for_a_case_is_taken_note_of_once(
    hours: Hours,
) -> None:
    handled(hours)
    hours.publish(calendar(2, holidays=["2026-05-01"]), at("03-03 20:00"))
    hours.keep("03-04 09:00")
    assert hours.keep("03-04 09:30") == []
    assert hours.due("answer.1") == "03-06 10:05"


def test_a_due_time_in_a_year_without_a_notice_is_provisional() -> None:
    hours = Hours()
    hours.publish(calendar(2, noticed_years=[2025]), at("01-01 00:00"))
    hours.received()
    assert hours.clock("promise_answer.1").provisional
    assert not hours.clock("dispatch.1").provisional


def test_a_calendar_that_closes_for_good_is_not_published(hours: Hours) -> None:
    closings: tuple[dict[str, Any], ...] = (
        {"weekly": {}},
        {"weekly": {}, "special_days": {"2026-03-10": DAY}},
    )
    for closed in closings:
        with pytest.raises(Refused) as refused:
            hours.publish(calendar(2, **closed), at("03-02 09:00"))
        assert refused.value.code == "calendar_no_time"


def test_a_calendar_that_has_no_time_left_stops_nobody_and_is_healed_by_the_next(
    hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled(hours)
    with monkeypatch.context() as careless:
        careless.setattr("domain.promise.calendar_book.WORKING_DAYS_AHEAD", 0)
        hours.publish(calendar(2, weekly={}), at("03-03 09:00"))
    told = hours.keep("03-03 09:30")
    assert told, "clock time is counted, provisionally"
    assert hours.clock("answer.1").provisional
    hours.publish(calendar(3), at("03-03 10:00"))
    hours.keep("03-03 10:30")
    answer = hours.clock("answer.1")
    assert (wall(answer.due), answer.calendar) == ("03-06 10:05", "office@3")
    assert not answer.provisional


def test_a_time_that_no_clock_of_ours_can_tell_is_refused(hours: Hours) -> None:
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    body = {"reason": "complex", "new_due": last, "customer_told": True}
    with pytest.raises(Refused) as refused:
        handled(hours).do(HANDLER, RequestExtension, "03-04 10:00", **body)
    assert refused.value.code == "time_out_of_range"
