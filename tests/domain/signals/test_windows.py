"""Windows of event time: half-open, aligned to their hop in UTC, the fullest one wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.signals.windows import (
    EPOCH,
    Counts,
    Found,
    Times,
    grain,
    hopping,
    most,
    sliding,
)
from tests.domain.signals.alerting import after

HOUR, TEN, MINUTE = timedelta(hours=1), timedelta(minutes=10), timedelta(minutes=1)
MOMENTS = st.integers(-200, 200).map(after)


def test_a_moment_falls_into_as_many_windows_as_hops_fit_into_one() -> None:
    found = list(hopping(after(34), HOUR, TEN))
    assert [since for since, _ in found] == [after(n) for n in range(-20, 31, 10)]
    assert all(until - since == HOUR for since, until in found)


def test_a_window_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    first, *_, last = hopping(after(30), HOUR, TEN)
    assert (first, last) == ((after(-20), after(40)), (after(30), after(90)))
    assert list(hopping(after(30), HOUR, HOUR)) == [(after(0), after(60))]


@given(
    st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 9)),  # noqa: DTZ001
    st.integers(1, 90),
    st.integers(1, 12),
)
def test_windows_are_aligned_to_the_hop_whatever_was_seen(
    at: datetime, hop_minutes: int, hops: int
) -> None:
    hop = hop_minutes * MINUTE
    found = list(hopping(at, hops * hop, hop))
    assert len(found) == hops
    for since, until in found:
        assert since <= at < until
        assert (since - EPOCH) % hop == timedelta(0)


@given(st.lists(MOMENTS), MOMENTS, st.integers(1, 40))
def test_counts_are_those_of_whole_bins(
    moments: list[datetime], since: datetime, length: int
) -> None:
    counts = Counts(MINUTE)
    for moment in moments:
        counts.add(moment)
    until = since + length * MINUTE
    assert counts.within(since, until) == sum(since <= m < until for m in moments)


@pytest.mark.parametrize(
    ("spans", "common"),
    [
        ((HOUR, TEN), TEN),
        ((timedelta(days=7), timedelta(minutes=7)), timedelta(minutes=7)),
        ((timedelta(days=7), timedelta(minutes=11)), timedelta(minutes=1)),
        ((timedelta(seconds=1.5), timedelta(seconds=1)), timedelta(seconds=0.5)),
    ],
)
def test_the_grain_fits_into_every_span(
    spans: tuple[timedelta, ...], common: timedelta
) -> None:
    assert grain(*spans) == common


@given(st.lists(MOMENTS), MOMENTS, st.integers(1, 60))
def test_a_row_holds_what_lies_less_than_a_window_before_its_end(
    moments: list[datetime], at: datetime, length: int
) -> None:
    window = length * MINUTE
    known = sorted([*moments, at])
    rows = list(sliding(Times(known), at, window))
    ends = sorted({m for m in known if at <= m < at + window})
    assert rows == [[m for m in known if end - window < m <= end] for end in ends]
    # No choice of a window with the moment in it holds more.
    fullest = max(map(len, rows))
    for first in known:
        if first <= at < first + window:
            assert sum(first <= m < first + window for m in known) <= fullest


def test_the_last_of_some_times() -> None:
    times = Times([after(5), after(1)])
    times.add(after(3))
    assert times.last(after(0)) is None
    assert times.last(after(3)) == after(3)
    assert times.last(after(9)) == after(5)


def test_of_equal_ones_the_earliest_has_the_most() -> None:
    first, second = Found(2, after(0), after(1)), Found(2, after(1), after(2))
    assert most([first, second]) is first
    assert most([]) is None
