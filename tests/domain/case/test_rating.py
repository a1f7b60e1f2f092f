"""A customer's first rating counts; a later one is kept beside it, a paid one is apart."""

from __future__ import annotations

from dataclasses import replace

from domain.case.callback import CallbackCompleted, CompleteCallback
from domain.case.case import CaseFact
from domain.case.rating import CaseRated, RateCase
from domain.case.reopen import CaseReopened
from tests.support.scenario import AGENT, OTHER_AGENT, by, given, later, policy, text
from tests.support.story import ARCHIVE, CALLBACK, REVIEW, called_back, happened

FIRST = CaseRated(rater="customer", satisfaction="satisfied", counts=True, nth=1)


def rated(nth: int = 1, **said: object) -> CaseFact:
    fact = replace(FIRST, nth=nth, counts=nth == 1, **said)  # type: ignore[arg-type]
    return happened("reviewed", AGENT, fact)


def test_the_first_rating_counts() -> None:
    asked = by(AGENT, RateCase, satisfaction="satisfied", note=text("thanks"))
    case = given(*REVIEW).when(asked).then(replace(FIRST, note=text("thanks")))
    assert (case.stage, case.ratings) == ("reviewed", 1)


def test_a_later_one_is_a_fact_of_its_own_that_does_not_count() -> None:
    asked = by(AGENT, RateCase, satisfaction="dissatisfied", solved=False)
    second = CaseRated(
        rater="customer", satisfaction="dissatisfied", solved=False, counts=False, nth=2
    )
    given(*REVIEW, rated()).when(asked).then(second)


def test_what_was_said_in_the_callback_is_the_first_rating_and_stays() -> None:
    asked = by(AGENT, RateCase, satisfaction="very_dissatisfied", solved=False)
    second = CaseRated(
        rater="customer",
        satisfaction="very_dissatisfied",
        solved=False,
        counts=False,
        nth=2,
    )
    case = given(*CALLBACK, called_back()).when(asked).then(second)
    assert (case.satisfaction, case.solved) == ("satisfied", True)
    assert case.callback_outcome == "completed"


def test_a_callback_after_a_rating_says_that_it_is_not_the_first() -> None:
    asked = by(OTHER_AGENT, CompleteCallback, satisfaction="neutral", solved=True)
    second = CallbackCompleted(attempts=1, satisfaction="neutral", solved=True, nth=2)
    given(*CALLBACK, rated().stamped(stage="callback")).when(asked).then(second)


def test_a_rating_for_which_something_was_offered_never_counts() -> None:
    asked = by(AGENT, RateCase, satisfaction="very_satisfied", incentive="coupon")
    paid = CaseRated(
        rater="customer",
        satisfaction="very_satisfied",
        incentive="coupon",
        counts=False,
        nth=1,
    )
    given(*REVIEW).when(asked).then(paid)


def test_nor_does_the_one_after_it_the_customer_has_rated() -> None:
    paid = happened("reviewed", AGENT, replace(FIRST, incentive="gift", counts=False))
    asked = by(AGENT, RateCase, satisfaction="satisfied")
    given(*REVIEW, paid).when(asked).then(replace(FIRST, counts=False, nth=2))


def test_a_new_round_is_the_same_case_and_the_same_customer() -> None:
    reopened = CaseReopened(
        from_stage="closed", to_unit="95598", rehandling=False, reason="repeat"
    )
    again = (*ARCHIVE, happened("reviewed", AGENT, reopened))
    asked = by(AGENT, RateCase, satisfaction="satisfied")
    given(*again).when(asked).then(replace(FIRST, counts=False, nth=2))


def test_an_archived_case_is_rated_and_stays_archived() -> None:
    asked = by(AGENT, RateCase, satisfaction="neutral", rater="sms", at=later(days=9))
    case = given(*ARCHIVE).when(asked).then_stage("closed")
    assert (case.ratings, case.satisfaction) == (2, "satisfied")


def test_a_rating_wants_words_the_policy_knows() -> None:
    start = given(*REVIEW)
    odd = by(AGENT, RateCase, satisfaction="meh")
    start.when(odd).then_refused("unknown_satisfaction")
    for said in ({"rater": "pigeon"}, {"incentive": "gold"}):
        asked = by(AGENT, RateCase, satisfaction="satisfied", **said)
        start.when(asked).then_refused("unknown_reason")


def test_who_handled_the_case_does_not_take_its_rating_down() -> None:
    """What the customer keyed in themselves is theirs, whoever sends it on."""
    handler = replace(AGENT, person="ran")
    asked = by(handler, RateCase, satisfaction="very_satisfied")
    given(*REVIEW).when(asked).then_refused("not_independent")
    keyed = by(handler, RateCase, satisfaction="very_satisfied", rater="sms")
    given(*REVIEW).when(keyed).then_stage("reviewed")


def test_a_rating_is_nobodys_act() -> None:
    """The case lies idle all the same."""
    case = given(*REVIEW, rated().stamped(occurred_at=later(hours=3))).case
    assert case.acted_at == later()
    assert policy().terminal("closed")
