"""算式 The worked sum: a due time, window by window, for a person to check by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from domain.promise.calendar import Calendar, Day, Pauses, Seconds
from domain.promise.calendar_spec import clock
from domain.promise.calendar_year import (
    DAY,
    Span,
    clipped,
    union,
    windows,
    within_day,
    without,
)
from domain.promise.reckon import given_back
from domain.promise.records import Pause

SECONDS, WORKING_DAYS = "s", "wd"
PAUSED, RETURNED = "paused", "given back"
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a sum: on a date, from opening to closing (local clock), so much counted,
    so much in all; ``unit`` is what it counts. One that counts nothing says in ``note``
    why."""

    date: str
    opens: str
    closes: str
    counted: Seconds
    total: Seconds
    note: str = ""
    unit: str = SECONDS


@dataclass(frozen=True, slots=True)
class Sum:
    """What is due when, and the lines that lead there. ``unit`` is what it is a sum of:
    ``s`` (seconds of working time) or ``wd`` (working days).

    What was paused of working days stands below them in seconds: first the windows that
    were lost, then those that give them back, up to the due time; each with its own total,
    and the two totals are equal.
    """

    start: datetime
    due: datetime
    unit: str
    lines: tuple[Line, ...]


def worked(
    calendar: Calendar, start: datetime, seconds: Seconds, pauses: Pauses = ()
) -> Sum:
    """The sum of ``calendar.add``: the same due time, or the same refusal."""
    pauses = list(pauses)
    due = calendar.add(start, seconds, pauses)
    found = _windows(calendar, start, due, pauses) if seconds else ()
    return Sum(calendar.local(start), due, SECONDS, tuple(_running(found)))


def worked_days(
    calendar: Calendar,
    start: datetime,
    days: int,
    end_of_day: bool = False,
    pauses: Pauses = (),
) -> Sum:
    """The sum of ``calendar.add_working_days``; working time that lay in a pause is given
    back after it, as a clock gives it back. Overlaps of pauses count once."""
    reached = calendar.add_working_days(start, days, end_of_day)
    step = 1 if days > 0 else -1
    lines: list[Line] = []
    counted, day = 0, calendar.local(start).date()
    while counted < abs(days):
        day += step * DAY
        told = calendar.day(day)
        counted += told.working
        lines += _day_lines(calendar, day, told, counted)
    due, returned = returned_after(calendar, reached, _rests(start, pauses))
    return Sum(calendar.local(start), due, WORKING_DAYS, (*lines, *returned))


def returned_after(
    calendar: Calendar, reckoned: datetime, pauses: Iterable[Pause]
) -> tuple[datetime, tuple[Line, ...]]:
    """The due time as ``given_back`` has it, and the lines that lead there: the windows of
    working time lost in each pause, then those that give it back after ``reckoned``. No
    lines where nothing was lost."""
    # In UTC: of a repeated hour, two local times that look the same are not.
    due = reckoned.astimezone(UTC)
    lost: list[Line] = []
    for pause in sorted(pauses, key=lambda pause: pause.since):
        later = given_back(calendar, due, [pause]).astimezone(UTC)
        if later != due:
            due = later
            lost += _windows(calendar, pause.since, pause.until, note=PAUSED)
    if not lost:
        return calendar.local(due), ()
    back = _windows(calendar, reckoned, due, note=RETURNED)
    return calendar.local(due), (*_running(lost), *_running(back))


def _rests(start: datetime, pauses: Pauses) -> Iterator[Pause]:
    """The pauses since the start, none of them twice."""
    free = start.astimezone(UTC)
    for since, until in sorted((a.astimezone(UTC), b.astimezone(UTC)) for a, b in pauses):
        if until > max(since, free):
            yield Pause(since=max(since, free), until=until)
            free = until


def _day_lines(calendar: Calendar, day: date, told: Day, counted: int) -> Iterator[Line]:
    """A line for each window of a date; the first of them counts the day."""
    if not told.working:
        why = _closed(calendar, day, told)
        yield Line(day.isoformat(), "", "", 0, counted, why, WORKING_DAYS)
        return
    for n, (opens, closes) in enumerate(told.windows):
        note = _joined(_rule(told), _breaks(calendar, day, opens), "same day" if n else "")
        counts = 0 if n else 1
        yield Line(day.isoformat(), opens, closes, counts, counted, note, WORKING_DAYS)


def _windows(
    calendar: Calendar,
    start: datetime,
    end: datetime,
    pauses: Pauses = (),
    note: str = "",
) -> Iterator[Line]:
    """What each window counts between two moments; ``total`` is still 0."""
    since, until = start.astimezone(UTC), end.astimezone(UTC)
    rests = union(
        (begins.astimezone(UTC), ends.astimezone(UTC))
        for begins, ends in pauses
        if begins < ends
    )
    # Up to midnight is still the day before.
    day, last = calendar.local(start).date(), calendar.local(until - MOMENT).date()
    while day <= last:
        told = calendar.day(day)
        if not told.working:
            yield Line(day.isoformat(), "", "", 0, 0, _closed(calendar, day, told))
        for span in clipped(within_day(calendar.spec, day), since, until):
            pieces = [(each, _rule(told)) for each in without([span], rests)]
            pieces += [(each, PAUSED) for each in clipped(rests, *span)]
            for piece, why in sorted(pieces):
                line = _line(calendar, day, piece, why)
                yield replace(line, note=_joined(note, line.note))
        day += DAY


def _line(calendar: Calendar, day: date, piece: Span, note: str) -> Line:
    opens, closes = (calendar.local(each) for each in piece)
    counted = 0 if note == PAUSED else calendar.elapsed(*piece)
    ends = "24:00" if closes.date() > day else _clock(closes)
    taken = "" if note == PAUSED else _breaks(calendar, day, _clock(opens))
    changed = "the clocks change" if closes.utcoffset() != opens.utcoffset() else ""
    note = _joined(note, taken, changed)
    return Line(day.isoformat(), _clock(opens), ends, counted, 0, note)


def _clock(at: datetime) -> str:
    midnight = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    fraction = f"{at.microsecond / 1e6:.6f}".lstrip("0") if at.microsecond else ""
    return clock(int(midnight.total_seconds())) + fraction


def _closed(calendar: Calendar, day: date, told: Day) -> str:
    """Why a day counts nothing."""
    if day in calendar.spec.breaks and windows(calendar.spec, day):
        return f"closed: breaks all day, {told.source}"
    return f"closed: {told.source}" if told.source.startswith("weekly") else told.source


def _rule(told: Day) -> str:
    """By which rule a day is worked, where it is not the week's."""
    return "" if told.source.startswith("weekly") else told.source


def _breaks(calendar: Calendar, day: date, opens: str) -> str:
    """What was taken out of the day, said on the piece that follows it."""
    ended = [
        f"break {clock(begins)}-{clock(ends)} taken out"
        for begins, ends in calendar.spec.breaks.get(day, ())
        if clock(ends) == opens
    ]
    return _joined(*ended)


def _joined(*notes: str) -> str:
    return ", ".join(filter(None, notes))


def _running(lines: Iterable[Line]) -> Iterator[Line]:
    total: Seconds = 0
    for line in lines:
        total = round(total + line.counted, 6)
        yield replace(line, total=total)
