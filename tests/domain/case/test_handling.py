"""While a unit works on a case: contacts, suspensions, extensions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from api.policies import shipped
from domain.case.contact import ContactCustomer, CustomerContacted
from domain.case.extension import (
    ApproveExtension,
    ExtensionApproved,
    ExtensionRefused,
    ExtensionRequested,
    RefuseExtension,
    RequestExtension,
)
from domain.case.returning import ReturnCase
from domain.case.suspension import (
    ApproveSuspension,
    EndSuspension,
    RefuseSuspension,
    RequestSuspension,
    SuspensionApproved,
    SuspensionEnded,
    SuspensionRefused,
    SuspensionRequested,
)
from domain.case.withdraw import WithdrawCase
from domain.policy.policy import Policy
from tests.support.offices import timeless
from tests.support.scenario import (
    AGENT,
    HANDLER,
    LEADER,
    SUPERVISOR,
    by,
    given,
    later,
    text,
)
from tests.support.story import (
    HANDLING,
    RECEIPT,
    SUSPENSION,
    happened,
    received,
)

REST = SuspensionRequested(reason="waiting_customer", until=later(days=2))
MORE = ExtensionRequested(reason="complex", new_due=later(days=5), customer_told=True)
REST_ASKED = happened("handling", HANDLER, REST)
MORE_ASKED = happened("handling", HANDLER, MORE)
# A leader who asks for a rest under a delegated handler's post is still the same person.
LEADER_AS_HANDLER = replace(LEADER, role="handler")

TIMELESS = Policy.from_document(timeless(shipped()["sgcc-2022"]))


# Contact


def test_a_contact_is_recorded_with_its_outcome() -> None:
    asked = by(HANDLER, ContactCustomer, means="phone", outcome="reached")
    case = (
        given(*HANDLING)
        .when(asked)
        .then(CustomerContacted(means="phone", outcome="reached", reached=True))
    )
    assert case.contacts == 1


def test_trying_in_vain_is_a_contact_that_reached_nobody() -> None:
    asked = by(HANDLER, ContactCustomer, means="visit", outcome="no_answer", note=text("-"))
    told = CustomerContacted(
        means="visit", outcome="no_answer", reached=False, note=text("-")
    )
    given(*HANDLING).when(asked).then(told)


@pytest.mark.parametrize("hidden", ["secret", "anonymous"])
def test_who_handles_a_secret_or_anonymous_case_contacts_nobody(hidden: str) -> None:
    start = given(received(**{hidden: True}), *HANDLING[2:])  # type: ignore[arg-type]
    asked = by(HANDLER, ContactCustomer, means="phone", outcome="reached")
    start.when(asked).then_refused("customer_hidden")


def test_a_contact_wants_known_means_and_a_known_outcome() -> None:
    for body in ({"means": "pigeon", "outcome": "met"}, {"means": "sms", "outcome": "?"}):
        given(*HANDLING).when(by(HANDLER, ContactCustomer, **body)).then_refused(
            "unknown_reason"
        )


# Suspension


def test_a_case_goes_on_while_its_suspension_is_asked_for() -> None:
    asked = by(HANDLER, RequestSuspension, reason="waiting_customer", until=later(days=2))
    assert given(*HANDLING).when(asked).then(REST).stage == "handling"


def test_somebody_else_approves_a_suspension() -> None:
    case = (
        given(*HANDLING, REST_ASKED)
        .when(by(LEADER, ApproveSuspension))
        .then(
            SuspensionApproved(
                requested_by="ran", reason="waiting_customer", until=later(days=2)
            )
        )
    )
    assert (case.stage, case.suspended_until) == ("suspended", later(days=2))
    assert case.suspension is None


def test_nobody_approves_their_own_suspension() -> None:
    own = happened("handling", LEADER_AS_HANDLER, REST)
    given(*HANDLING, own).when(by(LEADER, ApproveSuspension)).then_refused("own_request")


def test_a_refused_suspension_leaves_the_case_as_it_was() -> None:
    case = (
        given(*HANDLING, REST_ASKED)
        .when(by(SUPERVISOR, RefuseSuspension, note=text("no")))
        .then(
            SuspensionRefused(
                requested_by="ran", reason="waiting_customer", note=text("no")
            )
        )
    )
    assert (case.stage, case.suspension, case.suspensions) == ("handling", None, 0)


def test_a_suspension_is_answered_once_and_asked_for_once_at_a_time() -> None:
    given(*HANDLING).when(by(LEADER, ApproveSuspension)).then_refused("no_request")
    given(*HANDLING).when(by(LEADER, RefuseSuspension)).then_refused("no_request")
    again = by(HANDLER, RequestSuspension, reason="in_court", until=later(days=3))
    given(*HANDLING, REST_ASKED).when(again).then_refused("request_pending")


def test_a_suspension_ends_ahead() -> None:
    def asked(until: datetime) -> None:
        body = {"reason": "in_court", "until": until}
        given(*HANDLING).when(by(HANDLER, RequestSuspension, **body)).then_refused(code)

    code = "not_ahead"
    asked(later(days=-1))
    asked(later())
    code = "time_out_of_range"
    asked(datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))))
    code = "time_without_zone"
    asked(datetime(2026, 3, 9))  # noqa: DTZ001 - a time that a client sent without a zone
    stale = by(LEADER, ApproveSuspension, at=later(days=2))
    given(*HANDLING, REST_ASKED).when(stale).then_refused("not_ahead")


def test_a_rest_is_no_longer_than_the_policy_has_it() -> None:
    body = {"reason": "in_court", "until": later(days=60)}
    longest = by(HANDLER, RequestSuspension, **body)
    given(*HANDLING).when(longest).then_stage("handling")
    body |= {"until": later(days=60, seconds=1)}
    longer = by(HANDLER, RequestSuspension, **body)
    refused = given(*HANDLING).when(longer).then_refused("rest_too_long")
    assert refused.because == {"time": later(days=60).isoformat()}


def test_a_time_is_kept_in_utc_wherever_it_was_said() -> None:
    until = later(days=2).astimezone(timezone(timedelta(hours=8)))
    asked = by(HANDLER, RequestSuspension, reason="in_court", until=until)
    case = given(*HANDLING).when(asked).then_stage("handling")
    assert case.suspension is not None
    assert case.suspension.until.tzinfo is UTC


def test_a_suspension_wants_a_known_reason() -> None:
    asked = by(HANDLER, RequestSuspension, reason="mood", until=later(days=1))
    given(*HANDLING).when(asked).then_refused("unknown_reason")


def test_a_request_lapses_when_the_case_moves_on() -> None:
    asked = by(HANDLER, ReturnCase, reason="wrong_area")
    case = given(*HANDLING, REST_ASKED, MORE_ASKED).when(asked).then_stage("returned")
    assert (case.suspension, case.extension) == (None, None)


def test_a_suspended_case_is_taken_up_again() -> None:
    case = (
        given(*SUSPENSION)
        .when(by(HANDLER, EndSuspension))
        .then(SuspensionEnded(until=later(days=2)))
    )
    assert (case.stage, case.suspended_until) == ("handling", None)
    assert case.suspensions == 1


def test_a_suspended_case_is_not_replied_to() -> None:
    given(*SUSPENSION).when(by(HANDLER, ReturnCase, reason="wrong_area")).then_refused(
        "no_such_move"
    )


# Extension


def test_the_old_due_time_holds_while_more_time_is_asked_for() -> None:
    asked = by(
        HANDLER,
        RequestExtension,
        reason="complex",
        new_due=later(days=5),
        customer_told=True,
    )
    assert given(*HANDLING).under(TIMELESS).when(asked).then(MORE).due is None


def test_somebody_else_grants_the_extension() -> None:
    case = (
        given(*HANDLING, MORE_ASKED)
        .when(by(LEADER, ApproveExtension))
        .then(
            ExtensionApproved(requested_by="ran", reason="complex", new_due=later(days=5))
        )
    )
    assert (case.stage, case.due, case.extensions) == ("handling", later(days=5), 1)


def test_nobody_grants_their_own_extension() -> None:
    own = happened("handling", LEADER_AS_HANDLER, MORE)
    given(*HANDLING, own).when(by(LEADER, ApproveExtension)).then_refused("own_request")


def test_a_refused_extension_leaves_the_due_time() -> None:
    case = (
        given(*HANDLING, MORE_ASKED)
        .when(by(LEADER, RefuseExtension))
        .then(ExtensionRefused(requested_by="ran", reason="complex"))
    )
    assert (case.due, case.extension) == (None, None)


def test_an_extension_is_answered_once_and_asked_for_once_at_a_time() -> None:
    given(*HANDLING).when(by(LEADER, ApproveExtension)).then_refused("no_request")
    given(*HANDLING).when(by(LEADER, RefuseExtension)).then_refused("no_request")
    body = {"reason": "complex", "new_due": later(days=9), "customer_told": False}
    again = by(HANDLER, RequestExtension, **body)
    given(*HANDLING, MORE_ASKED).when(again).then_refused("request_pending")


def test_an_extension_is_later_than_what_was_granted() -> None:
    granted = happened(
        "handling",
        LEADER,
        ExtensionApproved(requested_by="ran", reason="complex", new_due=later(days=5)),
    )
    body = {"reason": "complex", "customer_told": False}
    for days, code in ((4, "not_later"), (5, "not_later"), (-1, "not_ahead")):
        asked = by(HANDLER, RequestExtension, **body, new_due=later(days=days))
        given(*HANDLING, granted).under(TIMELESS).when(asked).then_refused(code)


def test_an_extension_wants_a_known_reason_and_is_granted_in_time() -> None:
    body = {"reason": "mood", "new_due": later(days=5), "customer_told": True}
    given(*HANDLING).when(by(HANDLER, RequestExtension, **body)).then_refused(
        "unknown_reason"
    )
    late = by(LEADER, ApproveExtension, at=later(days=6))
    given(*HANDLING, MORE_ASKED).when(late).then_refused("not_ahead")


# Withdrawal


@pytest.mark.parametrize("stage", [RECEIPT, HANDLING, SUSPENSION])
def test_a_customer_may_withdraw_while_it_is_worked_on(stage: tuple[object, ...]) -> None:
    start = given(*stage)  # type: ignore[arg-type]
    case = start.when(by(AGENT, WithdrawCase, reason="solved")).then_stage("withdrawn")
    assert (case.withdrawn_for, case.withdrawn_by) == ("solved", "dan")


def test_withdrawing_wants_a_known_reason() -> None:
    asked = by(AGENT, WithdrawCase, reason="mood")
    given(*HANDLING).when(asked).then_refused("unknown_reason")
