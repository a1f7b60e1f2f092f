"""Alerts as the watch would raise them over the invented province."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.alert.wish import WATCH, RaiseAlert
from domain.fact import Actor
from domain.policy.policy import Policy
from tests.support.scenario import CUSTOMER, MONDAY, policy

ALERT_ID = UUID("0c5e0000-0000-4000-8000-0000000a1e27")

# What each kind of alert is about, in the stations of the county of 白鹭.
ABOUT: dict[str, dict[str, Any]] = {
    "surge": {"unit": "bailu-east", "category": "outage_restore.repair"},
    "topic_surge": {"topic": "price_rumour"},
    "repeat_caller": {"customer": CUSTOMER},
    "ping_pong": {"unit": "bailu-east", "other_unit": "xishi-town"},
    "stall": {"unit": "bailu-east"},
    "silence": {"unit": "bailu-east"},
}


def noticed(
    kind: str,
    /,
    alert_id: UUID = ALERT_ID,
    *,
    actor: Actor = WATCH,
    rules: Policy | None = None,
    **said: Any,
) -> RaiseAlert:
    """The command that an alert of this kind becomes, by its shipped rule, on Monday."""
    rule = (rules or policy()).alerts[kind]
    at = said.pop("at", MONDAY)
    body: dict[str, Any] = {
        "tells": rule.tells,
        "up": rule.up,
        "action": rule.action,
        "n": rule.times,
        "usual": 2.5 if rule.hop is not None else None,
        "since": at - timedelta(minutes=40),
        "until": at + timedelta(minutes=20),
    }
    return RaiseAlert(
        subject=alert_id,
        command_id=uuid5(alert_id, "raise"),
        actor=actor,
        at=at,
        kind=kind,
        **(body | ABOUT[kind] | said),
    )
