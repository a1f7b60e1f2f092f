"""Leaders hear of what is returned or reopened too often, repeated, grave, or rated low."""

from __future__ import annotations

from typing import Any

import pytest

from domain.case.callback import CallbackCompleted
from domain.case.case import CaseFact
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.rating import CaseRated
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.policy.time_rows import SIGNALS
from domain.signals.detectors import DETECTORS
from tests.domain.signals.seeing import seen
from tests.support.scenario import AGENT, DISPATCHER, OTHER_AGENT, OTHER_ID, given, policy
from tests.support.story import (
    ARCHIVE,
    CALLBACK,
    DISPATCH,
    HANDLING,
    RECEIPT,
    RETURNED,
    REVIEW,
    called_back,
    happened,
)

GRAVE: dict[str, Any] = {"levels": frozenset({"major", "special"})}
REFUSED = happened(
    "dispatched",
    DISPATCHER,
    ReturnDecided(approved=False, from_unit="bailu-east", to_unit="bailu-east"),
)
TRANSFERRED = happened(
    "dispatched",
    DISPATCHER,
    CaseReassigned(from_unit="bailu-east", to_unit="bailu", reason="wrong_unit"),
)


def reopened(*, rehandling: bool = True) -> CaseFact:
    fact = CaseReopened(
        from_stage="callback",
        to_unit="bailu-east",
        rehandling=rehandling,
        reason="dissatisfied",
    )
    return happened("dispatched", AGENT, fact)


def assessed(level: str) -> CaseFact:
    return happened("received", AGENT, LevelAssessed(level=level))


def raised(from_level: str | None, level: str) -> CaseFact:
    fact = LevelRaised(from_level=from_level, level=level, reason="media")
    return happened("handling", AGENT, fact)


def said(*, dissatisfied: bool, rehandle: bool) -> CaseFact:
    fact = CallbackCompleted(
        attempts=1,
        satisfaction="dissatisfied" if dissatisfied else "satisfied",
        solved=not dissatisfied,
        dissatisfied=dissatisfied,
        rehandle=rehandle,
    )
    return happened("callback", OTHER_AGENT, fact)


def test_every_signal_that_a_rule_can_name_has_its_detector_but_the_stall() -> None:
    assert set(DETECTORS) == set(SIGNALS) - {"stall"}


# Returns and transfers


def test_returns_and_transfers_are_counted_together() -> None:
    assert seen("returns", *DISPATCH, RETURNED) == 1
    assert seen("returns", *DISPATCH, RETURNED, REFUSED, TRANSFERRED) == 2
    assert seen("returns", *DISPATCH, RETURNED, REFUSED, RETURNED, times=2) == 2


def test_what_the_centre_decides_is_not_another_return() -> None:
    assert seen("returns", *DISPATCH, RETURNED, REFUSED) is None


def test_who_asks_to_return_it_once_too_often_still_holds_it() -> None:
    """So that unit, and no other, can be made to see it through."""
    assert given(*DISPATCH, RETURNED).case.holder_unit == "bailu-east"
    assert given(*DISPATCH, TRANSFERRED).case.holder_unit == "bailu"


def test_a_new_round_counts_its_own_returns() -> None:
    facts = (*DISPATCH, RETURNED, REFUSED, RETURNED, reopened(), RETURNED)
    assert seen("returns", *facts) == 1
    assert given(*facts).case.returns == 3


# Repeat


def test_the_third_complaint_of_the_same_matter_is_noticed() -> None:
    second, third = (
        happened(
            "received",
            AGENT,
            CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number="1", times=times),
        )
        for times in (2, 3)
    )
    assert seen("repeat", *RECEIPT, second, times=3) is None
    assert seen("repeat", *RECEIPT, third, times=3) == 3


# Reopened


def test_reopening_is_counted_from_callback_and_archive_alike() -> None:
    assert seen("reopened", *CALLBACK, reopened()) == 1
    archived = (*CALLBACK, reopened(), *ARCHIVE[2:], reopened(rehandling=False))
    assert seen("reopened", *archived, times=2) == 2


# Major


@pytest.mark.parametrize("level", ["major", "special"])
def test_a_grave_case_is_noticed_when_it_is_assessed_so(level: str) -> None:
    assert seen("major", *RECEIPT, assessed(level), **GRAVE) == 1


def test_what_is_not_grave_is_not() -> None:
    assert seen("major", *RECEIPT, assessed("important"), **GRAVE) is None
    assert seen("major", *HANDLING, raised("general", "important"), **GRAVE) is None


def test_major_and_then_special_is_noticed_twice() -> None:
    general = (assessed("general"), raised("general", "major"))
    assert seen("major", *RECEIPT, *general, **GRAVE) == 1
    assert seen("major", *RECEIPT, *general, raised("major", "special"), **GRAVE) == 2


def test_straight_to_special_is_noticed_once() -> None:
    assert seen("major", *HANDLING, raised(None, "special"), **GRAVE) == 1


# Low rating


def test_the_first_time_it_is_handled_again_and_the_second_time_leaders_hear_of_it() -> (
    None
):
    first = said(dissatisfied=True, rehandle=True)
    assert seen("low_rating", *CALLBACK, first) is None
    again = (*CALLBACK, first, reopened(), *REVIEW[2:], CALLBACK[-1])
    assert seen("low_rating", *again, said(dissatisfied=True, rehandle=False)) == 2


def test_a_content_customer_is_no_signal() -> None:
    assert seen("low_rating", *CALLBACK, said(dissatisfied=False, rehandle=False)) is None
    assert seen("low_rating", *CALLBACK, called_back()) is None


def test_a_rating_outside_the_callback_is_a_figure_and_no_signal() -> None:
    fact = CaseRated(rater="customer", satisfaction="dissatisfied", counts=True, nth=1)
    assert seen("low_rating", *CALLBACK, happened("callback", AGENT, fact)) is None


# The rules that are shipped


def test_the_shipped_rules_name_only_ladders_and_levels_that_there_are() -> None:
    rules = policy()
    assert {rule.ladder for rule in rules.signals.values()} <= set(rules.ladders)
    for rule in rules.signals.values():
        assert rule.levels <= set(rules.levels)
        assert rule.stages <= set(rules.states)
