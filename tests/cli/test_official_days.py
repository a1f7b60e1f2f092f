"""法定节假日 The shipped calendar knows every day as the official notices have it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest

from api.calendars import calendar_document, shipped_calendar, shipped_calendars
from api.official_days import chinese_days
from domain.promise.calendar import Calendar
from domain.refused import Refused
from tests.tiers import SHARED_DATA

OFFICE = [["09:00", "12:00"], ["13:00", "17:00"]]
WRITTEN: dict[str, Any] = {
    "name": "own",
    "tz": "Asia/Shanghai",
    "official_days": "CN",
    "makeup": OFFICE,
    "weekly": {"mon": OFFICE, "fri": OFFICE},
}


def notices() -> dict[int, dict[date, tuple[bool, str]]]:
    """Of each year on file, the days its notice names: off or not, and for what."""
    found = {}
    for file in sorted((SHARED_DATA / "holidays").glob("cn_*.json")):
        told = json.loads(file.read_text("utf-8"))
        found[told["year"]] = {
            date.fromisoformat(day["date"]): (day["isOffDay"], day["name"])
            for day in told["days"]
        }
    return found


@pytest.mark.shared_data
def test_every_day_is_as_the_notice_of_its_year_has_it() -> None:
    calendar, found = shipped_calendar("cn-office"), notices()
    assert len(found) == 13
    named = {day: said for days in found.values() for day, said in days.items()}
    judged = 0
    for year in found:
        for n in range(366):
            day = date(year, 1, 1) + timedelta(days=n)
            # The last days of a year may be moved by the notice of the next.
            of_next = (day.month, day.day) >= (12, 28) and year + 1 not in found
            if day.year != year or (of_next and day not in named):
                continue
            off, _ = named.get(day, (day.weekday() > 4, ""))
            assert calendar.day(day).working is not off, day
            judged += 1
    for day, (off, _) in named.items():
        told = calendar.day(day)
        assert told.working is not off, day
        weekend = day.weekday() > 4
        if off is not weekend:  # else the week says so already
            assert told.source.startswith("holiday: " if off else "special: "), day
    assert judged > 4_700
    assert len(named) > 440


def test_the_shipped_days_are_those_of_their_version() -> None:
    """A later library, or a correction, gives other days: then raise `version` in the
    calendar's file, and write the new digest here."""
    document = shipped_calendars()["cn-office"]
    days = json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
    assert (document["version"], sha256(days).hexdigest()[:16]) == (1, "bee68ecd8bfc9383")


def test_years_without_a_notice_are_not_claimed() -> None:
    noticed = shipped_calendars()["cn-office"]["noticed_years"]
    assert noticed == list(chinese_days().years)
    assert 2004 in noticed
    assert 2099 not in noticed


def test_the_published_document_needs_no_library() -> None:
    for document in shipped_calendars().values():
        assert not {"official_days", "makeup", "corrections"} & set(document)
        assert json.loads(json.dumps(document)) == document
        Calendar.from_document(document)


def test_make_up_days_have_the_windows_written_for_them() -> None:
    own = Calendar.from_document(calendar_document(WRITTEN))
    sunday = own.day(date(2024, 2, 4))
    assert sunday.windows == (("09:00", "12:00"), ("13:00", "17:00"))
    assert sunday.source == "special: 春节调休上班"


def test_a_correction_wins_over_the_library() -> None:
    rows = {
        "2026-10-01": {"working": True, "name": "国庆节"},
        "2026-10-12": {"working": False, "name": "台风停工"},
    }
    own = Calendar.from_document(calendar_document(WRITTEN | {"corrections": rows}))
    assert own.day(date(2026, 10, 1)).source == "special: 国庆节调休上班"
    assert own.day(date(2026, 10, 1)).working
    assert own.day(date(2026, 10, 12)).source == "holiday: 台风停工"
    assert own.day(date(2026, 10, 2)).source == "holiday: 国庆节"


def test_the_day_that_the_library_lacks_is_corrected() -> None:
    """2005-12-31 was worked for 2006-01-03."""
    assert shipped_calendar("cn-office").day(date(2005, 12, 31)).working
    assert not shipped_calendar("cn-office").day(date(2006, 1, 3)).working


def test_days_of_ones_own_stand_beside_the_official_ones() -> None:
    more = {
        "holidays": ["2026-03-09"],
        "special_days": {"2026-03-08": [["09:00", "10:00"]]},
        "names": {"2026-03-09": "局庆"},
        "noticed_years": [2027],
    }
    own = Calendar.from_document(calendar_document(WRITTEN | more))
    assert own.day(date(2026, 3, 9)).source == "holiday: 局庆"
    assert own.day(date(2026, 3, 8)).windows == (("09:00", "10:00"),)
    assert own.day(date(2026, 10, 1)).source == "holiday: 国庆节"
    assert own.spec.noticed is not None
    assert {2026, 2027} <= own.spec.noticed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"official_days": "DE"}, "official_days"),
        ({"makeup": []}, "makeup"),
        ({"corrections": {"2026-10-01": {"working": "yes", "name": "x"}}}, "corrections"),
        ({"corrections": {"2026-10-01": True}}, "corrections"),
        ({"corrections": {"10-01": {"working": False, "name": "x"}}}, "holidays"),
        ({"official_days": None, "corrections": {"2026-10-01": {}}}, "corrections"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as no:
        Calendar.from_document(calendar_document(WRITTEN | changes))
    assert no.value.code == "calendar_malformed"
    assert str(no.value.because["field"]).partition(".")[0] == field
