"""Ladders: who is told next when nobody acts; nothing is told twice or to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from domain.case.accept import AcceptCase
from domain.case.callback import CompleteCallback, PlanCallback
from domain.case.contact import ContactCustomer
from domain.case.escalation import AnswerEscalation, CaseEscalated, EscalateCase
from domain.case.final_answer import GiveFinalAnswer
from domain.case.level import RaiseLevel
from domain.case.reassign import CaseReassigned, ReassignCase
from domain.case.referral import ReferOut
from domain.case.reopen import ReopenCase
from domain.case.reply import ReplyToCase
from domain.case.review import ApproveReply, RejectReply
from domain.case.suspension import ApproveSuspension, RequestSuspension
from domain.case.urge import UrgeCase
from domain.fact import Actor, Fact
from domain.organisation.relieve import Relieve
from domain.promise.climb import OwnerForced, SignalRaised
from domain.promise.clock import DeadlineBreached
from domain.promise.keep_time import KeepTime
from domain.refused import NotPermitted
from tests.support.calendars import calendar
from tests.support.hours import IDLE, NAMED, REPLY, RULES, Hours, at, clock, rules, wall
from tests.support.organisation import order
from tests.support.scenario import (
    AGENT,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    OTHER_AGENT,
    text,
)

ANSWER = {"answer": RULES["answer"]}
TOP = Actor(person="an", role="leader", post="qinglan.leader", unit="qinglan")


def due_friday(document: dict[str, Any] | None = None) -> Hours:
    """A case to be answered by Friday 10:05, in ran's hands at bailu-east."""
    hours = Hours(document or rules(ANSWER))
    hours.received("03-02 10:00")
    hours.dispatched("03-02 10:05")
    hours.do(HANDLER, AcceptCase, "03-02 10:30")
    return hours


def rungs(hours: Hours) -> list[tuple[int, str | None, str]]:
    return [(f.rung, f.told, wall(f.occurred_at)) for f in hours.facts(CaseEscalated)]


ALL = [
    # An hour of work after Friday 10:05, four of them, and a day on the wall.
    (1, "qu", "03-06 11:05"),
    (2, "lan", "03-06 15:05"),
    (3, "an", "03-07 10:05"),
]


def test_with_nobody_acting_each_rung_is_told_once_at_its_working_time() -> None:
    hours = due_friday()
    for day in ("03-06 10:06", "03-06 11:06", "03-06 15:06", "03-07 10:06", "03-20 10:00"):
        hours.keep(day)
    assert rungs(hours) == ALL
    assert [wall(f.due) for f in hours.facts(DeadlineBreached)] == ["03-06 10:05"]


def test_time_kept_two_days_late_tells_the_same_at_the_same_times() -> None:
    punctual, late = due_friday(), due_friday()
    for moment in (
        "03-05 11:00",
        "03-05 17:00",
        "03-06 10:06",
        "03-06 11:06",
        "03-06 15:06",
    ):
        punctual.keep(moment)
    punctual.keep("03-09 09:00")
    late.keep("03-09 09:00")

    def said(facts: list[Fact]) -> list[Fact]:
        return [fact.stamped(command_id=fact.originator_id, coming=None) for fact in facts]

    assert said(late.facts()) == said(punctual.facts())
    assert rungs(late) == ALL


def test_a_rung_names_its_ladder_its_due_moment_and_the_next_one() -> None:
    hours = due_friday()
    hours.keep("03-06 12:00")
    [told] = hours.facts(CaseEscalated)
    assert (told.rule, told.climb, told.reason) == ("climb", "overdue:answer.1", "late")
    assert told.due == at("03-06 11:05")
    assert told.next_at == at("03-06 15:05")
    assert (told.from_post, told.to_post, told.unit) == (
        "bailu-east.ran",
        "bailu-east.leader",
        "bailu-east",
    )


def test_an_answer_holds_the_climb_and_what_stays_late_goes_on() -> None:
    hours = due_friday()
    hours.keep("03-06 12:00")
    hours.do(LEADER, AnswerEscalation, "03-06 13:00")
    # Told again after a day instead of at 15:05; the top would have been Saturday 10:05.
    hours.keep("03-10 10:00")
    assert rungs(hours) == [ALL[0], (2, "lan", "03-07 13:00"), (3, "an", "03-07 13:00")]


def test_an_answer_to_the_last_rung_that_did_not_help_has_the_top_told_again() -> None:
    hours = due_friday()
    hours.keep("03-08 10:00")
    hours.do(TOP, AnswerEscalation, "03-08 11:00")
    hours.keep("03-20 10:00")
    assert rungs(hours) == [*ALL, (3, "an", "03-09 11:00")]


def test_a_late_reply_that_is_sent_back_goes_on_up_the_ladder() -> None:
    hours = due_friday()
    hours.keep("03-06 12:00")
    hours.do(HANDLER, ReplyToCase, "03-06 12:30", **REPLY)
    hours.keep("03-06 16:00")
    assert rungs(hours) == [ALL[0]], "nobody is told while the reply is read"
    hours.do(DISPATCHER, RejectReply, "03-06 16:30", reason="no_cause")
    hours.keep("03-20 10:00")
    assert rungs(hours) == [ALL[0], (2, "lan", "03-06 16:30"), ALL[2]]


def test_a_clock_that_is_late_when_the_case_is_reopened_tells_everybody_anew() -> None:
    brief = clock(
        limit={"value": 2, "unit": "h", "clock": "step"},
        starts=["case.received"],
        stops=["case.incident_briefed"],
        ladder="climb",
    )
    hours = Hours(rules({"written_brief": brief}))
    hours.received("03-02 10:00")
    hours.dispatched("03-02 10:05")
    to_the_callback(hours)
    hours.do(OTHER_AGENT, ReopenCase, "03-05 15:00", reason="dissatisfied")
    hours.keep("03-05 16:01")
    assert rungs(hours)[-1] == (1, "qu", "03-05 16:00")


def to_the_callback(hours: Hours) -> None:
    hours.do(HANDLER, AcceptCase, "03-02 10:30")
    hours.do(HANDLER, ReplyToCase, "03-05 10:00", **REPLY)
    hours.do(DISPATCHER, ApproveReply, "03-05 10:10")
    hours.do(HANDLER, GiveFinalAnswer, "03-05 10:20", answer=text("…"), means="phone")
    hours.do(AGENT, PlanCallback, "03-05 10:30", planned_for=at("03-05 14:00"))
    said = {"satisfaction": "dissatisfied", "solved": False}
    hours.do(OTHER_AGENT, CompleteCallback, "03-05 14:00", **said)


def test_a_list_of_people_to_notify_is_told_whoever_answers_first() -> None:
    everybody = [
        {"after": "0 min", "tells": "top"},
        {"after": "15 min", "tells": "leader"},
    ]
    notify = NAMED | {"answer_ends": False, "rungs": everybody}
    grave = {"major": NAMED | {"ladder": "notify", "times": 1, "levels": ["major"]}}
    hours = due_friday(rules({}, grave, ladders={"notify": notify}))
    hours.do(LEADER, RaiseLevel, "03-02 11:00", level="major", reason="harm")
    hours.do(TOP, AnswerEscalation, "03-02 11:05")
    hours.keep("03-02 12:00")
    assert rungs(hours) == [(1, "an", "03-02 11:00"), (2, "qu", "03-02 11:15")]


def test_what_is_done_at_last_ends_the_climb() -> None:
    only = {"dispatch": RULES["dispatch"]}
    hours = Hours(rules(only))
    hours.received("03-02 10:00")
    hours.keep("03-02 10:30")
    hours.dispatched("03-02 10:40")
    hours.keep("03-20 10:00")
    assert hours.facts(DeadlineBreached)
    assert rungs(hours) == []


# Who hears of it


def test_a_vacant_post_is_passed_on_to_the_next_above_and_the_fact_says_so() -> None:
    hours = due_friday()
    hours.desk.handle(
        order(Relieve, at("03-03 10:00"), person="qu", post="bailu-east.leader")
    )
    hours.keep("03-06 12:00")
    [told] = hours.facts(CaseEscalated)
    assert (told.told, told.unit, told.fallback) == (
        "lan",
        "bailu-east",
        "vacant_next_level",
    )


def test_the_leader_at_the_time_of_the_rung_is_told_not_a_later_one() -> None:
    hours = due_friday()
    hours.desk.handle(order(Relieve, at("03-08 10:00"), person="lan", post="bailu.leader"))
    hours.keep("03-09 09:00")
    assert rungs(hours)[1] == (2, "lan", "03-06 15:05")


def test_above_the_top_of_the_line_the_named_fallback_is_told() -> None:
    # The line of bailu-east has four levels.
    high = NAMED | {"rungs": [{"after": "0 min", "tells": "leader", "up": 4}]}
    hours = due_friday(rules(ANSWER, ladders={"climb": high, "idle": IDLE}))
    hours.keep("03-06 12:00")
    [told] = hours.facts(CaseEscalated)
    assert (told.told, told.fallback, told.next_at) == ("cen", "above_the_top", None)


def test_where_nobody_is_left_the_fact_says_that_too() -> None:
    desk = NAMED | {"rungs": [{"after": "0 min", "tells": "desk"}]}
    hours = due_friday(rules(ANSWER, ladders={"climb": desk, "idle": IDLE}))
    for person, post in (
        ("cen", "95598.leader"),
        ("an", "qinglan.leader"),
        ("bo", "qinglan.deputy"),
    ):
        hours.desk.handle(order(Relieve, at("03-03 10:00"), person=person, post=post))
    hours.keep("03-06 12:00")
    [told] = hours.facts(CaseEscalated)
    assert (told.told, told.to_post, told.fallback) == (None, None, "nobody")


def test_escalating_by_hand_stands_beside_the_climb() -> None:
    hours = due_friday()
    hours.do(AGENT, EscalateCase, "03-04 10:00", reason="customer_asks")
    hours.keep("03-06 12:00")
    assert [(f.rule, f.told) for f in hours.facts(CaseEscalated)] == [
        ("by_hand", "qu"),
        ("climb", "qu"),
    ]


# Stalls

STALL = {
    "stall": NAMED
    | {
        "ladder": "idle",
        "times": 1,
        "after": "8 h",
        "calendar": "office",
        "stages": ["dispatched", "handling"],
    }
}


def stalled(hours: Hours) -> list[str]:
    return [wall(f.occurred_at) for f in hours.facts(SignalRaised)]


def test_a_case_that_nobody_acts_on_is_told_of_once() -> None:
    hours = due_friday(rules({}, STALL))
    hours.keep("03-20 10:00")
    # Eight working hours after Monday 10:30.
    assert stalled(hours) == ["03-03 11:30"]
    assert rungs(hours) == [(1, "qu", "03-03 11:30")]


def test_an_act_of_the_owner_begins_the_count_again_and_the_customers_urge_does_not() -> (
    None
):
    hours = due_friday(rules({}, STALL))
    hours.do(AGENT, UrgeCase, "03-03 09:00")
    hours.do(HANDLER, ContactCustomer, "03-03 10:30", means="phone", outcome="no_answer")
    hours.keep("03-20 10:00")
    assert stalled(hours) == ["03-04 11:30"]


def test_a_late_notice_puts_a_stall_off_too() -> None:
    hours = due_friday(rules({}, STALL))
    hours.publish(calendar(2, holidays=["2026-03-03"]), at("03-02 20:00"))
    hours.keep("03-20 10:00")
    assert stalled(hours) == ["03-04 11:30"]


def test_what_is_told_of_as_late_is_not_told_of_as_idle() -> None:
    hours = due_friday(rules(ANSWER, STALL))
    hours.do(HANDLER, ContactCustomer, "03-06 09:00", means="phone", outcome="no_answer")
    hours.keep("03-13 10:00")
    assert stalled(hours) == ["03-03 11:30"], "and not again on Monday"


def test_what_a_case_lay_idle_for_is_over_with_the_owners_next_act() -> None:
    slowly = NAMED | {
        "rungs": [
            {"after": "0 min", "tells": "leader", "up": 0},
            {"after": "1 d", "tells": "leader", "up": 1},
        ]
    }
    hours = due_friday(rules({}, STALL, ladders={"climb": IDLE, "idle": slowly}))
    hours.keep("03-03 11:31")
    hours.do(HANDLER, ContactCustomer, "03-03 14:00", means="phone", outcome="no_answer")
    hours.keep("03-04 15:00")
    assert rungs(hours) == [(1, "qu", "03-03 11:30")] * 1 + [(1, "qu", "03-04 15:00")]


def test_the_end_of_a_rest_by_itself_is_no_act_of_the_owner() -> None:
    hours = due_friday(rules({}, STALL))
    asked = {"reason": "waiting_customer", "until": at("03-02 16:00")}
    hours.do(HANDLER, RequestSuspension, "03-02 11:00", **asked)
    hours.do(LEADER, ApproveSuspension, "03-02 11:00")
    hours.keep("03-20 10:00")
    # Eight working hours after Monday 11:00, not after the end of the rest.
    assert stalled(hours) == ["03-03 12:00"]


def test_nobody_is_told_of_a_case_that_is_over() -> None:
    hours = due_friday()
    hours.keep("03-06 12:00")
    hours.do(DISPATCHER, ReferOut, "03-06 13:00", body="12345", reason="other_remit")
    assert hours.case.climbs == []
    hours.keep("03-20 10:00")
    assert len(rungs(hours)) == 1


# Signals

PING_PONG = {"ping_pong": NAMED | {"ladder": "idle", "times": 1}}
RETURNS = {"returns": NAMED | {"ladder": "idle", "times": 2, "force": True}}


def sent(hours: Hours, local: str, unit: str) -> list[Fact]:
    return hours.do(DISPATCHER, ReassignCase, local, unit=unit, reason="wrong_unit")


def test_back_and_forth_is_a_signal_and_tells_the_leader_at_once() -> None:
    hours = due_friday(rules({}, PING_PONG))
    sent(hours, "03-02 11:00", "bailu-repair")
    told = sent(hours, "03-02 12:00", "bailu-east")
    assert [type(fact) for fact in told[:3]] == [
        CaseReassigned,
        SignalRaised,
        CaseEscalated,
    ]
    [raised] = hours.facts(SignalRaised)
    assert (raised.signal, raised.times) == ("ping_pong", 1)
    assert rungs(hours) == [(1, "qu", "03-02 12:00")]


def test_what_is_sent_on_too_often_has_a_forced_owner() -> None:
    hours = due_friday(rules({}, RETURNS))
    sent(hours, "03-02 11:00", "bailu-repair")
    sent(hours, "03-02 12:00", "xishi-town")
    assert [f.unit for f in hours.facts(OwnerForced)] == ["xishi-town"]
    assert hours.case.forced_unit == "xishi-town"


def test_an_answer_ends_a_climb_that_was_about_something_that_happened() -> None:
    twice = NAMED | {
        "rungs": [
            {"after": "0 min", "tells": "leader", "up": 0},
            {"after": "1 d", "tells": "leader", "up": 1},
        ]
    }
    document = rules({}, PING_PONG, ladders={"climb": IDLE, "idle": twice})
    hours = due_friday(document)
    sent(hours, "03-02 11:00", "bailu-repair")
    sent(hours, "03-02 12:00", "bailu-east")
    hours.do(LEADER, AnswerEscalation, "03-02 13:00")
    hours.keep("03-20 10:00")
    assert len(rungs(hours)) == 1


def test_only_the_system_speaks_for_time() -> None:
    hours = due_friday()
    with pytest.raises(NotPermitted):
        hours.do(COUNTY_LEADER, KeepTime, "03-06 12:00")
