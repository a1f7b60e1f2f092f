"""What was done with is taken up again: at the centre, or by the unit that replied."""

from __future__ import annotations

import pytest

from domain.case.accept import AcceptCase
from domain.case.callback import (
    CallbackFailed,
)
from domain.case.case import CaseFact
from domain.case.referral import CaseReferredOut
from domain.case.reopen import CaseReopened, ReopenCase
from domain.command import Command
from domain.organisation.close_unit import CloseUnit
from domain.organisation.merge_unit import MergeUnit
from tests.support.organisation import founded, order
from tests.support.scenario import (
    AGENT,
    DISPATCHER,
    HANDLER,
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
    HANDLING,
    PLANNED,
    REPLIED,
    called_back,
    happened,
)

REFERRED = CaseReferredOut(body="legal_help", reason="customer_consents")


def failed(reason: str = "no_answer") -> CaseFact:
    return happened("callback", OTHER_AGENT, CallbackFailed(attempts=3, reason=reason))


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
        "dispatched",
        "bailu-east",
        None,
    )
    assert (case.callback_outcome, case.callback_attempts, case.satisfaction) == (
        None,
        0,
        None,
    )
    assert (case.reopenings, case.rehandlings) == (1, 1)


@pytest.mark.parametrize("profile", ["sgcc-2022", "hotline-12345"])
def test_the_unit_accepts_again_what_it_handles_again(profile: str) -> None:
    start = given(*CALLBACK, called_back("dissatisfied")).under(policy(profile))
    asked = again()
    stage, said = start.when(asked).decide()
    reopened = [happened(stage or "", AGENT, f) for f in said if isinstance(f, CaseFact)]
    start = given(*start.facts, *reopened).under(policy(profile))
    case = start.when(by(HANDLER, AcceptCase)).then_stage("handling")
    assert (case.holder_unit, case.holder_person) == ("bailu-east", "ran")


def test_not_solved_is_reason_enough_to_handle_it_again() -> None:
    facts = (*CALLBACK, called_back("satisfied", solved=False))
    given(*facts).when(again()).then_stage("dispatched")


def test_nothing_is_handled_again_unless_the_customer_says_so() -> None:
    for outcome in ((), (called_back(),), (called_back("neutral"),), (failed(),)):
        given(*CALLBACK, *outcome).when(again()).then_refused("not_dissatisfied")


def test_it_is_handled_again_once_before_it_must_be_closed() -> None:
    reopened = happened(
        "dispatched",
        AGENT,
        CaseReopened(
            from_stage="callback",
            to_unit="bailu-east",
            rehandling=True,
            reason="dissatisfied",
        ),
    )
    dissatisfied = called_back("very_dissatisfied", solved=False)
    facts = (
        *CALLBACK,
        dissatisfied,
        reopened,
        ACCEPTED,
        REPLIED,
        APPROVED,
        PLANNED,
        dissatisfied,
    )
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
    assert start.when(again()).then_stage("dispatched").holder_unit == "bailu-repair"


def test_when_nobody_is_left_who_replied_it_stays_with_the_centre() -> None:
    facts = (*CALLBACK, called_back("dissatisfied"))
    ended = order(CloseUnit, unit="bailu-east")
    start = given(*facts).within(founded(ended))
    assert start.when(again()).then_stage("dispatched").holder_unit == "95598"
