"""Calendars, moments and pauses for property tests: also where clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.domain.promise.slow_calendar import DAYS

REACH = timedelta(days=9)
"""How many days before and after the middle the slow calendar knows."""

# Zones, and a day on which something happens there.
PLACES = [
    ("Asia/Shanghai", date(2026, 10, 1)),
    ("Asia/Shanghai", date(2024, 2, 29)),
    ("Asia/Kathmandu", date(2025, 12, 31)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Chatham", date(2026, 4, 5)),  # at a quarter to three or four
    ("Pacific/Chatham", date(2026, 9, 27)),
    ("America/Sao_Paulo", date(2018, 11, 4)),  # at midnight
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Pacific/Apia", date(2011, 12, 30)),  # left out altogether
    ("Pacific/Kiritimati", date(1994, 12, 31)),
]

TIMES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45)]
TIMES += ["00:01", "23:59", "24:00"]


@st.composite
def windows(draw: st.DrawFn, most: int = 3) -> list[list[str]]:
    """Some windows of a day; they may meet."""
    edges = sorted(draw(st.sets(st.sampled_from(TIMES), max_size=2 * most)))
    found = [list(pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    if len(found) > 1 and draw(st.booleans()):
        found[1][0] = found[0][1]
    return draw(st.permutations(found))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[dict[str, Any], date]:
    """A calendar, and the day in the middle of which it is asked about."""
    zone, middle = draw(st.sampled_from(PLACES))
    near = st.integers(-5, 5).map(lambda n: (middle + timedelta(days=n)).isoformat())
    document = {
        "tz": zone,
        "weekly": {day: draw(windows()) for day in DAYS if draw(st.integers(0, 3))},
        "holidays": draw(st.lists(near, max_size=2)),
        "recurring_holidays": [day[5:] for day in draw(st.lists(near, max_size=1))],
        "special_days": draw(st.dictionaries(near, windows(), max_size=2)),
        "breaks": draw(st.dictionaries(near, windows(2), max_size=3)),
    }
    return document, middle


def moments(middle: date, days: int = 6) -> st.SearchStrategy[datetime]:
    """Whole minutes around a day, most of them at the edges of windows."""
    noon = datetime(middle.year, middle.month, middle.day, 12, tzinfo=UTC)
    quarters = st.integers(-days * 96, days * 96).map(lambda n: timedelta(minutes=15 * n))
    minutes = st.integers(-days * 1440, days * 1440).map(lambda n: timedelta(minutes=n))
    return (quarters | minutes).map(lambda span: noon + span)


def pauses(middle: date) -> st.SearchStrategy[list[tuple[datetime, datetime]]]:
    """Spans that may overlap, meet, or end before they begin."""
    at = moments(middle)
    return st.lists(st.tuples(at, at), max_size=3)
