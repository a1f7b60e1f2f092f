"""A case is archived with what the customer said, or with a reason that holds."""

from __future__ import annotations

import pytest

from domain.case.callback import (
    CallbackFailed,
)
from domain.case.case import CaseFact
from domain.case.close import CaseClosed, CloseCase
from domain.case.referral import ReferralReceived
from domain.case.reopen import CaseReopened
from tests.support.scenario import (
    AGENT,
    DISPATCHER,
    HANDLER,
    LEADER,
    OTHER_AGENT,
    by,
    given,
    later,
)
from tests.support.story import (
    ACCEPTED,
    APPROVED,
    CALLBACK,
    DISPATCHED,
    IDENTIFIED,
    RECEIPT,
    REPLIED,
    REVIEW,
    WITHDRAWAL,
    called_back,
    happened,
    received,
)

CLOSED_UNASKED = CaseClosed(callback_outcome=None, no_callback_reason="withdrawn")


def failed(reason: str = "no_answer") -> CaseFact:
    return happened("callback", OTHER_AGENT, CallbackFailed(attempts=3, reason=reason))


def reviewed(*receipt: CaseFact) -> tuple[CaseFact, ...]:
    """As far as a passed review, after another receipt."""
    return (*receipt, DISPATCHED, ACCEPTED, REPLIED, APPROVED)


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
    asked = by(OTHER_AGENT, CloseCase, no_callback_reason=reason)
    assert given(*facts).when(asked).then(closed).no_callback_reason == reason


def test_whoever_recorded_the_withdrawal_does_not_close_the_case() -> None:
    asked = by(AGENT, CloseCase, no_callback_reason="withdrawn")
    given(*WITHDRAWAL).when(asked).then_refused("own_withdrawal")


def test_a_withdrawal_of_an_earlier_round_binds_nobody() -> None:
    closed = happened("closed", OTHER_AGENT, CLOSED_UNASKED)
    reopened = CaseReopened(
        from_stage="closed", to_unit="95598", rehandling=False, reason="repeat"
    )
    facts = (*WITHDRAWAL, closed, happened("reviewed", AGENT, reopened))
    asked = by(AGENT, CloseCase, no_callback_reason="no_phone")
    given(received(), *facts[2:]).when(asked).then_stage("closed")


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
