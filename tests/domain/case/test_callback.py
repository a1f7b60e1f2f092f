"""The customer is called back by somebody who had no hand in it, as often as it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

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
from tests.support.scenario import (
    AGENT,
    OTHER_AGENT,
    by,
    given,
    later,
    policy,
)
from tests.support.story import (
    ACCEPTED,
    APPROVED,
    CALLBACK,
    DISPATCHED,
    REPLIED,
    REVIEW,
    called_back,
    happened,
    received,
)


def attempted(count: int, result: str = "no_answer", *, reached: bool = False) -> CaseFact:
    fact = CallbackAttempted(attempt=count, result=result, reached=reached)
    return happened("callback", OTHER_AGENT, fact)


def failed(reason: str = "no_answer") -> CaseFact:
    return happened("callback", OTHER_AGENT, CallbackFailed(attempts=3, reason=reason))


def reviewed(*receipt: CaseFact) -> tuple[CaseFact, ...]:
    """As far as a passed review, after another receipt."""
    return (*receipt, DISPATCHED, ACCEPTED, REPLIED, APPROVED)


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
        .when(by(OTHER_AGENT, AttemptCallback, at=later(hours=2), result="switched_off"))
        .then(CallbackAttempted(attempt=2, result="switched_off", reached=False))
    )
    assert (case.callback_attempts, case.callback_outcome) == (2, None)


def test_two_attempts_are_some_time_apart() -> None:
    start = given(*CALLBACK, attempted(1))
    soon = by(OTHER_AGENT, AttemptCallback, at=later(hours=1, minutes=59), result="reached")
    refused = start.when(soon).then_refused("attempt_too_soon")
    assert refused.because == {"since": "2026-03-02T12:00:00+08:00"}


@pytest.mark.parametrize("profile", ["sgcc-2022", "hotline-12345"])
def test_nobody_is_called_in_the_quiet_hours(profile: str) -> None:
    """MONDAY is ten in the morning there: 21:00 is eleven hours later."""
    start = given(*CALLBACK).under(policy(profile))
    hours = {10.9: True, 11: False, 20: False, 21.9: False, 22: True}
    for after, allowed in hours.items():
        asked = by(OTHER_AGENT, AttemptCallback, at=later(hours=after), result="no_answer")
        if allowed:
            start.when(asked).then_stage("callback")
        else:
            start.when(asked).then_refused("quiet_hours")


def test_there_are_no_more_attempts_than_the_policy_has() -> None:
    start = given(*CALLBACK, attempted(1), attempted(2), attempted(3))
    asked = by(OTHER_AGENT, AttemptCallback, at=later(days=1), result="no_answer")
    start.when(asked).then_refused("attempts_used")


def test_a_new_callback_has_all_its_attempts() -> None:
    planned = happened(
        "callback",
        AGENT,
        CallbackPlanned(planned_for=later(days=2), from_unit="95598", to_unit="95598"),
    )
    start = given(*CALLBACK, attempted(1), attempted(2), attempted(3), planned)
    start.when(by(OTHER_AGENT, AttemptCallback, result="no_answer")).then_stage("callback")


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
