"""工作日历 Working time: a calendar that counts it in real elapsed time, exactly."""

from __future__ import annotations

import math
from calendar import isleap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

from domain.promise.calendar_spec import WEEKDAYS, Spec, clock, read_spec
from domain.promise.calendar_year import (
    NONE,
    Span,
    Year,
    free_after,
    free_before,
    hours,
    lay_out,
    union,
    windows,
)
from domain.refused import Refused

HUNDRED_YEARS = timedelta(days=36_525)
FIRST_YEAR, LAST_YEAR = 2, 9998
"""Both neighbours of a year must be dates."""

IRREGULAR = range(1800, 2101)
"""No zone has a change of its clocks on record but in these years. Outside them, two years
that begin on the same weekday and are as long have the same working time, unless a day of
one of them is named."""

KEPT_YEARS = 200

Pauses = Iterable[tuple[datetime, datetime]]
Seconds = int | float
Walk = Callable[[datetime, timedelta, list[Span]], datetime]


@dataclass(frozen=True, slots=True)
class Day:
    """A date: whether any work is done, the windows as written less the breaks, and which
    rule says so (``weekly``, ``special: …``, ``holiday: …``), and whether the official
    notice of its year is out."""

    working: bool
    windows: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, eq=False)
class Calendar:
    """Working time by one version of a calendar.

    Windows are [open, close). Moments go in with any offset and come out in the zone of
    the calendar. ``pauses`` are spans that are no working time; overlaps count once, and
    one that ends before it begins is none. Every method raises Refused: for a moment
    without offset (``time_without_zone``), beyond the calendar (``calendar_out_of_range``)
    or when the next working time is more than 100 years away (``calendar_no_time``; by
    reason of the pauses ``calendar_all_paused``).
    """

    spec: Spec
    _years: dict[int, Year] = field(default_factory=dict, repr=False)
    _named: frozenset[int] = frozenset()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Calendar:
        """Raises Refused("calendar_malformed") with the field and the remedy."""
        spec = read_spec(document)
        named = {day.year + n for day in spec.listed() for n in (-1, 0, 1)}
        return cls(spec, _named=frozenset(named))

    # Answers ---------------------------------------------------------------------------

    def add(self, start: datetime, seconds: Seconds, pauses: Pauses = ()) -> datetime:
        """So much working time later. It ends on closing time rather than on the next
        opening; 0 is the start, or the next opening from outside a window."""
        at, wanted = self._utc(start), _span(seconds)
        return self._unpaused(self._forward, at, wanted, pauses)

    def subtract(self, start: datetime, seconds: Seconds, pauses: Pauses = ()) -> datetime:
        """So much working time earlier. It ends on opening time rather than on the closing
        before; 0 is the start, or the previous closing from outside a window."""
        at, wanted = self._utc(start), _span(seconds)
        return self._unpaused(self._backward, at, wanted, pauses)

    def offset(self, start: datetime, seconds: Seconds, pauses: Pauses = ()) -> datetime:
        """Later, or earlier when ``seconds`` are negative."""
        if seconds < 0:
            return self.subtract(start, -seconds, pauses)
        return self.add(start, seconds, pauses)

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> Seconds:
        """The working time from start to end in seconds; 0 when the end is not later."""
        return _seconds(self._elapsed(start, end, pauses))

    def elapsed_sum(self, intervals: Iterable[tuple[datetime, datetime]]) -> Seconds:
        """The working time of each interval, added up."""
        return _seconds(sum((self._elapsed(*each) for each in intervals), NONE))

    def is_working(self, at: datetime) -> bool:
        """Whether a moment lies in a window; closing time does not."""
        return self._open(self._utc(at))

    def add_working_days(
        self, start: datetime, days: int, end_of_day: bool = False
    ) -> datetime:
        """So many days with any working time later (negative: earlier), by the local clock;
        the day of the start does not count. ``end_of_day``: that day's last closing. 0 days
        are the start."""
        at = self._utc(start)
        local = at.astimezone(self.spec.zone)
        if days == 0:
            return local
        reached = self._working_day(local.date(), days)
        if end_of_day:
            return self.local(hours(self.spec, reached)[-1][1])
        return self.local(
            datetime.combine(reached, local.time(), self.spec.zone).astimezone(UTC)
        )

    def day(self, day: date) -> Day:
        """What the calendar says of a date."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Refused("calendar_out_of_range", time=day.isoformat())
        return Day(
            working=bool(hours(self.spec, day)),
            windows=tuple(
                (clock(opens), clock(closes)) for opens, closes in self._written(day)
            ),
            source=self._source(day),
        )

    def local(self, at: datetime) -> datetime:
        """The moment in the zone of the calendar."""
        return at.astimezone(self.spec.zone)

    def provisional(self, start: datetime, end: datetime) -> bool:
        """Whether the span touches a year whose official notice is not out."""
        if self.spec.noticed is None:
            return False
        one, other = (self.local(self._utc(at)).year for at in (start, end))
        touched = range(min(one, other), max(one, other) + 1)
        return any(year not in self.spec.noticed for year in touched)

    def __deepcopy__(self, memo: object) -> Calendar:
        """It never changes: a copy of a book keeps what was looked up."""
        return self

    # Looking up ------------------------------------------------------------------------

    def _elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> timedelta:
        since, until = self._utc(start), self._utc(end)
        worked = NONE
        for begins, ends in free_after(since, self._closed(pauses)):
            if begins < until:
                worked += self._worked(begins, until if ends is None else min(ends, until))
        return worked

    def _unpaused(
        self, walk: Walk, at: datetime, wanted: timedelta, pauses: Pauses
    ) -> datetime:
        """Where a walk ends that leaves the pauses out; if nowhere, whether by them."""
        closed = self._closed(pauses)
        try:
            return self.local(walk(at, wanted, closed))
        except Refused as no:
            if no.code != "calendar_no_time" or not closed:
                raise
            walk(at, wanted, [])
            raise Refused("calendar_all_paused", **no.because) from None

    def _forward(self, at: datetime, wanted: timedelta, closed: list[Span]) -> datetime:
        since = at
        for begins, ends in free_after(at, closed):
            opens = max(begins, self._first(begins, since)[0])
            if ends is not None and opens >= ends:
                continue
            if not wanted:
                return opens
            here = None if ends is None else self._worked(begins, ends)
            if ends is None or here is None or wanted <= here:
                return self._reached(begins, wanted)
            wanted, since = wanted - here, ends
        raise AssertionError("the last span is free for ever")

    def _backward(self, at: datetime, wanted: timedelta, closed: list[Span]) -> datetime:
        paused = any(begins <= at < ends for begins, ends in closed)
        if not wanted and not paused and self._open(at):
            return at
        since = at
        for begins, ends in free_before(at, closed):
            closes = min(ends, self._last(ends, since)[1])
            if begins is not None and closes <= begins:
                continue
            if not wanted:
                return closes
            here = None if begins is None else self._worked(begins, ends)
            if begins is None or here is None or wanted <= here:
                return self._left(ends, wanted)
            wanted, since = wanted - here, begins
        raise AssertionError("the last span is free for ever")

    def _reached(self, at: datetime, wanted: timedelta) -> datetime:
        """The working time ``wanted`` (more than 0) later, without pauses."""
        since = at
        while True:
            first = self._first(at, since)
            year = self._year_of(first[0])
            behind = year.before(at)
            if behind + wanted <= year.total:
                return year.reached(behind + wanted)
            wanted -= year.total - behind
            since, at = year.reached(year.total), year.ends

    def _left(self, at: datetime, wanted: timedelta) -> datetime:
        """The working time ``wanted`` (more than 0) earlier, without pauses."""
        since = at
        while True:
            last = self._last(at, since)
            year = self._year_of(last[0])
            behind = year.before(at)
            if wanted <= behind:
                return year.left(behind - wanted)
            wanted -= behind
            since, at = year.left(NONE), year.begins

    def _first(self, at: datetime, since: datetime) -> Span:
        """The first span not over ``at`` a moment; within 100 years after ``since``."""
        number = self._number(at)
        while True:
            year = self._year(number)
            found = year.first(at)
            if (found[0] if found else year.ends) - since > HUNDRED_YEARS:
                raise Refused("calendar_no_time", since=self.local(since).isoformat())
            if found:
                return found
            number += 1

    def _last(self, at: datetime, since: datetime) -> Span:
        """The last span begun before a moment; within 100 years before ``since``."""
        number = self._number(at)
        while True:
            year = self._year(number)
            found = year.last(at)
            if since - (found[1] if found else year.begins) > HUNDRED_YEARS:
                raise Refused("calendar_no_time", since=self.local(since).isoformat())
            if found:
                return found
            number -= 1

    def _worked(self, since: datetime, until: datetime) -> timedelta:
        first, last = self._number(since), self._number(until)
        whole = sum((self._year(n).total for n in range(first, last)), NONE)
        return whole + self._year(last).before(until) - self._year(first).before(since)

    def _open(self, at: datetime) -> bool:
        span = self._year_of(at).first(at)
        return span is not None and span[0] <= at

    def _working_day(self, day: date, days: int) -> date:
        number, since = day.year, day
        while True:
            year = self._year(number)
            step = 1 if days > 0 else -1
            ahead = year.days_after(day) if days > 0 else year.days_before(day)
            edge = date(number, 12, 31) if days > 0 else date(number, 1, 1)
            next_day = ahead[0] if ahead else edge
            if abs(next_day - since) > HUNDRED_YEARS:
                raise Refused("calendar_no_time", since=since.isoformat())
            if abs(days) <= len(ahead):
                return ahead[abs(days) - 1]
            days -= step * len(ahead)
            since = ahead[-1] if ahead else since
            number += step

    # Years -----------------------------------------------------------------------------

    def _number(self, at: datetime) -> int:
        """The year a moment is in: as its midnights have it, which a repeated hour at New
        Year may see otherwise than the local clock."""
        number = at.astimezone(self.spec.zone).year
        if at >= self._year(number).ends:
            return number + 1
        return number

    def _year_of(self, at: datetime) -> Year:
        return self._year(self._number(at))

    def _year(self, number: int) -> Year:
        if not FIRST_YEAR <= number <= LAST_YEAR:
            raise Refused("calendar_out_of_range", time=number)
        like = self._like(number)
        found = self._years.get(like)
        if found is None:
            found = lay_out(self.spec, like)
            if len(self._years) >= KEPT_YEARS:
                self._years.clear()
            self._years[like] = found
        if like == number:
            return found
        return found.shifted(date(number, 1, 1) - date(like, 1, 1))

    def _like(self, number: int) -> int:
        """The regular year nearest to our time with the same days and weekdays; or itself,
        where there is none."""
        if number in IRREGULAR or number in self._named:
            return number
        weekday, leap = date(number, 1, 1).weekday(), isleap(number)
        later = range(IRREGULAR.stop, number)
        earlier = range(IRREGULAR.start - 1, number, -1)
        return next(
            (
                year
                for year in chain(later, earlier)
                if isleap(year) == leap
                and date(year, 1, 1).weekday() == weekday
                and year not in self._named
            ),
            number,
        )

    # Days ------------------------------------------------------------------------------

    def _written(self, day: date) -> list[tuple[int, int]]:
        """The windows of a date as written, less its breaks."""
        kept: list[tuple[int, int]] = []
        for opens, closes in windows(self.spec, day):
            since = opens
            for begins, ends in self.spec.breaks.get(day, ()):
                if begins < closes and ends > since:
                    if since < begins:
                        kept.append((since, begins))
                    since = max(since, ends)
            if since < closes:
                kept.append((since, closes))
        return kept

    def _source(self, day: date) -> str:
        rule = "weekly"
        if day in self.spec.holidays:
            rule = "holiday"
        elif (day.month, day.day) in self.spec.recurring:
            rule = "recurring holiday"
        elif day in self.spec.special:
            rule = "special"
        name = self.spec.names.get(day)
        said = f"{rule}: {name}" if name and rule != "weekly" else rule
        if self.spec.noticed is None or day.year in self.spec.noticed:
            return said
        return f"{said}; the official notice for {day.year} is not out"

    # In and out ------------------------------------------------------------------------

    def _utc(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise Refused("time_without_zone", time=at.isoformat())
        try:
            moment = at.astimezone(UTC)
            year = moment.astimezone(self.spec.zone).year
        except OverflowError:
            raise Refused("calendar_out_of_range", time=at.isoformat()) from None
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Refused("calendar_out_of_range", time=at.isoformat())
        return moment

    def _closed(self, pauses: Pauses) -> list[Span]:
        spans = [(self._utc(since), self._utc(until)) for since, until in pauses]
        return union((since, until) for since, until in spans if since < until)


def _span(seconds: Seconds) -> timedelta:
    """Raises Refused: negative, not finite, or further than the calendar reaches."""
    if seconds != seconds or seconds in (math.inf, -math.inf):  # noqa: PLR0124
        raise Refused("calendar_not_finite")
    if seconds < 0:
        raise Refused("calendar_negative")
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise Refused("calendar_too_long") from None


def _seconds(span: timedelta) -> Seconds:
    whole, rest = divmod(span, timedelta(seconds=1))
    return span.total_seconds() if rest else whole


def always(zone: str) -> Calendar:
    """Clock time 自然时间: a calendar that never closes, in a zone."""
    return Calendar.from_document(
        {"tz": zone, "weekly": {day: [["00:00", "24:00"]] for day in WEEKDAYS}}
    )


ALWAYS = always("UTC")
