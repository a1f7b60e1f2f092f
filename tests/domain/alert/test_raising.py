"""What the watch notices is on record whole, and somebody is told, in the right line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alert.raising import AlertRaised
from domain.fact import TIMEKEEPER
from domain.organisation.appoint import Appoint
from domain.organisation.merge_unit import MergeUnit
from domain.organisation.organisation import Organisation
from domain.organisation.relieve import Relieve
from domain.policy.alert_rows import ALERTS
from domain.refused import NotPermitted
from tests.domain.alert.alerts import Alerting
from tests.support.alerting import ABOUT, noticed
from tests.support.organisation import UNITS, founded, order
from tests.support.scenario import AGENT, CUSTOMER, MONDAY, SUPERVISOR, province

Told = tuple[str, str | None, str | None, str | None]


def raised(kind: str, organisation: Organisation | None = None, **said: Any) -> AlertRaised:
    (fact,) = Alerting(noticed(kind, **said), organisation).told
    assert isinstance(fact, AlertRaised)
    return fact


def told(kind: str, organisation: Organisation | None = None, **said: Any) -> Told:
    """On behalf of which unit, in which post, who, and why they."""
    fact = raised(kind, organisation, **said)
    return fact.told_unit, fact.told_post, fact.told_person, fact.fallback


def test_the_fact_says_all_that_an_auditor_asks() -> None:
    assert raised("surge") == AlertRaised(
        kind="surge",
        action="check",
        n=10,
        usual=2.5,
        since=MONDAY - timedelta(minutes=40),
        until=MONDAY + timedelta(minutes=20),
        tells="leader",
        up=1,
        unit="bailu-east",
        category="outage_restore.repair",
        told_unit="bailu",
        told_post="bailu.leader",
        told_post_unit="bailu",
        told_person="lan",
        fallback=None,
    )


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("surge", ("bailu", "bailu.leader", "lan", None)),
        ("topic_surge", ("95598", "95598.leader", "cen", None)),
        ("repeat_caller", ("95598", "95598.leader", "cen", None)),
        ("ping_pong", ("wangchuan", "wangchuan.leader", "hai", None)),
        ("stall", ("bailu", "bailu.leader", "lan", None)),
        ("silence", ("bailu", "bailu.leader", "lan", None)),
    ],
)
def test_the_shipped_rules_tell(kind: str, who: Told) -> None:
    assert told(kind) == who


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({"up": 0}, ("bailu-east", "bailu-east.leader", "qu", None)),
        ({"up": 3}, ("qinglan", "qinglan.leader", "an", None)),
        ({"tells": "top"}, ("qinglan", "qinglan.leader", "an", None)),
        ({"tells": "desk"}, ("95598", "95598.leader", "cen", None)),
        # No leader, but a deputy; nobody, but somebody above; no level so high.
        ({"unit": "liuying-town"}, ("liuying", "liuying.deputy", "pu", "deputy")),
        (
            {"unit": "changting-town"},
            ("changting", "tingsong.leader", "kang", "vacant_next_level"),
        ),
        ({"up": 9}, ("qinglan", "95598.leader", "cen", "above_the_top")),
        (
            {"unit": "of-another-house"},
            ("of-another-house", "95598.leader", "cen", "above_the_top"),
        ),
    ],
)
def test_who_is_told_is_found_as_on_the_rungs_of_a_ladder(
    said: dict[str, Any], who: Told
) -> None:
    assert told("stall", **said) == who


@pytest.mark.parametrize(
    ("units", "up", "who"),
    [
        (("bailu-east", "bailu-repair"), 1, ("bailu", "lan")),
        (("bailu-east", "bailu-repair"), 0, ("bailu", "lan")),
        (("bailu-east", "bailu-repair"), 2, ("wangchuan", "hai")),
        (("bailu-east", "xishi-town"), 1, ("wangchuan", "hai")),
        (("bailu-east", "liuying-town"), 1, ("qinglan", "an")),
        # One stands above the other: neither of them is asked to judge itself.
        (("bailu-east", "bailu"), 1, ("wangchuan", "hai")),
        (("bailu", "bailu-east"), 1, ("wangchuan", "hai")),
        # Nobody stands above the root, nor above strangers.
        (("qinglan", "bailu"), 1, ("qinglan", "cen")),
        (("bailu-east", "of-another-house"), 1, ("bailu-east", "cen")),
    ],
)
def test_of_two_units_the_nearest_above_both_is_told(
    units: tuple[str, str], up: int, who: tuple[str, str]
) -> None:
    fact = raised("ping_pong", unit=units[0], other_unit=units[1], up=up)
    assert (fact.told_unit, fact.told_person) == who
    assert (fact.fallback == "above_the_top") == (who[1] == "cen")


def test_units_that_merged_since_are_judged_by_who_stands_above_what_they_became() -> None:
    merged = founded(order(MergeUnit, unit="xishi-town", into="bailu-east"))
    who = told("ping_pong", merged)
    assert who == ("bailu", "bailu.leader", "lan", None)


def test_the_leader_as_of_the_alert_is_told_and_not_todays() -> None:
    later = MONDAY + timedelta(days=1)
    moved = founded(
        order(Relieve, later, person="lan", post="bailu.leader"),
        order(Appoint, later, person="sang", post="bailu.leader"),
    )
    assert told("surge", moved)[2] == "lan"
    assert told("surge", moved, at=later + timedelta(days=1))[2] == "sang"


def test_where_nobody_is_left_to_tell_the_fact_says_so() -> None:
    assert told("surge", Organisation.empty()) == ("bailu-east", None, None, "nobody")
    assert raised("surge", Organisation.empty()).told_post_unit is None


def test_whose_post_it_is_stands_beside_on_whose_behalf() -> None:
    fact = raised("stall", unit="changting-town")
    assert (fact.told_unit, fact.told_post_unit) == ("changting", "tingsong")


@pytest.mark.parametrize("kind", ALERTS)
def test_only_the_house_itself_raises_alerts(kind: str) -> None:
    for actor in (AGENT, SUPERVISOR):
        with pytest.raises(NotPermitted):
            Alerting(noticed(kind, actor=actor))
    assert Alerting(noticed(kind, actor=TIMEKEEPER)).alert.kind == kind


@given(
    st.sampled_from([unit for unit, *_ in UNITS]),
    st.sampled_from([unit for unit, *_ in UNITS]),
    st.sampled_from(ALERTS),
    st.sampled_from(["leader", "desk", "top"]),
    st.integers(0, 5),
)
def test_somebody_is_told_whatever_it_is_about(
    unit: str, other: str, kind: str, tells: str, up: int
) -> None:
    second = other if kind == "ping_pong" else None
    fact = raised(kind, tells=tells, up=up, unit=unit, other_unit=second)
    assert fact.told_person is not None
    assert fact.told_post is not None
    post = province().post(fact.told_post)
    assert post is not None
    assert fact.told_post_unit == post.unit
    if kind == "ping_pong" and tells == "leader" and fact.fallback is None:
        assert fact.told_unit not in {unit, other}
        scope = province().scope(fact.told_unit, MONDAY)
        assert {unit, other} <= scope


def test_an_alert_remembers_what_it_is_about() -> None:
    for kind, about in ABOUT.items():
        alert = Alerting(noticed(kind)).alert
        for name in ("unit", "other_unit"):
            assert getattr(alert, name) == about.get(name)
    assert Alerting(noticed("repeat_caller")).alert.customer == CUSTOMER
