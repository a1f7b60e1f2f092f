"""No clock of the shipped rules is left without an end, and each has the right owner."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid5

import pytest

from api.policies import shipped
from domain.case.brief import BriefIncident
from domain.case.callback import AttemptCallback, CompleteCallback, PlanCallback
from domain.case.close import CloseCase
from domain.case.escalation import AnswerEscalation, EscalateCase
from domain.case.extension import RequestExtension
from domain.case.handover import OfferHandover
from domain.case.level import RaiseLevel
from domain.case.merge import MergeCase, UnmergeCase
from domain.case.receive import ReceiveCase
from domain.case.referral import ReceiveReferral
from domain.case.reopen import ReopenCase
from domain.case.suspension import ApproveSuspension, RefuseSuspension, RequestSuspension
from domain.case.withdraw import WithdrawCase
from domain.policy.policy import Policy
from domain.promise.clock import DeadlineWarned
from tests.domain.policy.loop import answered, in_hand, rules_of, running
from tests.support.hours import Hours, at, wall
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    OTHER_ID,
    by,
    text,
)

LEAVES = {
    "approve-suspension": "case.suspension_approved",
    "return": "case.returned",
    "reassign": "case.reassigned",
    "reply": "case.reply_submitted",
    "withdraw": "case.withdrawn",
}
"""What takes a case out of the handling, and the fact that it leads to."""


@pytest.fixture
def hours() -> Hours:
    return Hours(rules_of("sgcc-2022"))


def test_two_requests_wait_for_two_decisions_of_the_leader(hours: Hours) -> None:
    rest = {"reason": "waiting_customer", "until": at("03-04 11:00")}
    more = {"reason": "complex", "new_due": at("03-10 12:00"), "customer_told": True}
    in_hand(hours).do(HANDLER, RequestSuspension, "03-02 11:00", **rest)
    hours.do(HANDLER, RequestExtension, "03-02 11:30", **more)
    waiting = {step: due for step, due in running(hours).items() if "decide" in step}
    assert waiting == {
        "decide_suspension": "03-03 11:00",
        "decide_extension": "03-03 11:30",
    }
    hours.do(LEADER, RefuseSuspension, "03-02 14:00")
    assert hours.clock("decide_suspension.1").outcome == "kept"
    assert running(hours)["decide_extension"] == "03-03 11:30"
    hours.keep("03-03 09:45")
    [warned] = [f for f in hours.facts(DeadlineWarned) if "decide" in f.clock]
    assert (warned.clock, warned.told) == ("decide_extension.1", "qu")


def test_a_request_that_lapsed_with_its_stage_waits_for_nobody(hours: Hours) -> None:
    rest = {"reason": "waiting_customer", "until": at("03-04 11:00")}
    more = {"reason": "complex", "new_due": at("03-10 12:00"), "customer_told": True}
    in_hand(hours).do(HANDLER, RequestSuspension, "03-02 11:00", **rest)
    hours.do(HANDLER, RequestExtension, "03-02 11:30", **more)
    hours.do(LEADER, ApproveSuspension, "03-02 14:00")
    assert hours.case.extension is None
    assert hours.clock("decide_extension.1").outcome == "dropped"


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_no_clock_is_left_for_what_cannot_be_done_where_the_case_went(profile: str) -> None:
    """A request and an offer lapse with the stage: each way out of it ends their clocks."""
    policy = Policy.from_document(shipped()[profile])
    leaving = {
        action: topic
        for action, topic in LEAVES.items()
        if (move := policy.moves.get(("handling", action))) and move.to != "handling"
    }
    known = {
        action
        for (state, action), move in policy.moves.items()
        if state == "handling" and move.to != "handling" and not policy.terminal(move.to)
    }
    assert known == set(leaving)
    for step in ("decide_suspension", "decide_extension", "handover"):
        if step in policy.clocks:
            rule = policy.clocks[step]
            assert set(leaving.values()) <= rule.stops | rule.drops


def test_what_the_old_round_still_waited_for_is_dropped_with_it(hours: Hours) -> None:
    policy = Policy.from_document(rules_of("sgcc-2022"))
    dropped = {s for s, rule in policy.clocks.items() if "case.reopened" in rule.drops}
    assert dropped == {"final_answer", "callback", "close", "escalation"}
    answered(hours).do(AGENT, PlanCallback, "03-03 16:10", planned_for=at("03-04 09:00"))
    said = {"satisfaction": "dissatisfied", "solved": False}
    hours.do(AGENT, AttemptCallback, "03-04 09:00", result="reached")
    hours.do(AGENT, CompleteCallback, "03-04 09:05", **said)
    hours.do(AGENT, EscalateCase, "03-04 09:30", reason="customer_asks")
    hours.do(AGENT, ReopenCase, "03-04 10:00", reason="dissatisfied")
    outcomes = [hours.clock(each).outcome for each in ("close.1", "escalation.1")]
    assert outcomes == ["dropped", "dropped"]


def test_a_referral_is_over_with_the_case_that_nobody_answers(hours: Hours) -> None:
    in_hand(hours).do(AGENT, ReceiveReferral, "03-02 10:40", body="12345")
    hours.do(AGENT, WithdrawCase, "03-02 11:00", reason="solved")
    assert running(hours) == {"referral_12345": "03-09 10:40", "close": "03-03 11:00"}
    hours.do(DISPATCHER, CloseCase, "03-02 12:00", no_callback_reason="withdrawn")
    assert hours.clock("referral_12345.1").outcome == "kept"


def test_who_referred_a_case_waits_for_the_one_it_is_merged_into(hours: Hours) -> None:
    hours.received(business_type="enquiry")
    second = by(AGENT, ReceiveCase, at=at("03-02 10:10"), business_type="enquiry")
    referred = by(AGENT, ReceiveReferral, at=at("03-02 10:20"), body="12345")
    merged = by(DISPATCHER, MergeCase, at=at("03-03 10:00"), into=CASE_ID)
    for n, command in enumerate((second, referred, merged)):
        named = uuid5(OTHER_ID, str(n))
        hours.voice(replace(command, subject=OTHER_ID, command_id=named))
    assert running(hours)["referral_12345"] == "03-09 10:20", "from when it was referred"
    released = by(DISPATCHER, UnmergeCase, at=at("03-03 11:00"), reason="other_matter")
    hours.voice(replace(released, subject=OTHER_ID, command_id=uuid5(OTHER_ID, "undone")))
    other = hours.desk.case(OTHER_ID)
    assert other is not None
    again = {clock.id: wall(clock.due) for clock in other.clocks if clock.running}
    assert again == {
        "dispatch.1": "03-02 10:30",
        "answer.1": "03-09 10:10",
        "referral_12345.1": "03-09 10:20",
    }


def test_a_major_case_that_is_withdrawn_is_reported_all_the_same(hours: Hours) -> None:
    in_hand(hours).do(LEADER, RaiseLevel, "03-02 11:00", level="major", reason="media")
    hours.do(AGENT, WithdrawCase, "03-02 11:10", reason="solved")
    assert running(hours)["written_brief"] == "03-02 13:00"
    hours.do(LEADER, BriefIncident, "03-02 11:30", report="media", brief=text("brief"))
    assert hours.clock("written_brief.1").outcome == "kept"


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_a_written_report_can_be_given_wherever_its_clock_runs(profile: str) -> None:
    policy = Policy.from_document(shipped()[profile])
    open_states = {state for state in policy.states if not policy.terminal(state)}
    able = {state for state, action in policy.moves if action == BriefIncident.ACTION}
    assert able == open_states


def test_an_escalation_is_answered_when_all_have_answered(hours: Hours) -> None:
    in_hand(hours).do(AGENT, EscalateCase, "03-02 11:00", reason="customer_asks")
    hours.do(AGENT, EscalateCase, "03-02 11:30", reason="customer_asks")
    hours.do(COUNTY_LEADER, AnswerEscalation, "03-02 14:00")
    assert running(hours)["escalation"] == "03-03 11:00"
    hours.do(LEADER, AnswerEscalation, "03-02 15:00")
    assert hours.clock("escalation.1").outcome == "kept"


def test_whom_a_case_is_offered_to_is_warned_of_it(hours: Hours) -> None:
    in_hand(hours)
    hours.do(HANDLER, OfferHandover, "03-02 10:40", unit="bailu-east", person="qu")
    hours.keep("03-02 13:20")
    [warned] = [f for f in hours.facts(DeadlineWarned) if f.clock == "handover.1"]
    assert (wall(warned.occurred_at), warned.told) == ("03-02 13:10", "qu")


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_what_a_merge_dropped_does_not_begin_anew_only_the_way_home_does(
    profile: str,
) -> None:
    policy = Policy.from_document(shipped()[profile])
    begun = {step for step, rule in policy.clocks.items() if "case.unmerged" in rule.words}
    assert begun == {"dispatch"}
    assert policy.moves["received", MergeCase.ACTION].to == "merged"


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_only_steps_of_the_handling_rest_and_none_that_waits_for_a_leader(
    profile: str,
) -> None:
    policy = Policy.from_document(shipped()[profile])
    resting = {step for step, rule in policy.clocks.items() if rule.rests}
    assert resting <= {"answer", "restore", "reply_after"}
    assert "answer" in resting
    assert not any(policy.clocks[step].owner != "holder" for step in resting)


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_the_ladder_of_a_major_case_tells_everybody_whoever_answers(profile: str) -> None:
    ladders = Policy.from_document(shipped()[profile]).ladders
    assert {code for code, ladder in ladders.items() if not ladder.answer_ends} == {"major"}


def test_a_city_hotline_itself_decides_on_more_time() -> None:
    hours = in_hand(Hours(rules_of("hotline-12345")))
    more = {"reason": "complex", "new_due": at("03-20 12:00"), "customer_told": True}
    hours.do(HANDLER, RequestExtension, "03-02 11:00", **more)
    hours.keep("03-03 10:00")
    [warned] = [f for f in hours.facts(DeadlineWarned) if "decide" in f.clock]
    assert (warned.clock, warned.told) == ("decide_extension.1", "cen")
