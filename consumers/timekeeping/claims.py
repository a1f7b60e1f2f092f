"""认领 Claims: which cases have something due, oldest first, each for one at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid5

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

NAMESPACE = UUID("7a11e000-0000-4000-8000-00000000c10c")
RECKON = "reckon"

DUE: LiteralString = """
SELECT case_id, version, next_at, what, clock, rung FROM views.deadlines
WHERE next_at < %s AND case_id <> ALL(%s::uuid[])
ORDER BY next_at, case_id LIMIT %s FOR UPDATE SKIP LOCKED"""

NEXT: LiteralString = """
SELECT min(next_at) FROM views.deadlines WHERE case_id <> ALL(%s::uuid[])"""

# A clock that was reckoned by an earlier version of its calendar than the one in force.
OUTDATED: LiteralString = """
SELECT case_id, position, started_at, clock, calendar FROM views.clocks
WHERE state = 'running' AND calendar = ANY(%s) AND case_id > %s
  AND case_id <> ALL(%s::uuid[])
ORDER BY case_id, clock LIMIT %s FOR UPDATE SKIP LOCKED"""

IN_USE: LiteralString = """
SELECT DISTINCT calendar FROM views.clocks
WHERE state = 'running' AND calendar IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Due:
    """One case in one state, and what fell due on it.

    ``state`` is what tells this state from every other of the case: its version, or the
    position of the fact that the row was folded from. ``clock`` and ``rung`` as in Coming.
    """

    case_id: UUID
    state: int
    next_at: datetime
    what: str
    clock: str | None
    rung: int

    @property
    def command_id(self) -> UUID:
        """The same for whoever claims the row, today or after a crash.

        With the state in it, because a deadline that is moved away and back again falls due
        at the same moment twice, and has to be kept twice.
        """
        said = f"{self.clock}:{self.what}:{self.rung}:{self.next_at.isoformat()}"
        return uuid5(NAMESPACE, f"{self.case_id}:{self.state}:{said}")


def database_now(connection: Connection) -> datetime:
    """The clock of the database: one for all machines."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    now: datetime = row[0]
    return now


def claim(
    connection: Connection, now: datetime, limit: int, *, without: Collection[UUID] = ()
) -> list[Due]:
    """At most ``limit`` cases with something due before ``now``, the oldest first.

    They stay claimed until the transaction ends: by a commit, or because whoever claimed
    them died. What another has claimed, and the cases ``without``, are passed over.
    """
    rows = connection.execute(DUE, [now, list(without), limit]).fetchall()
    return [Due(*row) for row in rows]


def claim_outdated(
    connection: Connection,
    calendars: Collection[str],
    limit: int,
    *,
    after: UUID,
    without: Collection[UUID] = (),
) -> list[Due]:
    """Running clocks of cases behind ``after`` that are reckoned by one of these versions
    of calendars (``cn-office@1``), in the order of cases. Claimed as in ``claim``."""
    rows = connection.execute(
        OUTDATED, [list(calendars), after, list(without), limit]
    ).fetchall()
    return [
        Due(case_id, position, started_at, f"{RECKON}:{calendar}", clock, 0)
        for case_id, position, started_at, clock, calendar in rows
    ]


def calendars_in_use(connection: Connection) -> list[str]:
    """By which versions of calendars the running clocks are reckoned."""
    return [label for (label,) in connection.execute(IN_USE).fetchall()]


def next_due(connection: Connection, *, without: Collection[UUID] = ()) -> datetime | None:
    """When something falls due next; None when nothing will."""
    row = connection.execute(NEXT, [list(without)]).fetchone()
    found: datetime | None = row[0] if row else None
    return found
