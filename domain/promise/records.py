"""What a case remembers of its clocks 时钟 and of the ladders it climbs 升级阶梯."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

KEPT, LATE, DROPPED = "kept", "late", "dropped"
PROMISE, STEP, OUTER = CLOCKS = ("promise", "step", "outer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A span in which a clock stood still: from ``since`` until before ``until`` (UTC)."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """More time that was approved: due at ``due``, said at ``at`` (UTC). Of the pauses only
    those after it are given back on top."""

    due: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One promise of a case, and how it stands.

    ``id`` is the step and its run (``answer.2``: begun for the second time). ``kind``:
    ``promise`` (the customer's, never paused by us), ``step`` (ours), ``outer`` (of a
    regulator or whoever referred the case). ``rule`` is the code of the limit, ``calendar``
    the version its time is counted in (None: clock time). ``warned`` of the moments
    ``warn_at`` are past. ``outcome`` is None while it runs. ``granted`` is a due time
    that was approved instead of reckoned. ``provisional``: an
    official notice may still move it.
    """

    id: str
    step: str
    kind: str
    rule: str
    started_at: datetime
    due: datetime
    calendar: str | None = None
    warn_at: tuple[datetime, ...] = ()
    warned: int = 0
    breached: bool = False
    stopped_at: datetime | None = None
    outcome: str | None = None
    pauses: tuple[Pause, ...] = ()
    granted: Grant | None = None
    provisional: bool = False
    explained: bool = False

    @property
    def running(self) -> bool:
        return self.outcome is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """A ladder being climbed: from ``since``, ``rung`` rungs so far, the next ``next_at``.

    ``id`` is the signal and its cause (``overdue:answer.1``, ``ping_pong:2``); ``cause`` is
    the clock when it is one. ``next_at`` None: the top was reached.
    """

    id: str
    ladder: str
    signal: str
    cause: str | None
    since: datetime
    rung: int = 0
    next_at: datetime | None = None
