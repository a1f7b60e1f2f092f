"""频发 Often: the same thing so many times within a window (P13, B43, B44).

It is the repeat caller 重复来电人 (any matter of a customer), the ping-pong 推诿 between a
pair of units (any case that one of them sent back), and the stalls 停滞 of a unit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.policy.alert_rows import AlertRule
from domain.signals.windows import Found, Times, most, sliding


def often(times: Times, at: datetime, rule: AlertRule) -> Found | None:
    """The most that there were less than a window apart, with ``at`` among them, where that
    is ``times`` at least. It does not matter in which order they became known."""
    window = timedelta(seconds=rule.window.seconds)
    return most(
        Found(len(row), row[0], row[0] + window)
        for row in sliding(times, at, window)
        if len(row) >= rule.times
    )
