"""Who is called back is decided when the customer is answered; anybody can check it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from domain.case.callback_choice import WHYS, CallbackDecided, choose, draw
from domain.case.case import CaseFact
from domain.case.close import CloseCase
from domain.case.final_answer import FinalAnswerGiven, GiveFinalAnswer
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.reopen import CaseReopened
from domain.case.withdraw import CaseWithdrawn, WithdrawCase
from domain.policy.policy import Policy
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    HANDLER,
    OTHER_AGENT,
    Scenario,
    by,
    given,
    policy,
    text,
)
from tests.support.story import (
    ACCEPTED,
    APPROVED,
    CALLBACK,
    CLOSED,
    DISPATCHED,
    HANDLING,
    IDENTIFIED,
    REPLIED,
    REVIEW,
    called_back,
    happened,
    received,
)

ANSWER = FinalAnswerGiven(answer=text("mended"), means="visit", on_receipt=False)
ANSWERED = happened("reviewed", HANDLER, ANSWER)
TELL = by(HANDLER, GiveFinalAnswer, answer=text("mended"), means="visit")
UNASKED = by(OTHER_AGENT, CloseCase, no_callback_reason="not_sampled")


def reviewed(*receipt: CaseFact) -> tuple[CaseFact, ...]:
    """As far as a passed review, after another receipt."""
    return (*receipt, DISPATCHED, ACCEPTED, REPLIED, APPROVED)


def asked_for(business_type: str, level: str | None = None) -> tuple[CaseFact, ...]:
    facts: tuple[CaseFact, ...] = (received(business_type), IDENTIFIED)
    if level is not None:
        facts = (*facts, happened("received", AGENT, LevelAssessed(level=level)))
    return reviewed(*facts)


def sampled(rate: float, *, always: frozenset[str] = frozenset()) -> Policy:
    """The shipped rules, with another share of fault repairs that are called back."""
    rules = policy()
    type_rule = replace(rules.types["fault_repair"], callback_rate=rate)
    return replace(
        rules,
        types=dict(rules.types) | {"fault_repair": type_rule},
        callback=replace(rules.callback, levels_always=always),
    )


def decided(start: Scenario) -> CallbackDecided:
    """What the last answer to the customer brought with it."""
    _, facts = start.when(TELL).decide()
    told, found = facts
    assert told == ANSWER
    assert isinstance(found, CallbackDecided)
    return found


def test_all_of_a_type_are_called_back() -> None:
    case = given(*REVIEW).when(TELL).then(ANSWER, CallbackDecided(due=True, why="all"))
    assert case.callback_due is True


def test_none_of_a_type_are() -> None:
    assert decided(given(*asked_for("praise"))) == CallbackDecided(due=False, why="none")


@pytest.mark.parametrize(
    ("receipt", "why"),
    [
        ((received(secret=True), IDENTIFIED), "secret"),
        ((received(anonymous=True),), "anonymous"),
        ((received(),), "no_phone"),
    ],
)
def test_whom_nobody_can_ask_is_not(receipt: tuple[CaseFact, ...], why: str) -> None:
    found = decided(given(*reviewed(*receipt)))
    assert found == CallbackDecided(due=False, why=why)


def test_a_share_of_a_sampled_type_is_drawn() -> None:
    number = draw(CASE_ID, policy().label)
    start = given(*asked_for("fault_repair"))
    drawn = decided(start.under(sampled(number + 0.1)))
    assert drawn == CallbackDecided(due=True, why="drawn", rate=number + 0.1, draw=number)
    left = decided(start.under(sampled(number)))
    assert left == CallbackDecided(due=False, why="not_drawn", rate=number, draw=number)


def test_some_levels_are_called_back_whatever_their_type() -> None:
    rules = sampled(0.0, always=frozenset({"major"}))
    always = CallbackDecided(due=True, why="level")
    for business_type in ("fault_repair", "praise"):
        assert decided(given(*asked_for(business_type, "major")).under(rules)) == always
    general = decided(given(*asked_for("fault_repair", "general")).under(rules))
    assert (general.due, general.why) == (False, "not_drawn")


def test_who_withdraws_is_not_called_back() -> None:
    case = (
        given(*HANDLING)
        .when(by(AGENT, WithdrawCase, reason="solved"))
        .then(CaseWithdrawn(reason="solved"), CallbackDecided(due=False, why="withdrawn"))
    )
    assert case.callback_due is False


def test_a_new_round_is_decided_anew() -> None:
    reopened = CaseReopened(
        from_stage="closed", to_unit="95598", rehandling=False, reason="repeat"
    )
    told = happened("reviewed", HANDLER, CallbackDecided(due=True, why="all"))
    facts = (*REVIEW, ANSWERED, told, *CALLBACK[-1:], called_back(), CLOSED)
    again = given(*facts, happened("received", AGENT, reopened)).case
    assert again.callback_due is None


# The draw


@given_any(st.uuids(), st.text(min_size=1, max_size=20))
def test_the_same_seed_draws_the_same_number(case_id: UUID, seed: str) -> None:
    number = draw(case_id, seed)
    assert 0 <= number < 1
    assert number == draw(UUID(str(case_id)), seed)
    assert number == round(number, 6), "six decimals: it can be read out and compared"


@settings(max_examples=20, deadline=None)
@given_any(st.sampled_from([0.05, 0.1, 0.3, 0.5, 0.95]), st.uuids())
def test_of_many_cases_so_many_are_drawn_as_the_rate_says(rate: float, first: UUID) -> None:
    """4,000 cases: six standard deviations are less than 0.05."""
    cases = [uuid5(first, str(n)) for n in range(4_000)]
    share = sum(draw(case_id, "sgcc-2022@3") < rate for case_id in cases) / len(cases)
    assert abs(share - rate) < 0.05


def test_a_later_version_of_the_rules_draws_another_sample() -> None:
    cases = [uuid5(CASE_ID, str(n)) for n in range(1_000)]
    one, two = ({c for c in cases if draw(c, f"sgcc-2022@{v}") < 0.3} for v in (1, 2))
    assert one - two
    assert two - one


@given_any(st.uuids())
def test_all_or_nobody_needs_no_luck(case_id: UUID) -> None:
    assert not draw(case_id, "any") < 0.0
    assert draw(case_id, "any") < 1.0


# Closing agrees with it


def test_who_was_drawn_is_not_closed_as_not_drawn() -> None:
    start = given(*asked_for("fault_repair"), ANSWERED).under(sampled(1.0))
    start.when(UNASKED).then_refused("callback_due")


def test_who_was_not_drawn_is() -> None:
    start = given(*asked_for("fault_repair"), ANSWERED).under(sampled(0.0))
    start.when(UNASKED).then_stage("closed")


def test_nor_is_a_level_that_is_always_called() -> None:
    rules = sampled(0.0, always=frozenset({"major"}))
    facts = asked_for("fault_repair", "general")
    raised = LevelRaised(from_level="general", level="major", reason="media")
    given(*facts).under(rules).when(UNASKED).then_stage("closed")
    later_on = happened("reviewed", AGENT, raised)
    given(*facts, later_on).under(rules).when(UNASKED).then_refused("callback_due")


def test_once_due_it_stays_due() -> None:
    """Whatever the type turns out to be after the customer was answered."""
    told = happened("reviewed", HANDLER, CallbackDecided(due=True, why="all"))
    facts = (*asked_for("fault_repair"), ANSWERED, told)
    given(*facts).under(sampled(0.0)).when(UNASKED).then_refused("callback_due")


def test_a_reason_that_lies_with_the_customer_still_closes_the_case() -> None:
    told = happened("reviewed", HANDLER, CallbackDecided(due=True, why="all"))
    hidden = reviewed(received(secret=True), IDENTIFIED)
    asked = by(AGENT, CloseCase, no_callback_reason="secret")
    given(*hidden, ANSWERED, told).when(asked).then_stage("closed")


def test_a_reason_that_lies_with_the_type_is_not_enough_for_another_type() -> None:
    asked = by(AGENT, CloseCase, no_callback_reason="praise")
    given(*asked_for("fault_repair")).under(sampled(0.0)).when(asked).then_refused(
        "reason_does_not_hold"
    )


@pytest.mark.parametrize("profile", ["sgcc-2022", "hotline-12345"])
def test_every_type_of_the_shipped_rules_comes_to_a_decision(profile: str) -> None:
    rules = policy(profile)
    for business_type in rules.types:
        start = given(received(business_type), IDENTIFIED).under(rules)
        found = choose(start.case, start.when(TELL).setting)
        assert found.why in WHYS
        assert found.due == (found.why in {"all", "level", "drawn"})
