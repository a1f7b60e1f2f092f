"""守时者 Timekeepers: does anybody keep time, and which cases wait for it?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

import msgspec
from psycopg.errors import UndefinedTable

from projections.ground import MAKING, Connection, lock_number, owned

GROUP = "timekeeper"
"""Every timekeeper holds this lock of ``projections.ground``, in common with the others."""

GROUND = """
CREATE TABLE IF NOT EXISTS views.timekeepers (
    name       text PRIMARY KEY,
    scanned_at timestamptz NOT NULL,
    served     bigint NOT NULL,
    failing    bigint NOT NULL,
    error      text
) WITH (fillfactor = 50)"""

REPORT = """
INSERT INTO views.timekeepers (name, scanned_at, served, failing, error)
VALUES (%s, clock_timestamp(), %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET scanned_at = excluded.scanned_at,
    served = excluded.served, failing = excluded.failing, error = excluded.error"""

# Those that were killed cannot sign off: after a day they are forgotten.
FORGET = """
DELETE FROM views.timekeepers
WHERE name = %s OR scanned_at < clock_timestamp() - interval '1 day'"""

SEEN = """
SELECT max(scanned_at), coalesce(sum(failing) FILTER (WHERE recent), 0)::bigint,
       max(error) FILTER (WHERE recent)
FROM (SELECT *, scanned_at > clock_timestamp() - interval '1 minute' AS recent
      FROM views.timekeepers) AS each"""

OVERDUE = """
SELECT count(*) FROM views.deadlines
WHERE next_at < clock_timestamp() - interval '1 minute'"""


def make_roster(connection: Connection) -> None:
    """Make the table in which timekeepers report, once; safe when several start at once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(MAKING)])
        connection.execute(GROUND)


class Timekeeping(msgspec.Struct, frozen=True, kw_only=True):
    """How time is kept, by all who do. ``running``: somebody does.

    ``last_scan`` (UTC) is when anybody last looked for what is due. ``overdue`` cases have
    waited for more than a minute. ``failing`` could not be served by those who looked in
    the last minute; ``error`` says why, of one of them.
    """

    running: bool
    last_scan: datetime | None
    overdue: int
    failing: int
    error: str | None

    @property
    def well(self) -> bool:
        """Whoever keeps time keeps up; that nobody keeps it is no fault of a store."""
        return not self.running or (self.overdue == 0 and self.failing == 0)


def timekeeping(connection: Connection) -> Timekeeping:
    """How time is kept now, by whichever processes."""
    running = owned(connection, GROUP)
    [(last, failing, error)] = _asked(connection, SEEN) or [(None, 0, None)]
    [(overdue,)] = _asked(connection, OVERDUE) or [(0,)]
    return Timekeeping(
        running=running, last_scan=last, overdue=overdue, failing=failing, error=error
    )


def _asked(connection: Connection, question: LiteralString) -> list[tuple[Any, ...]]:
    """The answer; nothing where no worker has ever run."""
    try:
        with connection.transaction():
            return connection.execute(question).fetchall()
    except UndefinedTable:
        return []
