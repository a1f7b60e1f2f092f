"""The clocks of the shipped rules, on a case whose owner does one thing after the other.

Office hours are those of tests/support/hours.py; 2026-03-02 is a Monday.
"""

from __future__ import annotations

import pytest

from domain.case.accept import AcceptCase
from domain.case.callback import AttemptCallback, CompleteCallback, PlanCallback
from domain.case.close import CloseCase
from domain.case.contact import ContactCustomer
from domain.case.escalation import CaseEscalated, EscalateCase
from domain.case.extension import ApproveExtension, RequestExtension
from domain.case.final_answer import GiveFinalAnswer
from domain.case.handover import OfferHandover
from domain.case.level import AssessLevel, RaiseLevel
from domain.case.referral import ReceiveReferral
from domain.case.reopen import ReopenCase
from domain.case.reply import ReplyToCase
from domain.case.returning import RefuseReturn, ReturnCase
from domain.case.review import ApproveReply, RejectReply
from domain.case.supervise import SuperviseCase
from domain.case.suspension import ApproveSuspension, RequestSuspension
from domain.case.withdraw import WithdrawCase
from domain.promise.clock import DeadlineMoved, DeadlineWarned
from tests.domain.policy.loop import (
    ANSWER,
    REPLY,
    answered,
    in_hand,
    kinds,
    replied,
    rules_of,
    running,
)
from tests.support.hours import Hours, at, wall
from tests.support.scenario import (
    AGENT,
    DISPATCHER,
    HANDLER,
    LEADER,
    SUPERVISOR,
    text,
)


@pytest.fixture
def hours() -> Hours:
    return Hours(rules_of("sgcc-2022"))


# SGCC 2022: one complaint through the loop


def test_a_complaint_is_received_with_four_clocks_the_customers_and_ours(
    hours: Hours,
) -> None:
    hours.received()
    assert running(hours) == {
        "dispatch": "03-02 10:20",
        "contact": "03-03 10:00",
        "answer": "03-06 10:00",
        "promise_answer": "03-09 10:00",
    }
    assert kinds(hours) == {
        "dispatch": "step",
        "contact": "promise",
        "answer": "step",
        "promise_answer": "promise",
    }


def test_every_step_has_its_clock_until_the_customer_was_called_back(
    hours: Hours,
) -> None:
    hours.received()
    hours.dispatched()
    assert running(hours)["accept"] == "03-02 13:05", "two hours of work from 10:05 on"
    hours.do(HANDLER, AcceptCase, "03-02 10:30")
    assert set(running(hours)) == {"contact", "answer", "promise_answer"}
    said = {"means": "phone", "outcome": "no_answer"}
    hours.do(HANDLER, ContactCustomer, "03-02 10:40", **said)
    assert "contact" in running(hours), "an attempt is no contact"
    said = {"means": "phone", "outcome": "reached"}
    hours.do(HANDLER, ContactCustomer, "03-02 11:00", **said)
    assert set(running(hours)) == {"answer", "promise_answer"}
    hours.do(HANDLER, ReplyToCase, "03-03 11:00", **REPLY)
    assert running(hours) == {"promise_answer": "03-09 10:00", "review": "03-04 11:00"}
    hours.do(DISPATCHER, ApproveReply, "03-03 15:00")
    assert set(running(hours)) == {"promise_answer", "final_answer"}
    hours.do(DISPATCHER, GiveFinalAnswer, "03-03 16:00", **ANSWER)
    assert running(hours) == {"callback": "03-04 16:00"}
    hours.do(AGENT, PlanCallback, "03-03 16:10", planned_for=at("03-04 09:00"))
    hours.do(AGENT, AttemptCallback, "03-04 09:00", result="reached")
    hours.do(AGENT, CompleteCallback, "03-04 09:05", satisfaction="satisfied", solved=True)
    assert running(hours) == {"close": "03-05 09:05"}
    hours.do(AGENT, CloseCase, "03-04 10:00")
    assert running(hours) == {}
    assert {clock.outcome for clock in hours.case.clocks} == {"kept"}


def test_a_reply_that_is_sent_back_runs_on_under_the_old_due_time(hours: Hours) -> None:
    replied(hours).do(DISPATCHER, RejectReply, "03-03 15:00", reason="no_cause")
    assert running(hours) == {"answer": "03-06 10:00", "promise_answer": "03-09 10:00"}


def test_a_suspension_rests_our_step_and_never_the_promise(hours: Hours) -> None:
    in_hand(hours).do(
        HANDLER,
        RequestSuspension,
        "03-02 11:00",
        reason="waiting_customer",
        until=at("03-04 11:00"),
    )
    assert running(hours)["decide_suspension"] == "03-03 11:00"
    before = running(hours)
    hours.do(LEADER, ApproveSuspension, "03-02 11:30")
    after = running(hours)
    assert "decide_suspension" not in after
    assert after["answer"] > before["answer"]
    assert {step: after[step] for step in ("contact", "promise_answer")} == {
        step: before[step] for step in ("contact", "promise_answer")
    }


def test_an_extension_moves_our_step_and_never_the_promise(hours: Hours) -> None:
    in_hand(hours).do(
        HANDLER,
        RequestExtension,
        "03-02 11:00",
        reason="complex",
        new_due=at("03-10 12:00"),
        customer_told=True,
    )
    hours.do(LEADER, ApproveExtension, "03-02 11:30")
    assert running(hours)["answer"] == "03-10 12:00"
    assert running(hours)["promise_answer"] == "03-09 10:00"


def test_a_dissatisfied_customer_starts_the_clocks_of_the_handling_again(
    hours: Hours,
) -> None:
    answered(hours).do(AGENT, PlanCallback, "03-03 16:10", planned_for=at("03-04 09:00"))
    said = {"satisfaction": "dissatisfied", "solved": False}
    hours.do(AGENT, AttemptCallback, "03-04 09:00", result="reached")
    hours.do(AGENT, CompleteCallback, "03-04 09:05", **said)
    hours.do(AGENT, ReopenCase, "03-04 10:00", reason="dissatisfied")
    assert running(hours) == {
        "accept": "03-04 12:00",
        "contact": "03-05 10:00",
        "answer": "03-10 10:00",
        "promise_answer": "03-11 10:00",
    }


def test_a_closed_case_that_is_reopened_is_dispatched_anew(hours: Hours) -> None:
    hours.received(business_type="praise")
    hours.do(AGENT, GiveFinalAnswer, "03-02 10:05", **ANSWER)
    assert running(hours) == {"close": "03-03 10:05"}, "nobody is called back about praise"
    hours.do(AGENT, CloseCase, "03-02 10:10", no_callback_reason="praise")
    hours.do(AGENT, ReopenCase, "03-05 10:00", reason="new_facts")
    assert running(hours) == {"dispatch": "03-05 10:20", "answer": "03-18 10:00"}


def test_a_return_waits_for_the_centre_and_a_refused_one_for_the_unit(
    hours: Hours,
) -> None:
    hours.received()
    hours.dispatched()
    hours.do(HANDLER, ReturnCase, "03-02 10:30", reason="wrong_area")
    assert (hours.clock("accept.1").outcome, running(hours)["decide_return"]) == (
        "kept",
        "03-02 13:30",
    )
    hours.do(DISPATCHER, RefuseReturn, "03-02 11:00")
    assert running(hours)["accept"] == "03-02 14:00"
    assert "decide_return" not in running(hours)


def test_who_withdraws_is_waited_for_no_more_and_the_case_is_archived(
    hours: Hours,
) -> None:
    in_hand(hours)
    hours.do(HANDLER, OfferHandover, "03-02 10:40", unit="bailu-east", person="qu")
    hours.do(AGENT, WithdrawCase, "03-02 11:00", reason="solved")
    assert running(hours) == {"close": "03-03 11:00"}
    dropped = {c.step for c in hours.case.clocks if c.outcome == "dropped"}
    assert dropped == {"contact", "answer", "promise_answer", "handover"}


def test_an_order_runs_a_clock_for_the_ordered_unit(hours: Hours) -> None:
    in_hand(hours).do(SUPERVISOR, SuperviseCase, "03-02 11:00", order=text("see to it"))
    assert running(hours)["supervision"] == "03-03 11:00"


def test_a_secret_complaint_has_no_contact_to_promise(hours: Hours) -> None:
    hours.received(secret=True)
    assert "contact" not in running(hours)


def test_the_handling_is_warned_of_two_days_before_it_is_due(hours: Hours) -> None:
    in_hand(hours).keep("03-06 09:30")
    warned = [
        (wall(fact.occurred_at), fact.told)
        for fact in hours.facts(DeadlineWarned)
        if fact.clock == "answer.1"
    ]
    assert warned == [("03-04 10:00", "ran"), ("03-05 10:00", "ran")]


# Faults, referrals, grave cases


def test_a_fault_is_there_in_time_and_restored_in_time(hours: Hours) -> None:
    hours.received(business_type="fault_repair", area="rural")
    assert running(hours) == {"dispatch": "03-02 10:02", "arrive": "03-02 11:30"}
    hours.dispatched("03-02 10:01")
    assert running(hours)["accept"] == "03-02 10:04"
    hours.do(HANDLER, AcceptCase, "03-02 10:03")
    hours.do(HANDLER, ContactCustomer, "03-02 10:30", means="phone", outcome="reached")
    assert "arrive" in running(hours), "to ring up is not to be there"
    hours.do(HANDLER, ContactCustomer, "03-02 11:00", means="visit", outcome="met")
    assert running(hours) == {"restore": "03-02 15:00"}
    hours.keep("03-02 18:00")
    told = [(wall(fact.occurred_at), fact.told) for fact in hours.facts(CaseEscalated)]
    assert told == [("03-02 15:00", "qu"), ("03-02 15:30", "lan"), ("03-02 17:00", "an")]


def test_each_referral_runs_its_own_clock_beside_ours(hours: Hours) -> None:
    hours.received(channel="12398", business_type="enquiry")
    hours.do(AGENT, ReceiveReferral, "03-02 10:01", body="12345")
    hours.do(AGENT, ReceiveReferral, "03-02 10:02", body="media")
    assert running(hours) == {
        "dispatch": "03-02 10:20",
        "answer": "03-09 10:00",
        "referral_12398": "03-16 10:00",
        "referral_12345": "03-09 10:01",
        "referral_other": "03-12 10:02",
    }
    assert {s for s, kind in kinds(hours).items() if kind == "outer"} == {
        "referral_12398",
        "referral_12345",
        "referral_other",
    }


def test_a_major_case_is_told_at_once_and_briefed_within_two_hours(hours: Hours) -> None:
    in_hand(hours).do(LEADER, RaiseLevel, "03-02 11:00", level="major", reason="media")
    [told] = hours.facts(CaseEscalated)
    assert (wall(told.occurred_at), told.told, told.climb) == (
        "03-02 11:00",
        "an",
        "major:1",
    )
    assert running(hours)["written_brief"] == "03-02 13:00"
    assert "escalation" not in running(hours), "of a ladder, the next rung is the clock"


def test_whoever_was_told_by_hand_has_a_working_day_to_answer(hours: Hours) -> None:
    in_hand(hours).do(AGENT, EscalateCase, "03-02 11:00", reason="customer_asks")
    assert running(hours)["escalation"] == "03-03 11:00"
    hours.keep("03-03 09:30")
    [warned] = [f for f in hours.facts(DeadlineWarned) if f.clock == "escalation.1"]
    assert (warned.told, warned.unit) == ("qu", "bailu-east")


# The other profiles


def test_in_2011_a_complaint_had_one_and_seven_working_days() -> None:
    hours = Hours(rules_of("sgcc-2011"))
    hours.received("03-06 15:00")
    assert running(hours) == {
        "dispatch": "03-06 15:20",
        "contact": "03-09 15:00",
        "answer": "03-16 15:00",
        "promise_answer": "03-17 15:00",
    }


def test_csg_has_five_working_days_and_more_time_to_forward_what_is_grave() -> None:
    hours = Hours(rules_of("csg"))
    hours.received()
    assert running(hours)["answer"] == "03-09 10:00"
    hours.do(AGENT, AssessLevel, "03-02 10:05", level="important")
    [moved] = hours.facts(DeadlineMoved)
    assert (moved.clock, moved.why, wall(moved.due)) == (
        "dispatch.1",
        "level",
        "03-02 10:30",
    )
    [told] = hours.facts(CaseEscalated)
    assert (told.told, told.rule) == ("cen", "major"), "the lead of the desk, at once (P11)"


def test_a_city_hotline_answers_within_seven_days_and_a_critical_matter_in_one() -> None:
    hours = Hours(rules_of("hotline-12345"))
    hours.received(channel="12345")
    assert running(hours) == {
        "dispatch": "03-02 10:30",
        "contact": "03-03 10:00",
        "answer": "03-07 10:00",
        "promise_answer": "03-09 10:00",
    }
    hours.do(AGENT, AssessLevel, "03-02 10:05", level="critical")
    assert running(hours)["promise_answer"] == "03-03 10:00"
    assert running(hours)["dispatch"] == "03-02 10:10"
