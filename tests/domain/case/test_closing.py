"""The loop is closed by what the customer says: reply, review, callback, archive."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case.accept import CaseAccepted
from domain.case.callback import (
    AttemptCallback,
    CallbackAttempted,
    CallbackCompleted,
    CallbackFailed,
    CallbackPlanned,
    CompleteCallback,
    FailCallback,
    PlanCallback,
)
from domain.case.case import CaseFact
from domain.case.close import CaseClosed, CloseCase
from domain.case.final_answer import FinalAnswerGiven, GiveFinalAnswer
from domain.case.referral import CaseReferredOut, ReferralReceived
from domain.case.reopen import CaseReopened, ReopenCase
from domain.case.reply import ReplySubmitted, ReplyToCase
from domain.case.review import ApproveReply, RejectReply, ReplyApproved, ReplyRejected
from domain.command import Command
from domain.organisation.close_unit import CloseUnit
from domain.organisation.merge_unit import MergeUnit
from tests.support.organisation import founded, order
from tests.support.scenario import (
    AGENT,
    DISPATCHER,
    HANDLER,
    LEADER,
    OTHER_AGENT,
    SUPERVISOR,
    by,
    given,
    later,
    policy,
    text,
)
from tests.support.story import (
    ACCEPTED,
    APPROVED,
    ARCHIVE,
    CALLBACK,
    CLOSED,
    DISPATCHED,
    HANDLING,
    IDENTIFIED,
    PLANNED,
    RECEIPT,
    REPLIED,
    REPLY,
    REVIEW,
    WITHDRAWAL,
    called_back,
    happened,
    received,
)

REFERRED = CaseReferredOut(body="legal_help", reason="customer_consents")
TEXTS = {name: text(name) for name in ("cause", "measures", "answer")}


def attempted(count: int, result: str = "no_answer", *, reached: bool = False) -> CaseFact:
    fact = CallbackAttempted(attempt=count, result=result, reached=reached)
    return happened("callback", OTHER_AGENT, fact)


def failed(reason: str = "no_answer") -> CaseFact:
    return happened("callback", OTHER_AGENT, CallbackFailed(attempts=3, reason=reason))


def reviewed(*receipt: CaseFact) -> tuple[CaseFact, ...]:
    """As far as a passed review, after another receipt."""
    return (*receipt, DISPATCHED, ACCEPTED, REPLIED, APPROVED)


# Reply and review


def test_the_unit_says_cause_measures_answer_and_responsibility() -> None:
    case = (
        given(*HANDLING)
        .when(by(HANDLER, ReplyToCase, **TEXTS, responsibility="customer"))
        .then(
            ReplySubmitted(
                unit="bailu-east",
                person="ran",
                cause=text("cause"),
                measures=text("measures"),
                answer=text("answer"),
                responsibility="customer",
            )
        )
    )
    assert (case.stage, case.replied_by, case.replies) == ("replied", "ran", 1)
    assert (case.holder_unit, case.responsibility) == ("bailu-east", "customer")


def test_a_reply_wants_a_known_responsibility() -> None:
    asked = by(HANDLER, ReplyToCase, **TEXTS, responsibility="the moon")
    given(*HANDLING).when(asked).then_refused("unknown_reason")


def test_a_dispatcher_passes_a_reply() -> None:
    passed = ReplyApproved(replied_by="ran")
    assert given(*REPLY).when(by(DISPATCHER, ApproveReply)).then(passed).stage == "reviewed"


def test_nobody_passes_their_own_reply_nor_one_they_had_a_hand_in() -> None:
    own = replace(DISPATCHER, person="ran")
    given(*REPLY).when(by(own, ApproveReply)).then_refused("own_reply")
    accepted_first = happened(
        "handling", DISPATCHER, CaseAccepted(unit="bailu-east", person="e")
    )
    facts = (*RECEIPT, DISPATCHED, accepted_first, ACCEPTED, REPLIED)
    given(*facts).when(by(DISPATCHER, ApproveReply)).then_refused("not_independent")


def test_a_reply_is_sent_back_for_a_known_reason() -> None:
    asked = by(DISPATCHER, RejectReply, reason="no_cause", note=text("why?"))
    case = (
        given(*REPLY)
        .when(asked)
        .then(ReplyRejected(replied_by="ran", reason="no_cause", note=text("why?")))
    )
    assert (case.stage, case.holder_person, case.rejections) == ("handling", "ran", 1)
    given(*REPLY).when(by(DISPATCHER, RejectReply, reason="mood")).then_refused(
        "unknown_reason"
    )


# Final answer


def test_the_customer_is_told_what_came_of_it() -> None:
    case = (
        given(*REVIEW)
        .when(by(HANDLER, GiveFinalAnswer, answer=text("mended"), means="visit"))
        .then(FinalAnswerGiven(answer=text("mended"), means="visit", on_receipt=False))
    )
    assert (case.stage, case.answered_at) == ("reviewed", later())


def test_an_enquiry_is_answered_on_the_call_and_the_agent_has_handled_it() -> None:
    case = (
        given(received("enquiry"))
        .when(by(AGENT, GiveFinalAnswer, answer=text("yes"), means="phone"))
        .then(FinalAnswerGiven(answer=text("yes"), means="phone", on_receipt=True))
    )
    assert (case.stage, case.handled_by) == ("reviewed", ["dan"])


def test_the_final_answer_is_given_once_and_by_known_means() -> None:
    given_once = happened(
        "reviewed",
        HANDLER,
        FinalAnswerGiven(answer=text("mended"), means="visit", on_receipt=False),
    )
    again = by(HANDLER, GiveFinalAnswer, answer=text("mended"), means="phone")
    given(*REVIEW, given_once).when(again).then_refused("already_answered")
    odd = by(HANDLER, GiveFinalAnswer, answer=text("mended"), means="pigeon")
    given(*REVIEW).when(odd).then_refused("unknown_reason")


# Callback


def test_whoever_plans_the_callback_takes_the_case_over() -> None:
    case = (
        given(*REVIEW)
        .when(by(AGENT, PlanCallback, planned_for=later(days=1)))
        .then(
            CallbackPlanned(
                planned_for=later(days=1), from_unit="bailu-east", to_unit="95598"
            )
        )
    )
    assert (case.stage, case.holder_unit) == ("callback", "95598")
    assert case.callback_planned_for == later(days=1)


def test_a_callback_is_planned_ahead() -> None:
    asked = by(AGENT, PlanCallback, planned_for=later(minutes=-1))
    given(*REVIEW).when(asked).then_refused("not_ahead")


@pytest.mark.parametrize("hidden", ["secret", "anonymous"])
def test_who_wants_to_stay_unknown_is_not_called_back(hidden: str) -> None:
    receipt = received(**{hidden: True})  # type: ignore[arg-type]
    asked = by(AGENT, PlanCallback, planned_for=later(days=1))
    given(*reviewed(receipt)).when(asked).then_refused("customer_hidden")


def test_attempts_are_counted() -> None:
    case = (
        given(*CALLBACK, attempted(1))
        .when(by(OTHER_AGENT, AttemptCallback, result="switched_off"))
        .then(CallbackAttempted(attempt=2, result="switched_off", reached=False))
    )
    assert (case.callback_attempts, case.callback_outcome) == (2, None)


def test_the_customer_says_whether_it_is_solved() -> None:
    case = (
        given(*CALLBACK, attempted(1))
        .when(by(OTHER_AGENT, CompleteCallback, satisfaction="neutral", solved=True))
        .then(CallbackCompleted(attempts=2, satisfaction="neutral", solved=True))
    )
    assert (case.callback_outcome, case.satisfaction, case.solved) == (
        "completed",
        "neutral",
        True,
    )


def test_an_attempt_that_reached_the_customer_is_not_counted_twice() -> None:
    start = given(*CALLBACK, attempted(1, "reached", reached=True))
    asked = by(OTHER_AGENT, CompleteCallback, satisfaction="satisfied", solved=True)
    start.when(asked).then(
        CallbackCompleted(attempts=1, satisfaction="satisfied", solved=True)
    )


def test_a_callback_fails_after_all_attempts() -> None:
    asked = by(OTHER_AGENT, FailCallback, reason="no_answer")
    case = (
        given(*CALLBACK, attempted(1), attempted(2), attempted(3))
        .when(asked)
        .then(CallbackFailed(attempts=3, reason="no_answer"))
    )
    assert case.callback_outcome == "failed"


def test_a_callback_does_not_fail_before_all_attempts() -> None:
    asked = by(OTHER_AGENT, FailCallback, reason="no_answer")
    given(*CALLBACK, attempted(1), attempted(2)).when(asked).then_refused(
        "attempts_missing"
    )


@pytest.mark.parametrize("reason", ["empty_number", "refused", "not_wanted"])
def test_some_reasons_end_it_at_once(reason: str) -> None:
    asked = by(OTHER_AGENT, FailCallback, reason=reason)
    given(*CALLBACK).when(asked).then(CallbackFailed(attempts=0, reason=reason))


def test_a_callback_has_one_outcome() -> None:
    for outcome in (called_back(), failed()):
        start = given(*CALLBACK, outcome)
        for asked in (
            by(OTHER_AGENT, AttemptCallback, result="reached"),
            by(OTHER_AGENT, CompleteCallback, satisfaction="neutral", solved=True),
            by(OTHER_AGENT, FailCallback, reason="refused"),
        ):
            start.when(asked).then_refused("callback_settled")


def test_who_handled_the_case_does_not_call_back() -> None:
    both = replace(OTHER_AGENT, person="ran")
    for asked in (
        by(both, AttemptCallback, result="reached"),
        by(both, CompleteCallback, satisfaction="neutral", solved=True),
        by(both, FailCallback, reason="refused"),
    ):
        given(*CALLBACK).when(asked).then_refused("not_independent")


def test_independence_is_a_rule_of_the_policy() -> None:
    rules = policy()
    lax = replace(rules, callback=replace(rules.callback, independent=False))
    asked = by(
        replace(AGENT, person="ran"), CompleteCallback, satisfaction="neutral", solved=True
    )
    given(*CALLBACK).under(lax).when(asked).then_stage("callback")


def test_a_callback_wants_words_the_policy_knows() -> None:
    start = given(*CALLBACK)
    odd = by(OTHER_AGENT, CompleteCallback, satisfaction="meh", solved=True)
    start.when(odd).then_refused("unknown_satisfaction")
    start.when(by(OTHER_AGENT, AttemptCallback, result="?")).then_refused("unknown_reason")
    start.when(by(OTHER_AGENT, FailCallback, reason="?")).then_refused("unknown_reason")


# Archive


@pytest.mark.parametrize("outcome", [called_back("dissatisfied"), failed()])
def test_a_case_with_a_callback_outcome_is_closed(outcome: CaseFact) -> None:
    case = given(*CALLBACK, outcome).when(by(DISPATCHER, CloseCase)).then_stage("closed")
    assert case.closed_at == later()
    assert case.no_callback_reason is None


def test_closing_without_an_outcome_or_a_reason_is_refused() -> None:
    for facts in (CALLBACK, REVIEW, WITHDRAWAL):
        given(*facts).when(by(AGENT, CloseCase)).then_refused("callback_due")


def test_a_reason_where_there_is_an_outcome_is_refused() -> None:
    asked = by(AGENT, CloseCase, no_callback_reason="praise")
    given(*CALLBACK, called_back()).when(asked).then_refused("callback_settled")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (reviewed(received("praise"), IDENTIFIED), "praise"),
        (reviewed(received(secret=True), IDENTIFIED), "secret"),
        (reviewed(received(anonymous=True)), "anonymous"),
        (reviewed(received()), "no_phone"),
        (reviewed(received("service_request"), IDENTIFIED), "not_sampled"),
        (reviewed(received("information_query"), IDENTIFIED), "answered_on_call"),
        (WITHDRAWAL, "withdrawn"),
    ],
)
def test_a_reason_that_holds_closes_without_a_callback(
    facts: tuple[CaseFact, ...], reason: str
) -> None:
    closed = CaseClosed(callback_outcome=None, no_callback_reason=reason)
    asked = by(AGENT, CloseCase, no_callback_reason=reason)
    assert given(*facts).when(asked).then(closed).no_callback_reason == reason


def test_the_referring_body_may_call_back_itself() -> None:
    sent = happened("received", AGENT, ReferralReceived(body="12345", number="1"))
    asked = by(AGENT, CloseCase, no_callback_reason="referrer_calls")
    given(*reviewed(*RECEIPT, sent)).when(asked).then_stage("closed")
    given(*REVIEW).when(asked).then_refused("reason_does_not_hold")


@pytest.mark.parametrize(
    "reason",
    ["praise", "secret", "anonymous", "no_phone", "not_sampled", "withdrawn"],
)
def test_where_a_callback_is_due_and_possible_no_reason_helps(reason: str) -> None:
    asked = by(AGENT, CloseCase, no_callback_reason=reason)
    given(*REVIEW).when(asked).then_refused("reason_does_not_hold")


def test_a_made_up_reason_closes_nothing() -> None:
    asked = by(AGENT, CloseCase, no_callback_reason="too busy")
    given(*REVIEW).when(asked).then_refused("unknown_reason")


def test_the_unit_does_not_close_its_own_case() -> None:
    for actor in (HANDLER, LEADER):
        given(*CALLBACK, called_back()).when(by(actor, CloseCase)).then_refused(
            "not_permitted"
        )


# Reopening


def again(reason: str = "dissatisfied", **said: object) -> Command:
    return by(AGENT, ReopenCase, reason=reason, **said)


def test_a_dissatisfied_customers_case_goes_back_to_the_unit_that_replied() -> None:
    case = (
        given(*CALLBACK, called_back("dissatisfied"))
        .when(again(note=text("still dark")))
        .then(
            CaseReopened(
                from_stage="callback",
                to_unit="bailu-east",
                rehandling=True,
                reason="dissatisfied",
                note=text("still dark"),
            )
        )
    )
    assert (case.stage, case.holder_unit, case.holder_person) == (
        "handling",
        "bailu-east",
        None,
    )
    assert (case.callback_outcome, case.callback_attempts, case.satisfaction) == (
        None,
        0,
        None,
    )
    assert (case.reopenings, case.rehandlings) == (1, 1)


def test_not_solved_is_reason_enough_to_handle_it_again() -> None:
    facts = (*CALLBACK, called_back("satisfied", solved=False))
    given(*facts).when(again()).then_stage("handling")


def test_nothing_is_handled_again_unless_the_customer_says_so() -> None:
    for outcome in ((), (called_back(),), (called_back("neutral"),), (failed(),)):
        given(*CALLBACK, *outcome).when(again()).then_refused("not_dissatisfied")


def test_it_is_handled_again_once_before_it_must_be_closed() -> None:
    reopened = happened(
        "handling",
        AGENT,
        CaseReopened(
            from_stage="callback",
            to_unit="bailu-east",
            rehandling=True,
            reason="dissatisfied",
        ),
    )
    dissatisfied = called_back("very_dissatisfied", solved=False)
    facts = (*CALLBACK, dissatisfied, reopened, REPLIED, APPROVED, PLANNED, dissatisfied)
    given(*facts).when(again()).then_refused("rehandled")
    given(*facts, CLOSED).when(again()).then_stage("received")


def test_a_closed_case_is_reopened_at_the_centre_however_late() -> None:
    case = (
        given(*ARCHIVE)
        .when(again("repeat", at=later(days=9 * 365)))
        .then(
            CaseReopened(
                from_stage="closed", to_unit="95598", rehandling=False, reason="repeat"
            )
        )
    )
    assert (case.stage, case.holder_unit, case.closed_at) == ("received", "95598", None)


def test_a_case_referred_out_may_come_back() -> None:
    start = given(*HANDLING, happened("referred", SUPERVISOR, REFERRED))
    asked = by(DISPATCHER, ReopenCase, reason="sent_back")
    case = start.when(asked).then_stage("received")
    assert (case.holder_unit, case.referred_to) == ("95598", None)


def test_reopening_wants_a_known_reason() -> None:
    given(*ARCHIVE).when(again("mood")).then_refused("unknown_reason")


def test_an_open_case_is_not_reopened() -> None:
    given(*HANDLING).when(again()).then_refused("no_such_move")


def test_a_unit_that_merged_since_is_followed_by_its_successor() -> None:
    facts = (*CALLBACK, called_back("dissatisfied"))
    merger = order(MergeUnit, unit="bailu-east", into="bailu-repair")
    start = given(*facts).within(founded(merger))
    assert start.when(again()).then_stage("handling").holder_unit == "bailu-repair"


def test_when_nobody_is_left_who_replied_it_stays_with_the_centre() -> None:
    facts = (*CALLBACK, called_back("dissatisfied"))
    ended = order(CloseUnit, unit="bailu-east")
    start = given(*facts).within(founded(ended))
    assert start.when(again()).then_stage("handling").holder_unit == "95598"
