"""将至 Coming: what time alone will do to a case next, and who will hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

WARN, BREACH, ESCALATE, STALL = "warn", "breach", "escalate", "stall"
END_SUSPENSION = "end-suspension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """As a case stands after a command: what happens ``at`` a moment unless somebody acts.

    ``what``: ``warn`` or ``breach`` (of ``clock``), ``escalate`` (to ``rung`` of the climb
    ``clock``), ``end-suspension``, ``stall``. ``unit``, ``post`` and ``person`` are who
    will be told or must act. ``due`` is the earliest due time of a running clock that is
    not breached, ``due_clock`` that clock; None when there is none. Times are UTC.
    """

    at: datetime
    what: str
    clock: str | None = None
    rung: int = 0
    unit: str | None = None
    post: str | None = None
    person: str | None = None
    due: datetime | None = None
    due_clock: str | None = None
