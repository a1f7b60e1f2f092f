"""The rules of alerts are read with care; the shipped ones say what the business asks."""

from __future__ import annotations

from typing import Any

import pytest

from api.policies import shipped
from domain.policy.alert_rows import ALERTS, AlertRule
from domain.policy.parse import Malformed, parse
from domain.policy.policy import Policy
from domain.policy.time_rows import Span
from tests.domain.policy.shaping import NAMED, changed, small

HOUR, WEEK = Span(value=1, unit="h"), Span(value=7, unit="d")
SURGE = NAMED | {
    "window": "1 h",
    "hop": "10 min",
    "weeks": 4,
    "times": 10,
    "factor": 3,
    "quiet": "4 h",
    "action": "check",
    "tells": "leader",
    "up": 1,
}
PING_PONG = NAMED | {
    "window": "7 d",
    "times": 5,
    "quiet": "7 d",
    "action": "escalate",
    "tells": "top",
}
CALLER = PING_PONG | {"action": "warn", "tells": "desk"}


def rules(**alerts: dict[str, Any]) -> dict[str, Any]:
    """The smallest policy, with these alerts."""
    return small() | {"alerts": alerts}


def test_rules_of_alerts_read_back_as_they_were_written() -> None:
    policy = Policy.from_document(parse(rules(surge=SURGE, ping_pong=PING_PONG)))
    assert policy.alerts["surge"] == AlertRule(
        zh="名",
        en="name",
        code="surge",
        window=HOUR,
        hop=Span(value=10, unit="min"),
        weeks=4,
        times=10,
        factor=3,
        quiet=Span(value=4, unit="h"),
        action="check",
        tells="leader",
        up=1,
    )
    rule = policy.alerts["ping_pong"]
    assert (rule.window, rule.hop, rule.weeks, rule.factor) == (WEEK, None, 0, 0)


def test_rules_from_before_there_were_alerts_raise_none() -> None:
    policy = Policy.from_document(parse(small()))
    assert (policy.alerts, policy.topics) == ({}, {})
    assert policy.topics_of("停电") == ()


@pytest.mark.parametrize(
    ("code", "key", "value"),
    [
        ("surge", "window", "1 wd"),
        ("surge", "window", "0 h"),
        ("surge", "window", "400 d"),
        ("surge", "window", "an hour"),
        ("surge", "quiet", "2 wd"),
        ("surge", "hop", "7 min"),
        ("surge", "hop", "2 h"),
        ("surge", "hop", "30 s"),
        ("surge", "hop", None),
        ("surge", "weeks", 0),
        ("surge", "weeks", 53),
        ("surge", "factor", 0.5),
        ("surge", "factor", None),
        ("surge", "times", 0),
        ("surge", "times", "ten"),
        ("surge", "action", "panic"),
        ("surge", "tells", "assignee"),
        ("surge", "colour", "red"),
        ("ping_pong", "hop", "1 d"),
        ("ping_pong", "factor", 2),
        ("ping_pong", "up", 1),
        ("repeat_caller", "tells", "leader"),
    ],
)
def test_what_would_never_work_is_refused_by_table_row_and_key(
    code: str, key: str, value: Any
) -> None:
    document = rules(surge=SURGE, ping_pong=PING_PONG, repeat_caller=CALLER)
    with pytest.raises(Malformed) as wrong:
        parse(changed(document, f"alerts/{code}/{key}", value))
    said = {"table": "alerts", "row": code}
    assert wrong.value.because.items() >= said.items()
    assert key in (wrong.value.because["key"], "colour")


def test_an_alert_that_nobody_looks_for_is_refused() -> None:
    with pytest.raises(Malformed, match="named one of surge"):
        parse(rules(flood=SURGE))


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_every_shipped_profile_looks_for_all_six(profile: str) -> None:
    policy = Policy.from_document(shipped()[profile])
    assert set(policy.alerts) == set(ALERTS)
    actions = {code: rule.action for code, rule in policy.alerts.items()}
    assert actions == {
        "surge": "check",
        "topic_surge": "check",
        "repeat_caller": "warn",
        "ping_pong": "escalate",
        "stall": "escalate",
        "silence": "escalate",
    }
    # An episode is never over before its window is.
    for rule in policy.alerts.values():
        assert rule.quiet.seconds >= rule.window.seconds
