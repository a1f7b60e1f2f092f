"""A worked sum can be checked by hand: each window it counts, loses and gives back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.promise.calendar import Calendar
from domain.promise.reckon import given_back
from domain.promise.records import Pause
from domain.promise.sums import Line, Sum, returned_after, worked, worked_days
from tests.domain.promise.shapes import calendars, moments, pauses
from tests.domain.promise.test_calendar import at, calendar
from tests.domain.promise.test_calendar_walk import said, walked
from tests.support.calendars import OFFICE


def office(**changes: Any) -> Calendar:
    """With a lunch break, written as windows."""
    days = ("mon", "tue", "wed", "thu", "fri")
    return calendar(weekly=dict.fromkeys(days, OFFICE), **changes)


def rows(found: Sum) -> list[tuple[Any, ...]]:
    return [
        (line.date[5:], line.opens, line.closes, line.counted, line.total, line.note)
        for line in found.lines
    ]


def test_a_working_day_shows_each_of_its_windows_and_counts_once() -> None:
    found = worked_days(office(), at("10-09 15:00"), 2)
    assert rows(found) == [
        ("10-10", "09:00", "17:00", 1, 1, "special: 国庆节调休"),
        ("10-11", "", "", 0, 1, "closed: weekly"),
        ("10-12", "09:00", "12:00", 1, 2, ""),
        ("10-12", "14:00", "17:00", 0, 2, "break 12:30-14:00 taken out, same day"),
    ]


def test_a_day_off_is_explained_alike_in_both_kinds_of_sum() -> None:
    noticed = office(noticed_years=[2025], breaks={"2026-10-02": [["00:00", "24:00"]]})
    start = at("09-29 15:00")
    days, hours = worked_days(noticed, start, 1), worked(noticed, start, 3 * 3600)
    told = [
        {line.date: line.note for line in found.lines if not line.opens}
        for found in (days, hours)
    ]
    late = "; the official notice for 2026 is not out"
    assert told[0] == told[1]
    assert told[0] == {
        "2026-09-30": f"special{late}",
        "2026-10-01": f"holiday: 国庆节{late}",
        "2026-10-02": f"closed: breaks all day, weekly{late}",
        "2026-10-03": f"closed: weekly{late}",
        "2026-10-04": f"closed: weekly{late}",
    }


def test_a_pause_of_working_days_shows_what_was_lost_and_what_gives_it_back() -> None:
    rest = (at("10-14 16:00"), at("10-15 10:30"))
    found = worked_days(office(), at("10-13 15:00"), 2, pauses=[rest])
    assert found.due == at("10-16 09:30")
    assert [line.unit for line in found.lines] == ["wd"] * 4 + ["s"] * 4
    assert rows(found)[4:] == [
        ("10-14", "16:00", "17:00", 3600, 3600, "paused"),
        ("10-15", "09:00", "10:30", 5400, 9000, "paused"),
        ("10-15", "15:00", "17:00", 7200, 7200, "given back"),
        ("10-16", "09:00", "09:30", 1800, 9000, "given back"),
    ]


def test_what_is_given_back_passes_over_closed_days() -> None:
    rest = (at("10-16 10:00"), at("10-16 12:00"))
    found = worked_days(office(), at("10-15 16:00"), 1, pauses=[rest])
    assert rows(found)[2:] == [
        ("10-16", "10:00", "12:00", 7200, 7200, "paused"),
        ("10-16", "16:00", "17:00", 3600, 3600, "given back"),
        ("10-17", "", "", 0, 3600, "closed: weekly"),
        ("10-18", "", "", 0, 3600, "closed: weekly"),
        ("10-19", "09:00", "10:00", 3600, 7200, "given back"),
    ]


def test_overlaps_of_pauses_are_given_back_once_and_a_weekend_is_not() -> None:
    start = at("10-15 16:00")
    twice = [
        (at("10-16 10:00"), at("10-16 11:00")),
        (at("10-16 10:30"), at("10-16 11:00")),
    ]
    assert worked_days(office(), start, 1, pauses=twice).due == at("10-16 17:00")
    weekend = [(at("10-17 00:00"), at("10-19 00:00"))]
    plain = worked_days(office(), start, 3)
    assert worked_days(office(), start, 3, pauses=weekend) == plain


def test_a_day_that_ends_at_midnight_is_followed_by_no_line_of_the_next() -> None:
    friday = Calendar.from_document(
        {"tz": "Asia/Shanghai", "weekly": {"fri": [["20:00", "24:00"]]}}
    )
    found = worked(friday, at("10-16 12:00"), 4 * 3600)
    assert rows(found) == [("10-16", "20:00", "24:00", 14_400, 14_400, "")]


def test_a_date_that_the_zone_left_out_has_no_hours_of_its_own() -> None:
    every = [["09:00", "17:00"]]
    samoa = Calendar.from_document(
        {"tz": "Pacific/Apia", "weekly": {"thu": every, "fri": every, "sat": every}}
    )
    start = datetime.fromisoformat("2011-12-29T09:00:00-10:00")
    found = worked(samoa, start, 10 * 3600)
    assert [(line.date, line.closes) for line in found.lines] == [
        ("2011-12-29", "17:00"),
        ("2011-12-31", "11:00"),
    ]


def ends_at(line: Line, zone: ZoneInfo, near: datetime) -> bool:
    """Whether a line ends at a moment; of a repeated hour, either time round."""
    if line.closes == "24:00":
        midnight = date.fromisoformat(line.date) + timedelta(days=1)
        wall = datetime(midnight.year, midnight.month, midnight.day)  # noqa: DTZ001
    else:
        wall = datetime.fromisoformat(f"{line.date}T{line.closes}")
    moments_of_it = [
        wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)
    ]
    return near.astimezone(UTC) in moments_of_it


def agrees(found: tuple[Line, ...], zone: ZoneInfo, due: datetime) -> None:
    """Both totals are equal, each is the sum of its lines, and the last ends at ``due``."""
    lost = [line for line in found if line.note.startswith("paused")]
    back = [line for line in found if line.note.startswith("given back")]
    assert lost[-1].total == back[-1].total == found[-1].total
    assert sum(line.counted for line in lost) == lost[-1].total
    assert sum(line.counted for line in back) == back[-1].total
    assert found[-1] is back[-1]
    assert ends_at(back[-1], zone, due), (back[-1], due)


@walked
@given(calendars(), st.integers(-3, 4), st.booleans(), st.data())
def test_what_was_lost_is_given_back_window_by_window_up_to_the_due_time(
    drawn: Any, days: int, end_of_day: bool, data: st.DataObject
) -> None:
    kept = Calendar.from_document(drawn[0])
    start, rests = data.draw(moments(drawn[1], days=3)), data.draw(pauses(drawn[1]))
    found = said(lambda: worked_days(kept, start, days, end_of_day, rests))
    if found is None:
        return
    reckoned = kept.add_working_days(start, days, end_of_day)
    counted = [line for line in found.lines if line.unit == "wd"]
    returned = tuple(line for line in found.lines if line.unit == "s")
    assert sum(line.counted for line in counted) == abs(days)
    assert bool(returned) == (found.due.astimezone(UTC) != reckoned.astimezone(UTC))
    if returned:
        assert kept.elapsed(reckoned, found.due) == returned[-1].total
        agrees(returned, kept.spec.zone, found.due)


@walked
@given(calendars(), st.data())
def test_rests_after_a_grant_are_given_back_as_a_clock_gives_them_back(
    drawn: Any, data: st.DataObject
) -> None:
    kept = Calendar.from_document(drawn[0])
    granted = data.draw(moments(drawn[1], days=3))
    spans = [pair for pair in data.draw(pauses(drawn[1])) if pair[0] < pair[1]]
    rests = [Pause(since=since, until=until) for since, until in spans]
    expected = said(lambda: given_back(kept, granted, rests))
    if expected is None:
        return
    due, lines = returned_after(kept, granted, rests)
    assert due.astimezone(UTC) == expected.astimezone(UTC)
    assert bool(lines) == (due.astimezone(UTC) != granted)
    if lines:
        agrees(lines, kept.spec.zone, due)
