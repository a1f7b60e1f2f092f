"""The calendar answers as somebody would who walks through it minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.promise.calendar import Calendar
from domain.promise.sums import worked
from domain.refused import Refused
from tests.domain.promise.shapes import REACH, calendars, moments, pauses
from tests.domain.promise.slow_calendar import SlowCalendar

pytestmark = pytest.mark.usefixtures("uncounted")

walked = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def both(drawn: tuple[dict[str, Any], Any]) -> tuple[Calendar, SlowCalendar]:
    document, middle = drawn
    slow = SlowCalendar(document, middle - REACH, middle + REACH)
    return Calendar.from_document(document), slow


def said(answer: Any) -> Any:
    """None where it is refused, as the walk has it where it comes to an end."""
    try:
        return answer()
    except Refused as no:
        if no.code != "calendar_no_time":
            raise
        return None


@walked
@given(calendars(), st.data())
def test_a_moment_is_in_a_window_or_not(drawn: Any, data: st.DataObject) -> None:
    calendar, slow = both(drawn)
    at = data.draw(moments(drawn[1]))
    assert calendar.is_working(at) == (at in slow.minutes)


@walked
@given(calendars(), st.data())
def test_elapsed_counts_every_minute_once(drawn: Any, data: st.DataObject) -> None:
    calendar, slow = both(drawn)
    start, end = data.draw(moments(drawn[1])), data.draw(moments(drawn[1]))
    rests = data.draw(pauses(drawn[1]))
    assert calendar.elapsed(start, end, rests) == slow.elapsed(start, end, rests)


@walked
@given(calendars(), st.data())
def test_add_ends_where_a_walk_ends(drawn: Any, data: st.DataObject) -> None:
    calendar, slow = both(drawn)
    start, other = data.draw(moments(drawn[1])), data.draw(moments(drawn[1]))
    rests = data.draw(pauses(drawn[1]))
    # What is worked up to a moment ends on closing time, where that moment is outside.
    exactly = slow.elapsed(start, other, rests) // 60
    minutes = data.draw(st.just(exactly) | st.integers(0, 2000))
    expected = slow.add(start, minutes, rests)
    if expected is not None:
        assert calendar.add(start, 60 * minutes, rests).astimezone(UTC) == expected
        assert calendar.offset(start, 60 * minutes, rests).astimezone(UTC) == expected
        assert calendar.elapsed(start, expected, rests) == 60 * minutes


@walked
@given(calendars(), st.data())
def test_subtract_ends_where_a_walk_back_ends(drawn: Any, data: st.DataObject) -> None:
    calendar, slow = both(drawn)
    start, other = data.draw(moments(drawn[1])), data.draw(moments(drawn[1]))
    rests = data.draw(pauses(drawn[1]))
    exactly = slow.elapsed(other, start, rests) // 60
    minutes = data.draw(st.just(exactly) | st.integers(0, 2000))
    expected = slow.subtract(start, minutes, rests)
    if expected is not None:
        assert calendar.subtract(start, 60 * minutes, rests).astimezone(UTC) == expected
        if minutes:
            assert calendar.offset(start, -60 * minutes, rests).astimezone(UTC) == expected


@walked
@given(calendars(), st.integers(-6, 6), st.booleans(), st.data())
def test_working_days_are_counted_by_the_local_clock(
    drawn: Any, days: int, end_of_day: bool, data: st.DataObject
) -> None:
    calendar, slow = both(drawn)
    start = data.draw(moments(drawn[1], days=2))
    expected = slow.add_working_days(start, days, end_of_day)
    if expected is not None:
        reached = calendar.add_working_days(start, days, end_of_day)
        assert reached.astimezone(UTC) == expected.astimezone(UTC)


@walked
@given(calendars(), st.data())
def test_seconds_add_up(drawn: Any, data: st.DataObject) -> None:
    """Between the minutes: what is added in two goes is what is added at once, and its sum
    in lines is the same."""
    calendar, _ = both(drawn)
    start, rests = data.draw(moments(drawn[1])), data.draw(pauses(drawn[1]))
    first = data.draw(st.integers(1, 40_000))
    second = data.draw(st.floats(0.001, 20_000).map(lambda s: round(s, 6)))
    reached: datetime | None = said(lambda: calendar.add(start, first, rests))
    if reached is None:
        return
    assert calendar.elapsed(start, reached, rests) == first
    whole = round(first + second, 6)
    due = said(lambda: calendar.add(start, whole, rests))
    assert said(lambda: calendar.add(reached, second, rests)) == due
    if due is not None:
        sum_ = worked(calendar, start, whole, rests)
        assert sum_.due == due
        assert sum_.lines[-1].total == whole
        assert round(sum(line.counted for line in sum_.lines), 6) == whole
