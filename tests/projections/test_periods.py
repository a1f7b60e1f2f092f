"""Periods: whole local days, what came right before, and the same a year ago."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.periods import BadPeriod, Period

DAYS = st.dates(date(1900, 1, 1), date(2900, 1, 1))


def period(first: str, last: str) -> Period:
    return Period.asked(first, last)


def test_days_are_those_of_the_place_the_last_included() -> None:
    since, until = period("2026-03-01", "2026-03-31").moments(timedelta(hours=8))
    assert since == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert until == datetime(2026, 3, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "before", "a_year_before"),
    [
        # A month, a quarter, a year: whole months stay whole.
        (
            ("2026-03-01", "2026-03-31"),
            ("2026-02-01", "2026-02-28"),
            ("2025-03-01", "2025-03-31"),
        ),
        (
            ("2026-01-01", "2026-03-31"),
            ("2025-10-01", "2025-12-31"),
            ("2025-01-01", "2025-03-31"),
        ),
        (
            ("2026-01-01", "2026-12-31"),
            ("2025-01-01", "2025-12-31"),
            ("2025-01-01", "2025-12-31"),
        ),
        # February of a leap year, and of the year after one.
        (
            ("2024-02-01", "2024-02-29"),
            ("2024-01-01", "2024-01-31"),
            ("2023-02-01", "2023-02-28"),
        ),
        (
            ("2025-02-01", "2025-02-28"),
            ("2025-01-01", "2025-01-31"),
            ("2024-02-01", "2024-02-29"),
        ),
        # A week and a day: as many days.
        (
            ("2026-03-02", "2026-03-08"),
            ("2026-02-23", "2026-03-01"),
            ("2025-03-02", "2025-03-08"),
        ),
        (
            ("2024-02-29", "2024-02-29"),
            ("2024-02-28", "2024-02-28"),
            ("2023-02-28", "2023-02-28"),
        ),
    ],
)
def test_what_a_period_is_compared_with(
    asked: tuple[str, str], before: tuple[str, str], a_year_before: tuple[str, str]
) -> None:
    found = period(*asked)
    assert found.before == period(*before)
    assert found.a_year_before == period(*a_year_before)


@given(first=DAYS, days=st.integers(0, 800))
def test_the_period_before_ends_where_this_one_begins(first: date, days: int) -> None:
    found = Period(first, first + timedelta(days=days))
    assert found.before.last + timedelta(days=1) == found.first
    assert found.a_year_before.last < found.last
    assert (
        found.moments(timedelta(hours=8))[0] == found.before.moments(timedelta(hours=8))[1]
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-03-02", "2026-03-01"),
        ("yesterday", "2026-03-01"),
        ("2026-02-30", "2026-03-01"),
        ("0001-01-01", "0001-01-02"),
        ("9999-01-01", "9999-12-31"),
        ("1900-01-01", "2026-01-01"),
    ],
)
def test_what_is_no_period_is_refused(first: str, last: str) -> None:
    with pytest.raises(BadPeriod):
        period(first, last)
