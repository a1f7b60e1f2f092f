"""算式 The worked sum: a due time, window by window, for a person to check by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.promise.calendar import Calendar, Pauses, Seconds
from domain.promise.calendar_spec import clock
from domain.promise.calendar_year import DAY, Span, clipped, union, within_day, without
from domain.promise.reckon import given_back
from domain.promise.records import Pause


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a sum: on a date, from opening to closing (local clock), so much counted,
    so much in all. A line that counts nothing says in ``note`` why."""

    date: str
    opens: str
    closes: str
    counted: Seconds
    total: Seconds
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """What is due when, and the lines that lead there. ``unit`` is what they count: ``s``
    (seconds of working time) or ``wd`` (working days)."""

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
    found = list(_lines(calendar, start, due, pauses)) if seconds else []
    return Sum(calendar.local(start), due, "s", tuple(_running(found)))


def worked_days(
    calendar: Calendar,
    start: datetime,
    days: int,
    end_of_day: bool = False,
    pauses: Pauses = (),
) -> Sum:
    """The sum of ``calendar.add_working_days``; working time that lay in a pause is given
    back after it, as a clock gives it back."""
    reached = calendar.add_working_days(start, days, end_of_day)
    step = 1 if days > 0 else -1
    lines, counted, day = [], 0, calendar.local(start).date()
    while counted < abs(days):
        day += step * DAY
        told = calendar.day(day)
        counted += told.working
        opens, closes = (
            (told.windows[0][0], told.windows[-1][1]) if told.windows else ("", "")
        )
        lines.append(
            Line(day.isoformat(), opens, closes, int(told.working), counted, told.source)
        )
    rests = [
        Pause(since=max(since, start), until=until)
        for since, until in pauses
        if until > max(since, start)
    ]
    due = calendar.local(given_back(calendar, reached, rests))
    if due != reached:
        back = calendar.elapsed(reached, due)
        note = f"paused: {back} s of working time given back after {reached.isoformat()}"
        lines.append(Line(due.date().isoformat(), "", "", 0, counted, note))
    return Sum(calendar.local(start), due, "wd", tuple(lines))


def _lines(
    calendar: Calendar, start: datetime, due: datetime, pauses: Pauses
) -> Iterator[Line]:
    """What each day counts between two moments; ``total`` is still 0."""
    since, until = start.astimezone(UTC), due.astimezone(UTC)
    rests = union(
        (begins.astimezone(UTC), ends.astimezone(UTC))
        for begins, ends in pauses
        if begins < ends
    )
    day, last = calendar.local(start).date(), due.date()
    while day <= last:
        told = calendar.day(day)
        open_today = list(clipped(within_day(calendar.spec, day), since, until))
        if not told.working:
            yield Line(day.isoformat(), "", "", 0, 0, _closed(told.source))
        for span in open_today:
            pieces = [(each, "") for each in without([span], rests)]
            pieces += [(each, "paused") for each in clipped(rests, *span)]
            for piece, note in sorted(pieces):
                yield _line(calendar, day, piece, note or _breaks(calendar, day, span))
        day += DAY


def _line(calendar: Calendar, day: date, piece: Span, note: str) -> Line:
    opens, closes = (calendar.local(each) for each in piece)
    counted = 0 if note == "paused" else calendar.elapsed(*piece)
    ends = "24:00" if closes.date() > day else _clock(closes)
    if closes.utcoffset() != opens.utcoffset():
        note = ", ".join(filter(None, (note, "the clocks change")))
    return Line(day.isoformat(), _clock(opens), ends, counted, 0, note)


def _clock(at: datetime) -> str:
    midnight = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    fraction = f"{at.microsecond / 1e6:.6f}".lstrip("0") if at.microsecond else ""
    return clock(int(midnight.total_seconds())) + fraction


def _closed(source: str) -> str:
    return "closed" if source == "weekly" else source


def _breaks(calendar: Calendar, day: date, span: Span) -> str:
    """What was taken out of the day, said on the piece that follows it."""
    opens = calendar.local(span[0])
    ended = [
        f"break {clock(begins)}-{clock(ends)} taken out"
        for begins, ends in calendar.spec.breaks.get(day, ())
        if clock(ends) == _clock(opens)
    ]
    return ", ".join(ended)


def _running(lines: list[Line]) -> Iterator[Line]:
    total: Seconds = 0
    for line in lines:
        total = round(total + line.counted, 6)
        yield Line(line.date, line.opens, line.closes, line.counted, total, line.note)
