"""How due times and spans of time are written and read at the terminal."""

from __future__ import annotations

from datetime import datetime, timedelta

import typer

from domain.policy.time_rows import Span
from domain.promise.coming import BREACH, END_SUSPENSION, ESCALATE, STALL, WARN
from domain.promise.strike import RECKON
from projections.board_rows import BoardRow
from projections.clock_rows import ClockRow

UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def duration(text: str | None) -> timedelta | None:
    """``2 h`` as clock time. Raises BadParameter for anything else, working days too."""
    if text is None:
        return None
    try:
        span = Span.parse(text)
        return timedelta(**{UNITS[span.unit]: span.value})
    except (ValueError, KeyError):
        raise typer.BadParameter(f"{text!r} is no time like 20 min, 2 h or 1 d") from None


def ahead(row: BoardRow, now: datetime) -> str:
    """What is due next and what time does then: ``due 14:20 answer · then tells li``."""
    parts = [_due(row, now), _then(row, now)]
    return " · ".join(part for part in parts if part)


def _due(row: BoardRow, now: datetime) -> str:
    late = _late(row, now)
    if row.due is None:
        return late
    mark = "~" if row.provisional else ""
    text = f"due {mark}{clock_time(row.due, now)} {step_of(row.due_clock)}".rstrip()
    return f"{late}, {text}" if late else text


def _late(row: BoardRow, now: datetime) -> str:
    """What has been late the longest, and how many more are: ``answer overdue 超时 since
    11-19 14:12 (2)``."""
    if row.late_since is None:
        return ""
    more = f" ({row.overdue})" if row.overdue > 1 else ""
    since = clock_time(row.late_since, now)
    return f"{step_of(row.late_clock)} overdue 超时 since {since}{more}"


def _then(row: BoardRow, now: datetime) -> str:
    if row.coming is None or row.coming_at is None:
        return ""
    who = row.coming_person or row.coming_unit or "nobody 无人"
    when = clock_time(row.coming_at, now)
    if row.coming == BREACH and row.coming_clock == row.due_clock:
        return f"then tells {who}"
    step = step_of(row.coming_clock)
    said = {
        WARN: f"{when} warns {who}",
        BREACH: f"{when} {step} overdue, tells {who}",
        ESCALATE: f"{when} tells {who} (rung {row.coming_rung})",
        END_SUSPENSION: f"{when} suspension ends → {who}",
        STALL: f"{when} stalls, tells {who}",
        RECKON: f"{when} {step} is reckoned anew",
    }
    return said.get(row.coming, f"{when} {row.coming} → {who}")


def step_of(clock: str | None) -> str:
    """The step that a clock is of: ``answer`` of ``answer.2``."""
    return (clock or "").rpartition(".")[0]


def clock_time(at: datetime, now: datetime) -> str:
    """A time as people read it in the zone of this machine; its day when it is another."""
    local = at.astimezone()
    same_day = local.date() == now.astimezone().date()
    return f"{local:%H:%M}" if same_day else f"{local:%m-%d %H:%M}"


def state_of_clock(row: ClockRow) -> str:
    """How a clock stands: ``overdue 超时``, or ``late 2026-03-02 10:00 (weather)``."""
    said = row.state
    if row.running and row.breached_at is not None:
        said = "overdue 超时"
    elif row.stopped_at is not None:
        said = f"{row.state} {row.stopped_at.astimezone():%Y-%m-%d %H:%M}"
    return f"{said} ({row.explained})" if row.explained else said


def moved(row: ClockRow) -> str | None:
    """What became of the time promised first: ``2x, level; was 2026-03-02 10:00``."""
    if not row.moved:
        return None
    first = f"{row.first_due.astimezone():%Y-%m-%d %H:%M}"
    return f"{row.moved}x, {row.moved_why}; was {first}"
