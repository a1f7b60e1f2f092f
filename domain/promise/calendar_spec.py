"""作息表 The written calendar: read with care, so that what is wrong is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from domain.refused import Refused

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 86_400
KEYS = (
    "tz",
    "weekly",
    "holidays",
    "recurring_holidays",
    "special_days",
    "breaks",
    "names",
    "noticed_years",
)
ABOUT = ("name", "zh", "en", "version", "effective_from", "note", "source")
"""What a published document says of itself besides."""

_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH_DAY = re.compile(r"\d\d-\d\d", re.ASCII)
_LEAP_YEAR = 2000
_YEARS = range(1, 10_000)

ECHO = 60
"""So many characters of what is wrong are repeated."""

Window = tuple[int, int]
"""Opening and closing, in seconds since the local midnight; closing may be 24:00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a calendar says of its days, as written.

    ``weekly`` begins with Monday. ``noticed`` are the years whose official holidays are
    known, None when all are.
    """

    zone: ZoneInfo
    weekly: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date]
    recurring: frozenset[tuple[int, int]]
    special: Mapping[date, tuple[Window, ...]]
    breaks: Mapping[date, tuple[Window, ...]]
    names: Mapping[date, str]
    noticed: frozenset[int] | None

    def listed(self) -> Iterable[date]:
        """Every day that is named, and so differs from its weekday."""
        return (*self.holidays, *self.special, *self.breaks)


def read_spec(document: object) -> Spec:
    """The calendar that a document writes. Raises Refused("calendar_malformed"), which
    names the field and the remedy."""
    told = _mapping(document, "calendar")
    for key in told:
        if key not in KEYS and key not in ABOUT:
            raise malformed(str(key), f"nobody reads it; the keys are {', '.join(KEYS)}")
    weekly = _mapping(told.get("weekly", {}), "weekly")
    for day in weekly:
        if day not in WEEKDAYS:
            raise malformed("weekly", f"{shown(day)} is no weekday: {', '.join(WEEKDAYS)}")
    return Spec(
        zone=_zone(told),
        weekly=tuple(_windows(weekly.get(d, ()), f"weekly.{d}") for d in WEEKDAYS),
        holidays=frozenset(
            _date(each, "holidays") for each in _list(told.get("holidays", ()), "holidays")
        ),
        recurring=frozenset(
            _month_day(each)
            for each in _list(told.get("recurring_holidays", ()), "recurring_holidays")
        ),
        special=_days(told.get("special_days", {}), "special_days"),
        breaks=_days(told.get("breaks", {}), "breaks", overlap=True),
        names={
            _date(day, "names"): _text(name, f"names.{day}")
            for day, name in _mapping(told.get("names", {}), "names").items()
        },
        noticed=_noticed(told.get("noticed_years")),
    )


def malformed(field: str, reason: str) -> Refused:
    """The complaint about one field of a calendar."""
    return Refused("calendar_malformed", field=_shortened(field), reason=reason)


def shown(found: object) -> str:
    """What was written, as it is written in JSON; the beginning of it if it is long."""
    if isinstance(found, str):
        found = found[: ECHO + 1]
    text = json.dumps(found, ensure_ascii=False, default=str)
    # Half a character, which JSON can write as \ud800, cannot be printed.
    return _shortened(text.encode("utf-8", "backslashreplace").decode())


def _shortened(text: str) -> str:
    return text if len(text) <= ECHO else text[: ECHO - 1] + "…"


def _zone(told: Mapping[str, Any]) -> ZoneInfo:
    if "tz" not in told:
        raise malformed("tz", "it is missing; write one like Asia/Shanghai")
    name = _text(told["tz"], "tz")
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        # OSError: the name of a folder of zones ("Asia").
        raise malformed(
            "tz", f"{shown(name)} is no time zone; write one like Asia/Shanghai"
        ) from None


def _mapping(found: object, field: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise malformed(field, f"it must be an object, not {shown(found)}")
    return found


def _list(found: object, field: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(found, list | tuple):
        raise malformed(field, f"it must be a list, not {shown(found)}")
    return found


def _text(found: object, field: str) -> str:
    if not isinstance(found, str) or not found:
        raise malformed(field, f"it must be a text that is not empty, not {shown(found)}")
    return found


def _date(found: object, field: str) -> date:
    try:
        if isinstance(found, str) and _DATE.fullmatch(found):
            return date.fromisoformat(found)
    except ValueError:
        pass
    raise malformed(field, f"{shown(found)} is no date; write one like 2026-10-01")


def _month_day(found: object) -> tuple[int, int]:
    """02-29 is a day of every year that has it."""
    try:
        if isinstance(found, str) and _MONTH_DAY.fullmatch(found):
            day = date.fromisoformat(f"{_LEAP_YEAR}-{found}")
            return day.month, day.day
    except ValueError:
        pass
    raise malformed(
        "recurring_holidays", f"{shown(found)} is no day of the year; write one like 01-01"
    )


def _noticed(found: object) -> frozenset[int] | None:
    if found is None:
        return None
    years = _list(found, "noticed_years")
    for year in years:
        if not isinstance(year, int) or isinstance(year, bool) or year not in _YEARS:
            raise malformed("noticed_years", f"{shown(year)} is no year")
    return frozenset(years)


def _days(
    found: object, field: str, *, overlap: bool = False
) -> dict[date, tuple[Window, ...]]:
    return {
        _date(day, field): _windows(windows, f"{field}.{day}", overlap=overlap)
        for day, windows in _mapping(found, field).items()
    }


def _windows(found: object, field: str, *, overlap: bool = False) -> tuple[Window, ...]:
    """Sorted by opening. Two may meet; only breaks may overlap, since they only remove."""
    windows = sorted(_window(each, field) for each in _list(found, field))
    for (_, closed), (opens, _) in pairwise(windows):
        if opens < closed and not overlap:
            raise malformed(
                field,
                f"a window opens at {clock(opens)}, before the one before it closes at "
                f"{clock(closed)}; write them as one",
            )
    return tuple(windows)


def _window(found: object, field: str) -> Window:
    pair = _list(found, field)
    if len(pair) != 2:  # noqa: PLR2004
        raise malformed(field, f"a window is [opens, closes], not {shown(found)}")
    opens, closes = (_seconds(each, field) for each in pair)
    if closes <= opens:
        raise malformed(
            field,
            f"a window closes after it opens, not {pair[0]} to {pair[1]}; one that goes "
            "past midnight is written as two: up to 24:00, and from 00:00 of the next day",
        )
    return opens, closes


def _seconds(found: object, field: str) -> int:
    match = _CLOCK.fullmatch(found) if isinstance(found, str) else None
    if match:
        hour, minute, second = (int(part or 0) for part in match.groups())
        after_midnight = hour * 3600 + minute * 60 + second
        if minute < 60 and second < 60 and after_midnight <= MIDNIGHT:  # noqa: PLR2004
            return after_midnight
    raise malformed(
        field, f"{shown(found)} is no time of day; write it from 00:00 to 24:00"
    )


def clock(seconds: int) -> str:
    """A time of day as it is written (``09:00``, ``24:00``); seconds only if there are."""
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text
