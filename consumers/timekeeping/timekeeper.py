"""守时者 Timekeeper: sends every case on which something fell due the command to keep time.

Time is decided by the desk (``domain/promise/course.py``): whether this runs late, twice or
not at all, the facts are the same. So nothing here has to happen exactly once.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from psycopg.errors import UndefinedTable

from consumers import metrics
from consumers.resting import Resting
from consumers.timekeeping.claims import (
    Connection,
    Due,
    calendars_in_use,
    claim,
    claim_outdated,
    database_now,
    next_due,
)
from domain.desk import NOWHERE
from domain.fact import TIMEKEEPER
from domain.promise.keep_time import KeepTime
from domain.refused import Refused
from projections.ground import lock_number
from projections.timekeepers import FORGET, GROUP, REPORT, make_roster
from store.feed import Feed

if TYPE_CHECKING:
    from domain.desk import Around, Desk
    from projections.positions import Positions
    from store import Store

log = logging.getLogger(__name__)

BATCH = 100
THREADS = 8
POLL_SECONDS = 1.0
# News come in crowds: one look for all that came within so long.
GATHER_SECONDS = 0.2
FOLDED_SECONDS_MAX = 5.0
# The folds wait for claimed rows: whoever hangs for so long loses its claims.
CLAIM_SECONDS_MAX = 20
REPORT_SECONDS = 5.0
CALENDARS_SECONDS = 5.0
CALENDARS_AGAIN_SECONDS = 60.0
BACK_OFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
FIRST = UUID(int=0)

_numbers = count(1)


class StillDue(Exception):
    """A case kept its time and is due as before: its rules and its view do not agree."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a timekeeper is doing. ``last_scan`` is when it last looked, by the clock it
    keeps; ``served`` how many commands it sent; ``failing`` how many cases could not be
    served; ``error`` what went wrong last, None when nothing does any more."""

    last_scan: datetime | None
    served: int
    failing: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Flight:
    """Cases that were served, in the state they were in; what came of it is in the views
    when these stand at ``position``."""

    served: dict[UUID, Due] = field(default_factory=dict)
    position: int = 0


@dataclass(slots=True)
class Calendars:
    """A walk through the cases whose clocks an earlier calendar reckoned.

    ``outdated`` are the versions looked for, ``after`` the last case done; ``done``: the
    walk came to its end. ``looked_at`` and ``done_at`` are monotonic.
    """

    outdated: frozenset[str] = frozenset()
    after: UUID = FIRST
    done: bool = True
    looked_at: float = field(default=-CALENDARS_SECONDS)
    done_at: float = 0.0


class Timekeeper:
    """Keeps time for the cases of a store; any number may do so at once.

    ``clock`` says what time it is, by default the database's clock does; ``batch`` is how
    many cases are claimed at a time, ``threads`` how many are served at once.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        positions: Callable[[], Positions],
        *,
        clock: Callable[[], datetime] | None = None,
        batch: int = BATCH,
        threads: int = THREADS,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{next(_numbers)}"
        self._store, self._desk, self._positions = store, desk, positions
        self._clock, self._batch, self._threads = clock, batch, threads
        self._resting = Resting()
        # What was served last and may not be folded yet, and what was before that and is.
        self._flight = Flight()
        self._landed: Collection[Due] = ()
        self._calendars = Calendars()
        self._last_scan: datetime | None = None
        self._served = 0
        self._error: str | None = None
        self._reported_at = -REPORT_SECONDS

    # Running --------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Keep time until told to stop, through whatever happens to the database."""
        failures = 0
        with (
            Feed(self._store) as feed,
            ThreadPoolExecutor(self._threads, "huiyin-keep-time") as pool,
        ):
            waker = threading.Thread(
                target=_wake_on, args=(stop, feed), name="huiyin-time-stop", daemon=True
            )
            waker.start()
            while not stop.is_set():
                try:
                    with self._at_work() as connection:
                        self._keep_on(connection, pool, feed, stop)
                        failures = 0
                except UndefinedTable:
                    self._error = "no worker has made the views yet"
                    stop.wait(POLL_SECONDS)
                except Exception as error:
                    self._error = f"{type(error).__name__}: {error}"
                    log.warning("the timekeeper begins again: %s", self._error)
                    stop.wait(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])
                    failures += 1

    @contextmanager
    def _at_work(self) -> Iterator[Connection]:
        """A connection for claims, on which everybody can see that time is kept."""
        with psycopg.connect(
            self._store.dsn, autocommit=True, connect_timeout=5
        ) as connection:
            connection.execute(
                f"SET idle_in_transaction_session_timeout = '{CLAIM_SECONDS_MAX}s'"
            )
            make_roster(connection)
            connection.execute("SELECT pg_advisory_lock_shared(%s)", [LOCK])
            try:
                yield connection
            finally:
                with suppress(psycopg.Error):
                    connection.execute(FORGET, [self.name])

    def _keep_on(
        self,
        connection: Connection,
        pool: ThreadPoolExecutor,
        feed: Feed,
        stop: threading.Event,
    ) -> None:
        while not stop.is_set():
            head = self._store.log.head()
            if self.scan(connection, pool):
                continue
            self._error = None
            self._report(connection)
            if feed.wait(head, self._idle_seconds(connection)):
                stop.wait(GATHER_SECONDS)

    def _idle_seconds(self, connection: Connection) -> float:
        """Until something falls due, but not longer than a poll."""
        due = next_due(connection, without=self._resting.now())
        if due is None:
            return POLL_SECONDS
        ahead = (due - self._now(connection)).total_seconds()
        return min(POLL_SECONDS, max(GATHER_SECONDS, ahead))

    def _now(self, connection: Connection) -> datetime:
        return self._clock() if self._clock else database_now(connection)

    def catch_up(self) -> int:
        """Serve everything that is due now and return how many times a case was served.

        Somebody must fold the views meanwhile. Cases that cannot be served are left.
        """
        served = self._served
        with (
            self._at_work() as connection,
            ThreadPoolExecutor(self._threads, "huiyin-keep-time") as pool,
        ):
            while self.scan(connection, pool):
                pass
        return self._served - served

    # One round ------------------------------------------------------------------------

    def scan(self, connection: Connection, pool: ThreadPoolExecutor) -> bool:
        """Serve the cases that are due longest, or else some with an outdated calendar.

        Returns whether it is worth looking again at once. What comes of one round is folded
        while the next is served; the cases of both are left alone until then.
        """
        began, now = monotonic(), self._now(connection)
        self._last_scan, before = now, self._flight
        without = [*self._resting.now(), *before.served]
        with connection.transaction():
            claimed = claim(connection, now, self._batch, without=without)
            served = self._serve_all(pool, claimed, now)
        if not claimed and self._walks(connection, now):
            with connection.transaction():
                claimed = self._claim_outdated(connection, without)
                served = self._serve_all(pool, claimed, now)
        self._flight = Flight()
        if claimed:
            by_case = {due.case_id: due for due in served}
            self._flight = Flight(by_case, self._store.log.head())
            metrics.batch("timekeeper", len(claimed), monotonic() - began)
            self._report(connection)
        metrics.kept_time(len(served), len(self._resting))
        # Of what is not folded in time nobody can say that it is still due.
        folded = before.served and self._folded(before.position)
        self._landed = frozenset(before.served.values()) if folded else ()
        return bool(claimed or before.served)

    def _serve_all(
        self, pool: ThreadPoolExecutor, claimed: list[Due], now: datetime
    ) -> list[Due]:
        """All at once, so that the store can write what comes of them together; those that
        went through."""
        around = self._desk.around() if claimed else None
        went_well = pool.map(lambda due: self._serve(due, now, around), claimed)
        return [due for due, well in zip(claimed, went_well, strict=True) if well]

    def _serve(self, due: Due, now: datetime, around: Around | None) -> bool:
        """Whatever goes wrong with one case, the others go on, and it comes again."""
        try:
            moved = self._keep(due, now, around)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            rest = self._resting.failed(due.case_id, said)
            log.warning(
                "time is not kept for case %s, %d times in a row: %s",
                due.case_id,
                rest.failures,
                said,
                exc_info=rest.failures == 1 and not isinstance(error, StillDue),
            )
            return False
        self._served += 1
        if moved:
            self._resting.went_well(due.case_id)
        return True

    def _keep(self, due: Due, now: datetime, around: Around | None) -> bool:
        """Whether anything came of it. Raises StillDue for a case that stood still before,
        and whatever a desk may."""
        if due in self._landed:
            raise StillDue(f"{due.what} of {due.clock} is due after it was kept")
        command = KeepTime(
            subject=due.case_id, command_id=due.command_id, actor=TIMEKEEPER, at=now
        )
        return self._desk.handle(command, around=around).position != NOWHERE

    def _folded(self, position: int) -> bool:
        """Wait until the views show what came of a batch; False when they do not."""
        try:
            self._positions().wait("deadlines", position, timeout=FOLDED_SECONDS_MAX)
        except TimeoutError:
            return False
        return True

    # Calendars ------------------------------------------------------------------------

    def _claim_outdated(
        self, connection: Connection, without: Collection[UUID]
    ) -> list[Due]:
        """The next cases whose clocks an earlier version of a calendar reckoned."""
        walk = self._calendars
        found = claim_outdated(
            connection, walk.outdated, self._batch, after=walk.after, without=without
        )
        if not found:
            walk.done, walk.done_at = True, monotonic()
            return []
        walk.after = found[-1].case_id
        return list({due.case_id: due for due in found}.values())

    def _walks(self, connection: Connection, now: datetime) -> bool:
        """Whether a walk is under way: one from the first case to the last whenever another
        version of a calendar is in force, and again for those that it left behind."""
        walk, moment = self._calendars, monotonic()
        if not walk.done or moment - walk.looked_at < CALENDARS_SECONDS:
            return not walk.done
        walk.looked_at = moment
        outdated = frozenset(
            label for label in calendars_in_use(connection) if self._superseded(label, now)
        )
        again = moment - walk.done_at > CALENDARS_AGAIN_SECONDS
        if outdated and (outdated != walk.outdated or again):
            walk.after, walk.done = FIRST, False
        walk.outdated = outdated
        return not walk.done

    def _superseded(self, label: str, now: datetime) -> bool:
        name, _, version = label.rpartition("@")
        with suppress(Refused):  # a calendar that nobody can find supersedes nothing
            since = self._desk.calendar_book(name).superseded_at(int(version))
            return since is not None and since <= now
        return False

    # Reporting ------------------------------------------------------------------------

    def health(self) -> Health:
        """How it is doing now; never raises."""
        return Health(
            self._last_scan,
            self._served,
            len(self._resting),
            self._error or self._resting.error,
        )

    def _report(self, connection: Connection) -> None:
        """Say so in the database too, for whoever looks from another process."""
        if monotonic() - self._reported_at < REPORT_SECONDS:
            return
        self._reported_at = monotonic()
        health = self.health()
        connection.execute(REPORT, [self.name, health.served, health.failing, health.error])


LOCK = lock_number(f"views:{GROUP}")


def _wake_on(stop: threading.Event, feed: Feed) -> None:
    stop.wait()
    feed.wake()
