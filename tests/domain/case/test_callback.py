"""The customer is called back by somebody who had no hand in it, as often as it takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

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
from domain.case.reopen import CaseReopened
from domain.case.reply import ReplySubmitted
from domain.command import Command
from domain.organisation.merge_unit import MergeUnit
from domain.refused import Refused
from tests.support.organisation import founded, order
from tests.support.scenario import (
    AGENT,
    MONDAY,
    OTHER_AGENT,
    by,
    given,
    later,
    policy,
    text,
)
from tests.support.story import (
    ACCEPTED,
    APPROVED,
    CALLBACK,
    DISPATCHED,
    PLANNED,
    RECEIPT,
    REPLIED,
    REVIEW,
    called_back,
    happened,
    received,
)


def attempted(
    count: int, result: str = "no_answer", *, reached: bool = False, at: datetime = MONDAY
) -> CaseFact:
    fact = CallbackAttempted(attempt=count, result=result, reached=reached)
    return happened("callback", OTHER_AGENT, fact).stamped(occurred_at=at)


REHANDLED = happened(
    "dispatched",
    AGENT,
    CaseReopened(
        from_stage="callback", to_unit="bailu-east", rehandling=True, reason="dissatisfied"
    ),
)


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


@pytest.mark.parametrize("hours", [11, 20, 21.5])
def test_no_callback_is_planned_for_the_quiet_hours(hours: float) -> None:
    """MONDAY is ten in the morning there: quiet from 21:00 to 08:00."""
    asked = by(AGENT, PlanCallback, planned_for=later(hours=hours))
    given(*REVIEW).when(asked).then_refused("quiet_hours")
    at_eight = by(AGENT, PlanCallback, planned_for=later(hours=22))
    given(*REVIEW).when(at_eight).then_stage("callback")


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


def test_the_last_attempt_is_in_another_half_day_than_all_before_it() -> None:
    """Ten and twelve o'clock are two half-days, twelve and four are one."""
    noon = attempted(2, at=later(hours=2))
    spread = given(*CALLBACK, attempted(1), noon)
    third = by(OTHER_AGENT, AttemptCallback, at=later(hours=6), result="no_answer")
    spread.when(third).then_stage("callback")
    both = (attempted(1, at=later(hours=2)), attempted(2, at=later(hours=4)))
    refused = given(*CALLBACK, *both).when(third).then_refused("same_half_day")
    assert refused.because == {"since": "2026-03-03T00:00:00+08:00"}
    next_day = by(OTHER_AGENT, AttemptCallback, at=later(days=1), result="no_answer")
    given(*CALLBACK, *both).when(next_day).then_stage("callback")


def test_in_the_morning_it_can_be_tried_again_from_noon_on() -> None:
    early = (attempted(1, at=later(days=1, hours=-2)), attempted(2, at=later(days=1)))
    hurried = policy()
    quick = replace(hurried, callback=replace(hurried.callback, gap=timedelta(0)))
    third = by(OTHER_AGENT, AttemptCallback, at=later(days=1, hours=1), result="no_answer")
    start = given(*CALLBACK, *early).under(quick)
    refused = start.when(third).then_refused("same_half_day")
    assert refused.because == {"since": "2026-03-03T12:00:00+08:00"}


def test_only_the_last_attempt_has_to_be_in_another_half_day() -> None:
    start = given(*CALLBACK, attempted(1, at=later(hours=2)))
    second = by(OTHER_AGENT, AttemptCallback, at=later(hours=4), result="no_answer")
    start.when(second).then_stage("callback")


def test_spreading_attempts_is_a_rule_of_the_policy() -> None:
    rules = policy()
    lax = replace(rules, callback=replace(rules.callback, spread_half_days=False))
    both = (attempted(1, at=later(hours=2)), attempted(2, at=later(hours=4)))
    third = by(OTHER_AGENT, AttemptCallback, at=later(hours=6), result="no_answer")
    given(*CALLBACK, *both).under(lax).when(third).then_stage("callback")


@pytest.mark.parametrize("profile", ["sgcc-2022", "hotline-12345"])
@settings(deadline=None)
@given_any(st.lists(st.integers(0, 72 * 60), min_size=1, max_size=12))
def test_whenever_it_is_tried_the_attempts_keep_the_rules(
    profile: str, minutes: list[int]
) -> None:
    """Whoever tries at any moments: what was let through is within the law."""
    rules = policy(profile)
    facts: tuple[CaseFact, ...] = CALLBACK
    made: list[datetime] = []
    for minute in sorted(minutes):
        at = later(minutes=minute)
        asked = by(OTHER_AGENT, AttemptCallback, at=at, result="no_answer")
        try:
            given(*facts).under(rules).when(asked).decide()
        except Refused:
            continue
        made.append(at)
        facts = (*facts, attempted(len(made), at=at))
    local = [rules.local(at) for at in made]
    assert len(made) <= rules.callback.attempts_max
    assert all(b - a >= rules.callback.gap for a, b in pairwise(made))
    assert all(8 <= at.hour < 21 for at in local)
    halves = {(at.date(), at.hour < 12) for at in local}
    assert len(made) < rules.callback.attempts_max or len(halves) > 1


def test_the_customer_says_whether_it_is_solved() -> None:
    case = (
        given(*CALLBACK, attempted(1))
        .when(by(OTHER_AGENT, CompleteCallback, satisfaction="neutral", solved=True))
        .then(CallbackCompleted(attempts=2, satisfaction="neutral", solved=True, nth=1))
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


@pytest.mark.parametrize(
    ("satisfaction", "solved", "dissatisfied"),
    [
        ("satisfied", True, False),
        ("neutral", True, False),
        ("dissatisfied", True, True),
        ("satisfied", False, True),
    ],
)
def test_who_is_not_content_is_owed_another_handling_once(
    satisfaction: str, solved: bool, dissatisfied: bool
) -> None:
    said: dict[str, Any] = {"satisfaction": satisfaction, "solved": solved}
    asked = by(OTHER_AGENT, CompleteCallback, **said)
    told = CallbackCompleted(
        attempts=1, **said, dissatisfied=dissatisfied, rehandle=dissatisfied
    )
    given(*CALLBACK).when(asked).then(told)
    again = (*CALLBACK, called_back("dissatisfied", solved=False), REHANDLED)
    second = (*again, *CALLBACK[3:])
    given(*second).when(asked).then(replace(told, rehandle=False, nth=2))


# Who calls: another unit than the one that replied


def calls(unit: str) -> list[Command]:
    """Everything that somebody of a unit, with no hand in it, may do about a callback."""
    somebody = replace(OTHER_AGENT, unit=unit)
    return [
        by(somebody, AttemptCallback, result="reached"),
        by(somebody, CompleteCallback, satisfaction="neutral", solved=True),
        by(somebody, FailCallback, reason="refused"),
    ]


def test_the_unit_that_replied_does_not_call_back() -> None:
    for asked in calls("bailu-east"):
        given(*CALLBACK).when(asked).then_refused("not_independent_unit")
    planned = by(replace(AGENT, unit="bailu-east"), PlanCallback, planned_for=later(days=1))
    given(*REVIEW).when(planned).then_refused("not_independent_unit")


def test_nor_does_what_it_was_merged_into() -> None:
    merged = founded(order(MergeUnit, unit="bailu-east", into="xishi-town"))
    for asked in calls("xishi-town"):
        given(*CALLBACK).when(asked).then_stage("callback")
        given(*CALLBACK).within(merged).when(asked).then_refused("not_independent_unit")


def test_the_centre_calls_back_even_about_what_it_replied_itself() -> None:
    """Callbacks are made there: only who had a hand in it must not call."""
    at_home = happened("handling", AGENT, CaseAccepted(unit="95598", person="dan"))
    reply = ReplySubmitted(
        unit="95598",
        person="dan",
        cause=text("…"),
        measures=text("…"),
        answer=text("…"),
        responsibility="company",
    )
    facts = (*RECEIPT, at_home, happened("replied", AGENT, reply), APPROVED, PLANNED)
    for asked in calls("95598"):
        given(*facts).when(asked).then_stage("callback")
        own = replace(asked, actor=AGENT)
        given(*facts).when(own).then_refused("not_independent")
