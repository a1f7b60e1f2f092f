"""突增 Surge: many more than there usually are at that hour (B21, B81)."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.policy.alert_rows import AlertRule
from domain.signals.windows import Counts, Found, hopping, most

WEEK = timedelta(days=7)


def surge(counts: Counts, at: datetime, rule: AlertRule) -> Found | None:
    """The fullest of the rule's windows round a moment that are enough; None: none is.

    Enough is ``times``, and ``factor`` times what is usual: the mean of the same window in
    each of the ``weeks`` weeks before. Of cases by unit and category, or by topic.
    """
    window, hop = span(rule.window.seconds), span((rule.hop or rule.window).seconds)
    found = [
        compared(counts, since, until, rule) for since, until in hopping(at, window, hop)
    ]
    return most(
        each for each in found if each.n >= max(rule.times, rule.factor * (each.usual or 0))
    )


def compared(counts: Counts, since: datetime, until: datetime, rule: AlertRule) -> Found:
    """How many there were, and how many there usually are."""
    before = [
        counts.within(since - n * WEEK, until - n * WEEK) for n in range(1, rule.weeks + 1)
    ]
    usual = sum(before) / len(before) if before else 0.0
    return Found(counts.within(since, until), since, until, usual)


def span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
