"""Working time counted the slow way, minute by minute: what the calendar is held against.

It shares nothing with the calendar but the written document.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Pauses = Iterable[tuple[datetime, datetime]]


class SlowCalendar:
    """Knows a list of all the working minutes of some days, and walks along it."""

    def __init__(self, document: dict[str, Any], first: date, last: date) -> None:
        self.document = document
        self.zone = ZoneInfo(document["tz"])
        self.minutes: set[datetime] = set()
        self.days: list[date] = []
        day = first
        while day <= last:
            if minutes := self.of(day):
                self.minutes |= minutes
                self.days.append(day)
            day += timedelta(days=1)

    def moment(self, day: date, text: str) -> datetime:
        if text == "24:00":
            return self.moment(day + timedelta(days=1), "00:00")
        hour, minute = map(int, text.split(":"))
        wall = datetime(
            day.year, day.month, day.day, hour, minute, tzinfo=self.zone, fold=0
        )
        return wall.astimezone(UTC)

    def walk(self, day: date, windows: Iterable[Iterable[str]]) -> set[datetime]:
        found = set()
        for opens, closes in windows:
            minute, end = self.moment(day, opens), self.moment(day, closes)
            while minute < end:
                found.add(minute)
                minute += MINUTE
        return found

    def of(self, day: date) -> set[datetime]:
        """A holiday beats a special day beats the week; a break beats a window."""
        said, iso = self.document, day.isoformat()
        if iso in said["holidays"] or iso[5:] in said["recurring_holidays"]:
            return set()
        windows = said["special_days"].get(iso)
        if windows is None:
            windows = said["weekly"].get(DAYS[day.weekday()], [])
        return self.walk(day, windows) - self.walk(day, said["breaks"].get(iso, []))

    def worked(self, pauses: Pauses) -> list[datetime]:
        left = set(self.minutes)
        for since, until in pauses:
            left = {m for m in left if not since <= m < until}
        return sorted(left)

    # The questions: minutes in and out, None when it would lead beyond the days known.

    def add(self, start: datetime, minutes: int, pauses: Pauses = ()) -> datetime | None:
        ahead = [m for m in self.worked(pauses) if m >= start]
        if len(ahead) < max(minutes, 1):
            return None
        return ahead[0] if minutes == 0 else ahead[minutes - 1] + MINUTE

    def subtract(
        self, start: datetime, minutes: int, pauses: Pauses = ()
    ) -> datetime | None:
        worked = self.worked(pauses)
        if minutes == 0 and start in worked:
            return start
        behind = [m for m in worked if m < start]
        if len(behind) < max(minutes, 1):
            return None
        return behind[-1] + MINUTE if minutes == 0 else behind[-minutes]

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> int:
        return 60 * sum(start <= m < end for m in self.worked(pauses))

    def add_working_days(
        self, start: datetime, days: int, end_of_day: bool
    ) -> datetime | None:
        local = start.astimezone(self.zone)
        if days == 0:
            return start
        if days > 0:
            found = [day for day in self.days if day > local.date()]
        else:
            found = [day for day in reversed(self.days) if day < local.date()]
        if len(found) < abs(days):
            return None
        day = found[abs(days) - 1]
        if end_of_day:
            return max(self.of(day)) + MINUTE
        return self.moment(day, f"{local:%H:%M}")
