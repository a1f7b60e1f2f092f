"""工作年 One year of a calendar, laid out in UTC: its working time, to be looked up in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from domain.promise.calendar_spec import MIDNIGHT, Spec, Window

DAY = timedelta(days=1)
NONE = timedelta(0)

Span = tuple[datetime, datetime]
"""From the first moment up to, not including, the second; both in UTC."""


@dataclass(frozen=True, slots=True)
class Year:
    """The working time between two New Year's midnights of a zone.

    ``opens`` and ``closes`` are its spans, disjoint and in order; spans that meet are one.
    ``worked[i]`` is what was worked in the year before span ``i``; the last entry is all.
    ``days`` are the dates with any working time; one that the zone leaves out may be among
    them, since its windows are read with fold=0. All of these are ``later`` than they say:
    years that are alike share them.
    """

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    worked: tuple[timedelta, ...]
    days: tuple[date, ...]
    bounds: Span
    later: timedelta = NONE

    @property
    def begins(self) -> datetime:
        return self.bounds[0] + self.later

    @property
    def ends(self) -> datetime:
        return self.bounds[1] + self.later

    @property
    def total(self) -> timedelta:
        return self.worked[-1]

    def before(self, at: datetime) -> timedelta:
        """The working time of this year before a moment."""
        n = bisect_right(self.opens, at := self._here(at))
        if n == 0:
            return NONE
        return self.worked[n - 1] + min(at, self.closes[n - 1]) - self.opens[n - 1]

    def first(self, at: datetime) -> Span | None:
        """The first span that is not over at a moment."""
        n = bisect_right(self.closes, self._here(at))
        return self._span(n) if n < len(self.opens) else None

    def last(self, at: datetime) -> Span | None:
        """The last span that began before a moment."""
        n = bisect_left(self.opens, self._here(at))
        return self._span(n - 1) if n else None

    def reached(self, worked: timedelta) -> datetime:
        """The first moment with so much working time (more than 0) of this year behind it:
        closing time, not the next opening."""
        return self._after(bisect_left(self.worked, worked) - 1, worked)

    def left(self, worked: timedelta) -> datetime:
        """The last moment with only so much (less than all) behind it: opening time, not
        the closing before."""
        return self._after(bisect_right(self.worked, worked) - 1, worked)

    def days_after(self, day: date) -> list[date]:
        """Its working days after a date, the nearest first."""
        found = self.days[bisect_right(self.days, self._day(day)) :]
        return [each + self.later for each in found]

    def days_before(self, day: date) -> list[date]:
        """Its working days before a date, the nearest first."""
        found = self.days[: bisect_left(self.days, self._day(day))]
        return [each + self.later for each in reversed(found)]

    def shifted(self, by: timedelta) -> Year:
        """A year just like it, so many whole days later."""
        return replace(self, later=self.later + by)

    def _here(self, at: datetime) -> datetime:
        """The moment in the year as it is laid out; one outside is as good as its edge."""
        return min(max(at, self.begins), self.ends) - self.later

    def _day(self, day: date) -> date:
        if not self.days:
            return day
        first, last = self.days[0] + self.later, self.days[-1] + self.later
        return min(max(day, first - DAY), last + DAY) - self.later

    def _span(self, n: int) -> Span:
        return self.opens[n] + self.later, self.closes[n] + self.later

    def _after(self, n: int, worked: timedelta) -> datetime:
        return self.opens[n] + self.later + (worked - self.worked[n])


def lay_out(spec: Spec, year: int) -> Year:
    """One year of a calendar."""
    new_year, next_year = date(year, 1, 1), date(year + 1, 1, 1)
    spans: list[Span] = []
    days: list[date] = []
    # A day whose clocks change may reach over its midnight: look at the neighbours too.
    for n in range(-1, (next_year - new_year).days + 1):
        day = new_year + n * DAY
        found = hours(spec, day)
        spans += found
        if found and new_year <= day < next_year:
            days.append(day)
    begins, ends = instant(spec, new_year, 0), instant(spec, next_year, 0)
    merged = list(clipped(union(spans), begins, ends))
    return Year(
        opens=tuple(opens for opens, _ in merged),
        closes=tuple(closes for _, closes in merged),
        worked=tuple(accumulate((c - o for o, c in merged), initial=NONE)),
        days=tuple(days),
        bounds=(begins, ends),
    )


def instant(spec: Spec, day: date, seconds: int) -> datetime:
    """The moment of a time of day in UTC; one that daylight saving skips or repeats is read
    with fold=0."""
    if seconds == MIDNIGHT:
        day, seconds = day + DAY, 0
    wall = datetime(day.year, day.month, day.day, tzinfo=spec.zone)
    return (wall + timedelta(seconds=seconds)).astimezone(UTC)


def windows(spec: Spec, day: date) -> tuple[Window, ...]:
    """The windows of a date before its breaks: a holiday beats a special day beats the
    week."""
    if day in spec.holidays or (day.month, day.day) in spec.recurring:
        return ()
    return spec.special.get(day, spec.weekly[day.weekday()])


def hours(spec: Spec, day: date) -> tuple[Span, ...]:
    """The working time of a date in UTC, without its breaks, in order. Where clocks are put
    forward, a window may come to nothing, or reach over the midnight."""
    spans = union(_in_utc(spec, day, windows(spec, day)))
    if day in spec.breaks and spans:
        spans = without(spans, union(_in_utc(spec, day, spec.breaks[day])))
    return tuple(spans)


def within_day(spec: Spec, day: date) -> tuple[Span, ...]:
    """The working time between the midnights of a date, whichever date's it is; none of a
    date that the zone leaves out."""
    spans = [span for n in (-1, 0, 1) for span in hours(spec, day + n * DAY)]
    begins, ends = instant(spec, day, 0), instant(spec, day, MIDNIGHT)
    return tuple(clipped(union(spans), begins, ends))


def _in_utc(spec: Spec, day: date, found: Iterable[Window]) -> list[Span]:
    spans = [(instant(spec, day, o), instant(spec, day, c)) for o, c in found]
    return [(opens, closes) for opens, closes in spans if opens < closes]


def union(spans: Iterable[Span]) -> list[Span]:
    """In order, with those that overlap or meet made one."""
    merged: list[Span] = []
    for opens, closes in sorted(spans):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(closes, merged[-1][1]))
        else:
            merged.append((opens, closes))
    return merged


def clipped(spans: Iterable[Span], begins: datetime, ends: datetime) -> Iterator[Span]:
    """What lies between two moments."""
    for opens, closes in spans:
        if opens < ends and closes > begins:
            yield max(opens, begins), min(closes, ends)


def without(spans: Iterable[Span], holes: list[Span]) -> list[Span]:
    """The spans less the holes; both in order and disjoint."""
    kept: list[Span] = []
    for opens, closes in spans:
        since = opens
        for hole, until in clipped(holes, opens, closes):
            if since < hole:
                kept.append((since, hole))
            since = until
        if since < closes:
            kept.append((since, closes))
    return kept


def free_after(
    at: datetime, closed: list[Span]
) -> Iterator[tuple[datetime, datetime | None]]:
    """The spans from a moment on that no pause covers, in order; the last has no end."""
    for begins, ends in closed:
        if ends > at:
            if begins > at:
                yield at, begins
            at = ends
    yield at, None


def free_before(
    at: datetime, closed: list[Span]
) -> Iterator[tuple[datetime | None, datetime]]:
    """The spans up to a moment that no pause covers, latest first; the last is open."""
    for begins, ends in reversed(closed):
        if begins < at:
            if ends < at:
                yield ends, at
            at = begins
    yield None, at
