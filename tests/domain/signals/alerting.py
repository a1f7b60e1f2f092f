"""Rules of alerts that are not those shipped, and moments to try them at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.policy.alert_rows import AlertRule
from domain.policy.time_rows import Span
from tests.support.scenario import MONDAY


def alert(
    code: str, window: str = "1 h", times: int = 3, quiet: str = "4 h", **said: Any
) -> AlertRule:
    """A rule; ``hop`` and the other spans are written as in a policy."""
    hop = said.pop("hop", None)
    said = {"action": "warn", "tells": "desk"} | said
    return AlertRule(
        zh="告警",
        en="alert",
        code=code,
        window=Span.parse(window),
        times=times,
        quiet=Span.parse(quiet),
        hop=Span.parse(hop) if hop else None,
        **said,
    )


def after(minutes: float) -> datetime:
    """So many minutes after Monday, 02:00 UTC."""
    return MONDAY + timedelta(minutes=minutes)
