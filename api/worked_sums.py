"""The worked sum of a clock: how a due time came about, by the rules of that moment."""

from __future__ import annotations

from collections.abc import Callable

from domain.policy.policy import Policy
from domain.policy.time_rows import WORKING_DAYS, Span
from domain.promise.calendar import ALWAYS, Calendar
from domain.promise.calendar_book import CalendarBook
from domain.promise.records import Grant
from domain.promise.sums import SECONDS, Sum, returned_after, worked, worked_days
from projections.clock_rows import ClockRow

Book = Callable[[str], CalendarBook]


def worked_sum(row: ClockRow, policy: Policy, book: Book) -> Sum:
    """Start, limit and rests of a clock, counted in the very version of the calendar that
    its fact names; ``policy`` is the version that ``row.policy`` names.

    The sum's due time is that of the row: the same facts, the same answer, at any time.
    Raises Refused for a calendar or a version that was never published.
    """
    calendar, limit = calendar_of(row, book), policy.limits[row.rule]
    if row.granted is not None:
        return _granted(row, row.granted, calendar)
    pauses = [(pause.since, pause.until) for pause in row.pauses]
    if limit.unit == WORKING_DAYS:
        days = int(limit.value)
        return worked_days(calendar, row.started_at, days, limit.end_of_day, pauses)
    long = Span(value=limit.value, unit=limit.unit).seconds
    return worked(calendar, row.started_at, long, pauses)


def calendar_of(row: ClockRow, book: Book) -> Calendar:
    """The version that the clock's time was counted in; clock time never closes."""
    if row.calendar is None:
        return ALWAYS
    name, _, version = row.calendar.rpartition("@")
    return book(name).calendar(int(version))


def _granted(row: ClockRow, grant: Grant, calendar: Calendar) -> Sum:
    """From what was approved, the working time lost in each rest since, and given back."""
    since_then = [pause for pause in row.pauses if pause.since >= grant.at]
    due, lines = returned_after(calendar, grant.due, since_then)
    return Sum(calendar.local(grant.due), due, SECONDS, lines)
