"""The customer asks what has become of it: each time counts, and not two at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.case.urge import CustomerUrged, UrgeCase
from domain.policy.time_rows import Orders
from tests.support.scenario import (
    AGENT,
    by,
    given,
    later,
    policy,
    text,
)
from tests.support.story import (
    ARCHIVE,
    HANDLING,
    happened,
)

ONCE = happened("handling", AGENT, CustomerUrged(times=1))
RULES = replace(policy(), orders=Orders(urge_gap=timedelta(minutes=30)))
WITHOUT = replace(policy(), orders=Orders())


def test_every_time_that_the_customer_urges_is_counted() -> None:
    asked = by(AGENT, UrgeCase, at=later(hours=8), note=text("still dark"))
    case = (
        given(*HANDLING, ONCE)
        .when(asked)
        .then(CustomerUrged(times=2, note=text("still dark")))
    )
    assert (case.urges, case.urged_at) == (2, later(hours=8))


def test_two_urges_keep_the_gap_of_the_rules() -> None:
    start = given(*HANDLING, ONCE).under(RULES)
    no = start.when(by(AGENT, UrgeCase, at=later(minutes=29))).then_refused(
        "urged_too_soon"
    )
    assert no.because == {"since": "2026-03-02T10:30:00+08:00"}
    start.when(by(AGENT, UrgeCase, at=later(minutes=30))).then(CustomerUrged(times=2))


def test_the_first_urge_waits_for_nothing() -> None:
    given(*HANDLING).under(RULES).when(by(AGENT, UrgeCase)).then(CustomerUrged(times=1))


def test_rules_without_a_gap_take_every_urge() -> None:
    given(*HANDLING, ONCE).under(WITHOUT).when(by(AGENT, UrgeCase)).then(
        CustomerUrged(times=2)
    )


def test_an_urge_is_no_act_of_who_holds_the_case() -> None:
    before = given(*HANDLING)
    after = before.when(by(AGENT, UrgeCase, at=later(hours=1))).then_stage("handling")
    assert after.acted_at == before.case.acted_at


def test_an_archived_case_is_reopened_not_urged() -> None:
    given(*ARCHIVE).when(by(AGENT, UrgeCase)).then_refused("no_such_move")
