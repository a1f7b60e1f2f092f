"""计时 Reckon: when something is due, by which limit, in which working time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.case.case import Case
from domain.case.rules import circumstances
from domain.policy.lookup import Matter, limit
from domain.policy.rows import Limit
from domain.policy.time_rows import WORKING_DAYS, ClockRule, Span
from domain.promise.calendar import ALWAYS, Calendar
from domain.promise.records import Clock, Pause
from domain.refused import Refused
from domain.setting import Setting

DAYS = "d"


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a clock is due, when to warn, and by which version of which calendar."""

    due: datetime
    calendar: str | None
    warn_at: tuple[datetime, ...]
    provisional: bool


def limit_for(case: Case, step: str, setting: Setting) -> Limit | None:
    """The limit of a step for this case, if it is one that a clock runs for (A5)."""
    found = limit(setting.policy, step, matter(case))
    return found if found is not None and found.runs else None


def matter(case: Case) -> Matter:
    """What rules are looked up by."""
    return Matter(
        business_type=case.business_type,
        area=case.area or "",
        category=case.category or "",
        level=case.level or "",
        channel=case.channel,
        bodies=frozenset(reference.split(" ")[0] for reference in case.referrals),
        flags=circumstances(case),
    )


def deadline(
    clock: Clock, rule: ClockRule, found: Limit, setting: Setting, at: datetime
) -> Deadline:
    """Reckon the clock anew, by the calendar in force ``at`` that moment.

    From where it began, or from the due time that was granted; what was paused since is
    given back. A calendar that gives no answer stops nobody: the span is counted in clock
    time then, provisionally, until a later version does.
    """
    label, calendar = calendar_of(found.calendar, found.unit, setting, at)
    since = max(clock.started_at, at)
    try:
        due = counted(clock, found, calendar)
        warn_at = warnings(rule.warn, due, calendar, setting, since)
        unsure = label is not None and calendar.provisional(clock.started_at, due)
    except Refused:
        due, unsure = counted(clock, found, ALWAYS), True
        in_clock_time = [span for span in rule.warn if span.unit != WORKING_DAYS]
        warn_at = warnings(in_clock_time, due, ALWAYS, setting, since)
    return Deadline(due=due, calendar=label, warn_at=warn_at, provisional=unsure)


def counted(clock: Clock, found: Limit, calendar: Calendar) -> datetime:
    """When the clock is due by that calendar (UTC). Raises Refused where it has no time."""
    if clock.granted is not None:
        since = [pause for pause in clock.pauses if pause.since >= clock.granted.at]
        return given_back(calendar, clock.granted.due, since).astimezone(UTC)
    if found.unit == WORKING_DAYS:
        due = calendar.add_working_days(
            clock.started_at, int(found.value), end_of_day=found.end_of_day
        )
        return given_back(calendar, due, clock.pauses).astimezone(UTC)
    span = Span(value=found.value, unit=found.unit)
    pauses = [(pause.since, pause.until) for pause in clock.pauses]
    return calendar.add(clock.started_at, span.seconds, pauses).astimezone(UTC)


def given_back(calendar: Calendar, due: datetime, pauses: Iterable[Pause]) -> datetime:
    """The due time, later by the working time that lay in each pause before it."""
    for pause in sorted(pauses, key=lambda pause: pause.since):
        lost = calendar.elapsed(pause.since, pause.until) if pause.since < due else 0
        if lost:
            due = calendar.add(due, lost)
    return due


def warnings(
    spans: Iterable[Span],
    due: datetime,
    calendar: Calendar,
    setting: Setting,
    since: datetime,
) -> tuple[datetime, ...]:
    """The moments at which to warn: so long before ``due``, in the clock's own time, and
    still to come after ``since``."""
    found = set()
    for span in spans:
        if span.unit == WORKING_DAYS:
            working = calendar
            if calendar is ALWAYS:
                _, working = calendar_of("", WORKING_DAYS, setting, since)
            before = working.add_working_days(due, -int(span.value))
        else:
            before = calendar.subtract(due, span.seconds)
        found.add(before.astimezone(UTC))
    return tuple(sorted(moment for moment in found if since < moment < due))


def after(span: Span, calendar: str, since: datetime, setting: Setting) -> datetime:
    """So long after a moment, in that calendar's working time ("": clock time).

    A later version of the calendar counts from when it is in force, if it is by then. By it
    the moment may come sooner, but never before it is in force: until then the time was not
    up. One that has no time left stops nobody.
    """
    at = since
    while True:
        label, working = calendar_of(calendar, span.unit, setting, at)
        try:
            moment = later(span, working, since)
        except Refused:
            moment = later(span, ALWAYS, since)
        moment = max(moment, at)
        newer = superseded_at(label, setting)
        if newer is None or newer >= moment or newer <= at:
            return moment
        at = newer


def later(span: Span, calendar: Calendar, since: datetime) -> datetime:
    if not span.value:
        return since
    if span.unit == WORKING_DAYS:
        return calendar.add_working_days(since, int(span.value)).astimezone(UTC)
    return calendar.add(since, span.seconds).astimezone(UTC)


def superseded_at(label: str | None, setting: Setting) -> datetime | None:
    """Since when a later version is in force than the one so labelled; None: none is."""
    if label is None:
        return None
    name, _, version = label.rpartition("@")
    return setting.calendar_book(name).superseded_at(int(version))


def calendar_of(
    name: str, unit: str, setting: Setting, at: datetime
) -> tuple[str | None, Calendar]:
    """The calendar a span is counted in, and its version: working days always in one, days
    of the wall never."""
    name = name or (setting.policy.calendar if unit == WORKING_DAYS else "")
    if not name or unit == DAYS:
        return None, ALWAYS
    return setting.calendar_book(name).in_force(at)
