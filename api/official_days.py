"""法定节假日 Official days: what the kept library knows, and corrections that win."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import chinese_calendar

from domain.promise.calendar_spec import malformed, read_spec

FIRST_YEAR = 2004
MAKE_UP = "调休上班"


@dataclass(frozen=True, slots=True)
class OfficialDays:
    """Days off and make-up working days (调休) by date, with their names, and the years
    whose notice is out."""

    off: Mapping[str, str]
    made_up: Mapping[str, str]
    years: tuple[int, ...]


def chinese_days() -> OfficialDays:
    """What the library knows: from 2004 to the last year whose notice it has."""
    years = []
    for year in count(FIRST_YEAR):
        try:
            chinese_calendar.is_holiday(date(year, 1, 1))
        except NotImplementedError:
            break
        years.append(year)
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    off: dict[str, str] = {}
    made_up: dict[str, str] = {}
    for day in chinese_calendar.get_dates(first, last):
        rests, name = chinese_calendar.get_holiday_detail(day)
        if name is not None:
            chinese = chinese_calendar.Holiday(name).chinese
            (off if rests else made_up)[day.isoformat()] = chinese
    return OfficialDays(off, made_up, tuple(years))


def corrected(days: OfficialDays, rows: Mapping[str, Any]) -> OfficialDays:
    """The days with the rows of a calendar's ``corrections`` on top: ``working`` or not,
    by date, and the ``name`` of the holiday. Raises Refused("calendar_malformed")."""
    off, made_up = dict(days.off), dict(days.made_up)
    for day, row in rows.items():
        if not (
            isinstance(row, Mapping)
            and isinstance(row.get("working"), bool)
            and isinstance(row.get("name"), str)
        ):
            raise malformed(f"corrections.{day}", "write { working = true, name = “…” }")
        off.pop(day, None)
        made_up.pop(day, None)
        (made_up if row["working"] else off)[day] = row["name"]
    return OfficialDays(off, made_up, days.years)


def with_official_days(table: Mapping[str, Any]) -> dict[str, Any]:
    """A calendar's document with the days themselves in it, instead of ``official_days``.

    Days and years of its own stay beside them. Raises Refused("calendar_malformed").
    """
    document = dict(table)
    country = document.pop("official_days", None)
    windows = document.pop("makeup", [])
    rows = document.pop("corrections", {})
    if country is None:
        if rows:
            raise malformed("corrections", "they correct official_days: name these too")
        return document
    read_spec(document)  # what is written here is sound before anything is added to it
    if not isinstance(rows, Mapping):
        raise malformed("corrections", "they must be an object, a row a date")
    if country != "CN":
        raise malformed("official_days", f"only CN is known, not {country!r}")
    if not windows:
        raise malformed("makeup", "write the windows of a make-up day")
    days = corrected(chinese_days(), rows)
    named = {day: name + MAKE_UP for day, name in days.made_up.items()}
    document["holidays"] = sorted({*document.get("holidays", ()), *days.off})
    document["special_days"] = dict.fromkeys(sorted(days.made_up), windows) | document.get(
        "special_days", {}
    )
    document["names"] = dict(sorted((dict(days.off) | named).items())) | document.get(
        "names", {}
    )
    noticed = {*days.years, *document.get("noticed_years", ())}
    document["noticed_years"] = sorted(noticed)
    return document
