"""Whoever was made to see a case through gives it to nobody else, unless released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case.handover import AcceptHandover, OfferHandover
from domain.case.reassign import CaseReassigned, ReassignCase
from domain.case.returning import ApproveReturn, RefuseReturn, ReturnCase
from domain.command import Command
from domain.fact import Actor
from domain.policy.time_rows import Orders
from domain.promise.climb import OwnerForced
from tests.support.scenario import (
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    SUPERVISOR,
    TOWN_LEADER,
    by,
    given,
    policy,
)
from tests.support.story import DISPATCH, HANDLING, OFFER, RETURN, happened

SYSTEM = Actor(person="timekeeper", role="system")
FORCED = OwnerForced(unit="bailu-east")
IN_HANDLING = happened("handling", SYSTEM, FORCED)
ORDERS = policy().orders
BY_SUPERVISORS = replace(
    policy(), orders=replace(ORDERS, release=frozenset({"supervisor"}))
)
ELSEWHERE = {"unit": "xishi-town", "reason": "wrong_unit"}


def away() -> list[Command]:
    """Every way for a case to leave its unit while it is worked on."""
    return [
        by(HANDLER, ReturnCase, reason="wrong_area"),
        by(DISPATCHER, ReassignCase, **ELSEWHERE),
        by(COUNTY_LEADER, ReassignCase, **ELSEWHERE),
        by(HANDLER, OfferHandover, unit="xishi-town"),
    ]


@pytest.mark.parametrize("asked", away(), ids=lambda c: f"{c.ACTION} {c.actor.role}")
def test_a_forced_owner_keeps_the_case(asked: Command) -> None:
    given(*HANDLING).under(BY_SUPERVISORS).when(asked).then_stage(
        {"return": "returned", "reassign": "dispatched"}.get(asked.ACTION, "handling")
    )
    start = given(*HANDLING, IN_HANDLING).under(BY_SUPERVISORS)
    no = start.when(asked).then_refused("owner_forced")
    assert no.because == {"unit": "bailu-east"}


def test_nor_is_the_return_approved_that_was_one_too_many() -> None:
    forced = happened("returned", SYSTEM, FORCED)
    start = given(*RETURN, forced).under(BY_SUPERVISORS)
    start.when(by(DISPATCHER, ApproveReturn)).then_refused("owner_forced")
    case = start.when(by(DISPATCHER, RefuseReturn)).then_stage("dispatched")
    assert (case.holder_unit, case.forced_unit) == ("bailu-east", "bailu-east")


def test_nor_is_an_offer_accepted_that_was_made_before() -> None:
    start = given(*OFFER).under(BY_SUPERVISORS)
    start.when(by(TOWN_LEADER, AcceptHandover)).then_stage("handling")
    start = given(*OFFER, IN_HANDLING).under(BY_SUPERVISORS)
    start.when(by(TOWN_LEADER, AcceptHandover)).then_refused("owner_forced")


def test_within_the_unit_the_case_may_change_hands() -> None:
    start = given(*HANDLING, IN_HANDLING).under(BY_SUPERVISORS)
    start.when(by(HANDLER, OfferHandover, unit="bailu-east", person="qu")).then_stage(
        "handling"
    )


def test_who_may_release_it_sends_it_elsewhere_and_nobody_is_forced_then() -> None:
    start = given(*HANDLING, IN_HANDLING).under(BY_SUPERVISORS)
    case = start.when(by(SUPERVISOR, ReassignCase, **ELSEWHERE)).then(
        CaseReassigned(
            from_unit="bailu-east",
            to_unit="xishi-town",
            reason="wrong_unit",
            layers=4,
        )
    )
    assert case.forced_unit is None


def test_the_rules_say_who_may_release_it() -> None:
    nobody = replace(policy(), orders=replace(ORDERS, release=frozenset()))
    for rules in (nobody, replace(policy(), orders=Orders())):
        start = given(*DISPATCH, happened("dispatched", SYSTEM, FORCED)).under(rules)
        start.when(by(SUPERVISOR, ReassignCase, **ELSEWHERE)).then_refused("owner_forced")
