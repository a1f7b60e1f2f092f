"""突增 Surge: many more than there usually are at that hour (B21, B81)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.policy.alert_rows import AlertRule
from domain.signals.windows import Counts, Found, hopping, most

WEEK = timedelta(days=7)


def surge(counts: Counts, at: datetime, rule: AlertRule) -> Found | None:
    """The fullest of the rule's windows round a moment that are enough; None: none is.

    Enough is ``times``, and ``factor`` times what is usual: the mean of the same window in
    each of the ``weeks`` weeks before. Of cases by unit and category, or by topic.
    """
    return most(surges(counts, at, rule))


def surges(counts: Counts, at: datetime, rule: AlertRule) -> Iterator[Found]:
    """Every window round a moment that is enough, the earliest first."""
    window = timedelta(seconds=rule.window.seconds)
    hop = timedelta(seconds=rule.hop.seconds) if rule.hop is not None else window
    for since, until in hopping(at, window, hop):
        n = counts.within(since, until)
        if n < rule.times:
            continue  # what is usual is only asked where it matters
        usual = expected(counts, since, until, rule.weeks)
        if n >= rule.factor * usual:
            yield Found(n, since, until, usual)


def expected(counts: Counts, since: datetime, until: datetime, weeks: int) -> float:
    """How many there usually are in a window: the mean of the weeks before, 0 without."""
    before = [
        counts.within(since - n * WEEK, until - n * WEEK) for n in range(1, weeks + 1)
    ]
    return sum(before) / len(before) if before else 0.0
