"""The unit replies, somebody with no hand in it reviews, and the customer is told."""

from __future__ import annotations

from dataclasses import replace

from domain.case.accept import CaseAccepted
from domain.case.callback_choice import CallbackDecided
from domain.case.final_answer import FinalAnswerGiven, GiveFinalAnswer
from domain.case.reply import ReplySubmitted, ReplyToCase
from domain.case.review import ApproveReply, RejectReply, ReplyApproved, ReplyRejected
from tests.support.scenario import (
    AGENT,
    DISPATCHER,
    HANDLER,
    by,
    given,
    later,
    text,
)
from tests.support.story import (
    ACCEPTED,
    DISPATCHED,
    HANDLING,
    RECEIPT,
    REPLIED,
    REPLY,
    REVIEW,
    happened,
    received,
)

TEXTS = {name: text(name) for name in ("cause", "measures", "answer")}


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
        .then(
            FinalAnswerGiven(answer=text("mended"), means="visit", on_receipt=False),
            CallbackDecided(due=True, why="all"),
        )
    )
    assert (case.stage, case.answered_at) == ("reviewed", later())


def test_an_enquiry_is_answered_on_the_call_and_the_agent_has_handled_it() -> None:
    case = (
        given(received("enquiry"))
        .when(by(AGENT, GiveFinalAnswer, answer=text("yes"), means="phone"))
        .then(
            FinalAnswerGiven(answer=text("yes"), means="phone", on_receipt=True),
            CallbackDecided(due=False, why="no_phone"),
        )
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
