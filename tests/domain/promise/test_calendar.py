"""Working time, rule by rule: what a person would say of a calendar on paper."""

from __future__ import annotations

import math
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.promise.calendar import ALWAYS, IRREGULAR, Calendar
from domain.promise.calendar_year import lay_out
from domain.refused import Refused

DAY = ["09:00", "17:00"]
FIVE_DAYS = ("mon", "tue", "wed", "thu", "fri")
WRITTEN: dict[str, Any] = {
    "tz": "Asia/Shanghai",
    "weekly": {day: [DAY] for day in FIVE_DAYS},
    "holidays": ["2026-10-01"],
    "recurring_holidays": ["01-01", "02-29"],
    "special_days": {"2026-10-10": [DAY], "2026-10-01": [DAY], "2026-09-30": []},
    "breaks": {"2026-10-12": [["12:00", "13:00"], ["12:30", "14:00"]]},
    "names": {"2026-10-01": "国庆节", "2026-10-10": "国庆节调休"},
}
HOUR = 3600


def calendar(**changes: Any) -> Calendar:
    return Calendar.from_document(deepcopy(WRITTEN) | changes)


def at(text: str) -> datetime:
    """A local moment in Shanghai: ``10-09 17:00`` of 2026."""
    return datetime.fromisoformat(f"2026-{text}+08:00".replace(" ", "T"))


def in_zone(zone: str, *windows: list[str], **more: Any) -> Calendar:
    """The same windows every day of the week."""
    week = {day: list(windows) for day in (*FIVE_DAYS, "sat", "sun")}
    return Calendar.from_document({"tz": zone, "weekly": week} | more)


def test_closing_time_is_outside_and_opening_time_inside() -> None:
    assert calendar().is_working(at("10-09 09:00"))
    assert not calendar().is_working(at("10-09 17:00"))


def test_a_deadline_on_closing_time_stays_there() -> None:
    assert calendar().add(at("10-09 16:00"), HOUR) == at("10-09 17:00")


def test_counting_back_to_opening_time_stays_there() -> None:
    assert calendar().subtract(at("10-09 10:00"), HOUR) == at("10-09 09:00")


def test_nothing_added_is_the_next_opening() -> None:
    assert calendar().add(at("10-09 17:00"), 0) == at("10-10 09:00")
    assert calendar().add(at("10-09 16:59"), 0) == at("10-09 16:59")


def test_nothing_subtracted_is_the_previous_closing() -> None:
    assert calendar().subtract(at("10-10 08:00"), 0) == at("10-09 17:00")
    assert calendar().subtract(at("10-09 17:00"), 0) == at("10-09 17:00")
    assert calendar().subtract(at("10-09 09:00"), 0) == at("10-09 09:00")


def test_windows_that_meet_are_one() -> None:
    halves = [["09:00", "12:00"], ["12:00", "17:00"]]
    met = calendar(weekly=dict.fromkeys(FIVE_DAYS, halves))
    assert met.is_working(at("10-09 12:00"))
    assert met.add(at("10-09 11:00"), HOUR) == at("10-09 12:00")
    assert met.subtract(at("10-09 13:00"), HOUR) == at("10-09 12:00")


def test_a_holiday_beats_a_special_day_beats_the_week() -> None:
    assert not calendar().is_working(at("10-01 10:00"))
    assert calendar().is_working(at("10-10 10:00"))
    assert not calendar().is_working(at("09-30 10:00"))


def test_a_break_beats_a_window_and_breaks_may_overlap() -> None:
    monday = (at("10-12 00:00"), at("10-13 00:00"))
    assert calendar().elapsed(*monday) == 6 * HOUR
    assert calendar().day(date(2026, 10, 12)).windows == (
        ("09:00", "12:00"),
        ("14:00", "17:00"),
    )


def test_a_day_says_which_rule_it_follows() -> None:
    said = {day: calendar().day(date.fromisoformat(day)) for day in (
        "2026-10-01", "2026-10-10", "2026-10-11", "2027-01-01", "2028-02-29"
    )}  # fmt: skip
    assert [(each.working, each.source) for each in said.values()] == [
        (False, "holiday: 国庆节"),
        (True, "special: 国庆节调休"),
        (False, "weekly"),
        (False, "recurring holiday"),
        (False, "recurring holiday"),
    ]


def test_an_end_before_the_start_is_nothing() -> None:
    assert calendar().elapsed(at("10-09 17:00"), at("10-09 09:00")) == 0
    assert calendar().elapsed(at("10-09 10:00"), at("10-09 10:00")) == 0


def test_intervals_are_added_up_each_for_itself() -> None:
    morning = (at("10-09 09:00"), at("10-09 12:00"))
    backwards = (at("10-09 12:00"), at("10-09 09:00"))
    assert calendar().elapsed_sum([morning, morning, backwards]) == 6 * HOUR
    assert calendar().elapsed_sum([]) == 0


def test_pauses_are_no_working_time_and_overlaps_count_once() -> None:
    rests = [
        (at("10-09 10:00"), at("10-09 12:00")),
        (at("10-09 11:00"), at("10-09 13:00")),
        (at("10-09 16:00"), at("10-09 15:00")),  # none
    ]
    day = (at("10-09 09:00"), at("10-09 17:00"))
    assert calendar().elapsed(*day, rests) == 5 * HOUR
    assert calendar().add(at("10-09 09:00"), HOUR, rests) == at("10-09 10:00")
    assert calendar().add(at("10-09 09:00"), HOUR + 1, rests) == at("10-09 13:00:01")
    assert calendar().add(at("10-09 10:30"), 0, rests) == at("10-09 13:00")
    assert calendar().subtract(at("10-09 12:30"), 0, rests) == at("10-09 10:00")
    assert calendar().subtract(at("10-09 14:00"), HOUR, rests) == at("10-09 13:00")
    assert calendar().offset(at("10-09 14:00"), -HOUR - 1, rests) == at("10-09 09:59:59")


def test_working_days_keep_the_local_clock_and_skip_the_start_day() -> None:
    assert calendar().add_working_days(at("09-29 20:00"), 1) == at("10-02 20:00")
    assert calendar().add_working_days(at("10-11 03:00"), -1) == at("10-10 03:00")
    closing = calendar().add_working_days(at("10-09 20:00"), 2, end_of_day=True)
    assert closing == at("10-12 17:00")


def test_no_working_days_are_the_start_even_when_closed() -> None:
    sunday = at("10-11 03:00")
    assert calendar().add_working_days(sunday, 0, end_of_day=True) == sunday


def test_answers_come_in_the_zone_of_the_calendar() -> None:
    answer = calendar().add(datetime(2026, 10, 9, 1, tzinfo=UTC), HOUR)
    assert answer.isoformat() == "2026-10-09T10:00:00+08:00"


def test_parts_of_seconds_are_counted() -> None:
    half = calendar().add(at("10-09 16:59:59"), 1.5)
    assert half == at("10-10 09:00:00.500000")
    counted = calendar().elapsed(at("10-09 16:59:59"), half)
    assert counted == 1.5
    assert isinstance(calendar().elapsed(at("10-09 10:00"), at("10-09 11:00")), int)


def test_twenty_four_is_the_next_midnight() -> None:
    nights = in_zone("Asia/Shanghai", ["22:00", "24:00"], ["00:00", "06:00"])
    assert nights.add(at("10-09 23:00"), 2 * HOUR) == at("10-10 01:00")
    assert nights.add_working_days(at("10-09 23:00"), 1, end_of_day=True) == at(
        "10-11 00:00"
    )


# Daylight saving: New York loses 02:00-03:00 on 2026-03-08, repeats 01:00-02:00 on 11-01.


def test_a_day_is_as_long_as_it_really_is() -> None:
    york = in_zone("America/New_York", ["00:00", "24:00"])
    for day, hours in (("2026-03-08", 23), ("2026-11-01", 25)):
        start = datetime.fromisoformat(f"{day}T05:00:00+00:00")
        begins = york.add_working_days(start - timedelta(days=1), 1).replace(hour=0)
        ends = begins + timedelta(days=1)
        assert york.elapsed(begins, ends) == hours * HOUR


@pytest.mark.parametrize(
    ("window", "day", "hours"),
    [
        (["01:00", "04:00"], "2026-03-08", 2),
        (["02:00", "02:30"], "2026-03-08", 0.5),  # read as 03:00 to 03:30
        (["02:30", "03:00"], "2026-03-08", 0),  # it would end before it begins
        (["01:30", "02:30"], "2026-11-01", 2),  # from the first 01:30
        (["01:00", "01:30"], "2026-11-01", 0.5),  # the first time round only
    ],
)
def test_a_skipped_or_repeated_time_is_read_with_fold_0(
    window: list[str], day: str, hours: float
) -> None:
    york = in_zone("America/New_York", window)
    noon = datetime.fromisoformat(f"{day}T17:00:00+00:00")
    span = (noon - timedelta(hours=13), noon + timedelta(hours=10))
    assert york.elapsed(*span) == hours * HOUR
    assert york.day(noon.date()).working == bool(hours)


def test_working_days_land_on_a_skipped_hour_with_fold_0() -> None:
    york = in_zone("America/New_York", ["09:00", "17:00"])
    start = datetime.fromisoformat("2026-03-07T02:30:00-05:00")
    assert york.add_working_days(start, 1).isoformat() == "2026-03-08T03:30:00-04:00"


def test_a_date_that_a_zone_left_out_lies_on_the_next_with_fold_0() -> None:
    """Samoa went from Thursday 29 to Saturday 31 December 2011."""
    fridays = Calendar.from_document({"tz": "Pacific/Apia", "weekly": {"fri": [DAY]}})
    thursday = datetime.fromisoformat("2011-12-29T12:00:00-10:00")
    saturday = datetime.fromisoformat("2011-12-31T09:00:00+14:00")
    assert fridays.day(date(2011, 12, 30)).working
    assert not fridays.day(date(2011, 12, 31)).working
    assert fridays.add(thursday, 0) == saturday
    assert fridays.elapsed(thursday, saturday + timedelta(days=1)) == 8 * HOUR
    assert fridays.add_working_days(thursday, 1) == saturday.replace(hour=12)
    closing = fridays.add_working_days(thursday, 1, end_of_day=True)
    assert closing == saturday.replace(hour=17) == fridays.add(thursday, 8 * HOUR)
    assert fridays.add_working_days(thursday, 2).date() == date(2012, 1, 6)


def test_a_date_left_out_and_the_one_it_lies_on_are_two_days_and_the_same_hours() -> None:
    samoa = in_zone("Pacific/Apia", DAY)
    start = datetime.fromisoformat("2011-12-29T12:00:00-10:00")
    for days in (1, 2):
        reached = samoa.add_working_days(start, days)
        assert reached.isoformat() == "2011-12-31T12:00:00+14:00"
    assert samoa.elapsed(start, start + timedelta(days=1)) == 8 * HOUR


# Far away -----------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.integers(2, 9998).filter(lambda year: year not in IRREGULAR),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]),
)
def test_a_far_year_is_like_a_near_one_that_is_laid_out(number: int, zone: str) -> None:
    far = calendar(tz=zone, holidays=["2150-01-04", "1790-12-31"])
    one, other = far._year(number), lay_out(far.spec, number)
    at_once = [other.first(other.begins), other.last(other.ends)]
    assert [one.first(one.begins), one.last(one.ends)] == at_once
    assert (one.begins, one.ends, one.total) == (other.begins, other.ends, other.total)
    middle = other.reached(other.total / 3)
    assert (one.before(middle), one.left(one.total / 2)) == (
        other.before(middle),
        other.left(other.total / 2),
    )
    new_year = date(number, 1, 1)
    assert one.days_after(new_year) == other.days_after(new_year)
    assert one.days_before(date(number, 7, 1)) == other.days_before(date(number, 7, 1))


def test_centuries_there_and_back_again() -> None:
    start = at("10-09 10:00")
    assert calendar().subtract(calendar().add(start, 5_000_000_000), 5_000_000_000) == start
    far = calendar().add_working_days(start, 1_500_000)
    assert calendar().add_working_days(far, -1_500_000) == start


def test_always_is_clock_time() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert ALWAYS.add(start, 86_400 * 400.5) == start + timedelta(days=400.5)
    assert ALWAYS.elapsed(start, start + timedelta(days=4000)) == 4000 * 86_400
    assert ALWAYS.add(start, 0) == start == ALWAYS.subtract(start, 0)


# Refusals -----------------------------------------------------------------------------


def refused(ask: Any, *said: Any) -> str:
    with pytest.raises(Refused) as no:
        ask(*said)
    assert no.value.zh
    return no.value.code


def test_seconds_below_nothing_are_refused_where_they_have_no_sign() -> None:
    start = at("10-09 10:00")
    assert refused(calendar().add, start, -1) == "calendar_negative"
    assert refused(calendar().subtract, start, -0.5) == "calendar_negative"


@pytest.mark.parametrize("seconds", [math.nan, math.inf])
def test_what_is_no_number_of_seconds_is_refused(seconds: float) -> None:
    assert refused(calendar().add, at("10-09 10:00"), seconds) == "calendar_not_finite"


@pytest.mark.parametrize("seconds", [1e300, 10**400, 10**12])
def test_what_leads_beyond_the_calendar_is_refused(seconds: float) -> None:
    beyond = {"calendar_too_long", "calendar_out_of_range"}
    assert refused(calendar().add, at("10-09 10:00"), seconds) in beyond
    assert refused(calendar().subtract, at("10-09 10:00"), seconds) in beyond


def test_a_moment_without_offset_is_refused() -> None:
    bare = datetime(2026, 10, 9)  # noqa: DTZ001
    assert refused(calendar().add, bare, 1) == "time_without_zone"
    edge = datetime(9999, 12, 31, 23, tzinfo=UTC)
    assert refused(calendar().is_working, edge) == "calendar_out_of_range"


def test_a_calendar_without_working_time_is_refused_and_does_not_hang() -> None:
    empty, start = Calendar.from_document({"tz": "UTC"}), at("10-09 10:00")
    for ask in (empty.add, empty.subtract, empty.offset):
        assert refused(ask, start, 0) == "calendar_no_time"
        assert refused(ask, start, 1) == "calendar_no_time"
    assert refused(empty.add_working_days, start, 1) == "calendar_no_time"
    assert refused(empty.add_working_days, start, -1) == "calendar_no_time"
    assert empty.elapsed(start, start + timedelta(days=9999)) == 0
    assert not empty.is_working(start)


def test_a_calendar_that_ends_gives_what_is_left_of_it_and_no_more() -> None:
    one_day = Calendar.from_document(
        {"tz": "Asia/Shanghai", "special_days": {"2026-10-10": [DAY]}}
    )
    assert one_day.add(at("10-09 10:00"), 8 * HOUR) == at("10-10 17:00")
    assert refused(one_day.add, at("10-09 10:00"), 8 * HOUR + 1) == "calendar_no_time"
    assert refused(one_day.add, at("10-10 17:00"), 0) == "calendar_no_time"
    assert refused(one_day.add_working_days, at("10-09 10:00"), 2) == "calendar_no_time"


def test_a_hundred_years_are_waited_for_and_no_longer() -> None:
    start = at("10-09 10:00")
    for day, found in (("2126-10-08", True), ("2126-10-12", False)):
        late = Calendar.from_document({"tz": "Asia/Shanghai", "special_days": {day: [DAY]}})
        if found:
            assert late.add(start, 0).date().isoformat() == day
            assert late.add_working_days(start, 1).date().isoformat() == day
        else:
            assert refused(late.add, start, 0) == "calendar_no_time"
            assert refused(late.add_working_days, start, 1) == "calendar_no_time"


def test_a_pause_that_swallows_everything_is_refused() -> None:
    start = at("10-09 10:00")
    for_good = [(start, start.replace(year=9000))]
    assert refused(calendar().add, start, 1, for_good) == "calendar_all_paused"
    before = [(start.replace(year=9), start)]
    assert refused(calendar().subtract, start, 1, before) == "calendar_all_paused"
    assert refused(calendar().offset, start, -1, before) == "calendar_all_paused"


def test_pauses_are_no_reason_where_there_was_no_time_without_them() -> None:
    one_day = Calendar.from_document(
        {"tz": "Asia/Shanghai", "special_days": {"2026-10-10": [DAY]}}
    )
    start, hour = at("10-09 10:00"), [(at("10-10 09:00"), at("10-10 10:00"))]
    assert refused(one_day.add, start, 9 * HOUR, hour) == "calendar_no_time"
    assert refused(one_day.add, start, 8 * HOUR, hour) == "calendar_all_paused"


# Years without a notice ---------------------------------------------------------------


def test_a_day_of_a_year_without_notice_says_so() -> None:
    noticed = calendar(noticed_years=[2026])
    assert noticed.day(date(2026, 10, 11)).source == "weekly"
    assert noticed.day(date(2027, 10, 11)).source == (
        "weekly; the official notice for 2027 is not out"
    )


def test_a_span_that_touches_a_year_without_notice_is_provisional() -> None:
    noticed = calendar(noticed_years=[2025, 2026])
    new_year = at("12-31 23:59")
    assert not noticed.provisional(at("10-09 10:00"), new_year)
    assert noticed.provisional(at("10-09 10:00"), new_year + timedelta(minutes=1))
    assert noticed.provisional(new_year + timedelta(minutes=1), at("10-09 10:00"))
    assert not calendar().provisional(at("10-09 10:00"), new_year.replace(year=2400))
