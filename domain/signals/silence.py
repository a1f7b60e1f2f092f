"""沉默 Silence: cases of a unit stall, and nobody of it does anything at all (S3, B43)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta

from domain.policy.alert_rows import AlertRule
from domain.signals.windows import Found, Times, most, sliding


def silence(
    stalls: Times,
    last_act: Callable[[datetime], datetime | None],
    at: datetime,
    rule: AlertRule,
) -> Found | None:
    """The most stalls less than a window apart, ``at`` among them, since the first of which
    nobody acted, where that is ``times`` at least.

    ``last_act`` tells when somebody of the unit did something about any case, at or before
    a moment; None: never, as far as is known.
    """
    window = timedelta(seconds=rule.window.seconds)
    found = []
    for row in sliding(stalls, at, window):
        acted = last_act(row[-1])
        since = row if acted is None else row[bisect_right(row, acted) :]
        if len(since) >= rule.times and since[0] <= at:
            found.append(Found(len(since), since[0], since[0] + window))
    return most(found)
