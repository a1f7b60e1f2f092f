"""The one writer of a process: whatever queues up during a commit is the next batch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from store.database import PATIENCE_SECONDS, back_off, is_lost, library_error

BATCH_FACTS_MAX = 5_000

APPEND = """SELECT log.append(
    %b::uuid[], %b::bigint[], %b::text[], %b::bytea[],
    %b::timestamptz[], %b::uuid[], %b::bytea[], %b::bigint[])"""

# Facts of a request that are in the log just as it has them: same place, same words.
ALREADY = """SELECT f.position
    FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[])
         WITH ORDINALITY AS mine(stream_id, version, topic, state, o)
    JOIN log.facts f USING (stream_id, version, topic, state) ORDER BY mine.o"""


@dataclass(slots=True, eq=False)
class Request:
    """Facts to append together with the commands that led to them, and what came of it."""

    events: Sequence[StoredEvent]
    commands: Sequence[Any]
    deadline: float
    keys: frozenset[UUID] = frozenset()
    doubtful: bool = False  # it was under way when a connection broke
    positions: list[int] | None = None
    problem: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        ids = {UUID(str(event.originator_id)) for event in self.events}
        ids.update(command.command_id for command in self.commands)
        self.keys = frozenset(ids)

    def succeed(self, positions: list[int]) -> None:
        self.positions = positions
        self.done.set()

    def fail(self, problem: BaseException) -> None:
        self.problem = problem
        self.done.set()


class Writer:
    """Appends to the log from one thread, over one connection.

    ``committed`` is called in the writer's thread after each commit with the position of
    the last fact; it must be quick and must not raise.
    """

    def __init__(self, dsn: str, committed: Callable[[int], None]) -> None:
        self._dsn = dsn
        self._committed = committed
        self._connection: psycopg.Connection[Any] | None = None
        self._queue: deque[Request] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="huiyin-writer", daemon=True)
        self._thread.start()

    def append(self, events: Sequence[StoredEvent], commands: Sequence[Any]) -> list[int]:
        """Append and return the positions, once they are on the disk.

        Raises the library's IntegrityError when a (stream, version) or a command id is
        taken, and OperationalError when the database stays away: then it is not known
        whether the facts are stored, and the same command id finds out.
        """
        request = Request(events, commands, monotonic() + PATIENCE_SECONDS)
        with self._changed:
            if self._closing:
                raise OperationalError("the store is closed")
            self._queue.append(request)
            self._changed.notify()
        request.done.wait()
        if request.problem is not None:
            raise request.problem
        assert request.positions is not None  # noqa: S101 - done without problem
        return request.positions

    def close(self) -> None:
        """Write what is queued, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    # The thread -------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while batch := self._next_batch():
                self._write(batch)
        except BaseException as problem:  # nobody may wait for a thread that has died
            with self._changed:
                self._closing = True
                left = [*batch, *self._queue]
            for request in left:
                if not request.done.is_set():
                    request.fail(OperationalError(f"the writer stopped: {problem!r}"))
            raise
        finally:
            self._disconnect()

    def _next_batch(self) -> list[Request]:
        """All that is queued, but a stream or command id only once; empty when closing."""
        with self._changed:
            while not self._queue and not self._closing:
                self._changed.wait()
            batch: list[Request] = []
            later: deque[Request] = deque()
            taken: set[UUID] = set()
            facts = 0
            while self._queue and facts < BATCH_FACTS_MAX:
                request = self._queue.popleft()
                # A request that waits makes those behind it with the same keys wait too.
                waits = not taken.isdisjoint(request.keys)
                taken |= request.keys
                if waits:
                    later.append(request)
                else:
                    batch.append(request)
                    facts += len(request.events)
            later.extend(self._queue)
            self._queue = later
            return batch

    def _write(self, batch: list[Request]) -> None:
        attempt = 0
        while batch:
            try:
                self._try(batch)
            except psycopg.Error as problem:
                if is_lost(problem):
                    batch = self._outlast(batch, problem, attempt)
                    attempt += 1
                elif len(batch) > 1:
                    for request in batch:
                        self._write([request])
                    return
                else:
                    return self._conclude(batch[0], problem)
            else:
                return

    def _try(self, batch: list[Request]) -> None:
        connection = self._connected()
        if batch[0].doubtful and (found := self._already(connection, batch[0])):
            # The batch is one statement: when its first facts are stored, all are.
            base = found[0] - 1
        else:
            row = connection.execute(APPEND, _arrays(batch)).fetchone()
            assert row is not None  # noqa: S101 - a function returns a row
            base = int(row[0])
        for request in batch:
            first, base = base + 1, base + len(request.events)
            request.succeed(list(range(first, base + 1)))
        self._committed(base)

    def _outlast(
        self, batch: list[Request], problem: psycopg.Error, attempt: int
    ) -> list[Request]:
        """Wait a little for the database to come back; those out of patience give up."""
        self._disconnect()
        now = monotonic()
        for request in batch:
            request.doubtful = True
            if now > request.deadline:
                request.fail(
                    OperationalError(f"the database is away, outcome unknown: {problem}")
                )
        sleep(back_off(attempt))
        return [request for request in batch if not request.done.is_set()]

    def _conclude(self, request: Request, problem: psycopg.Error) -> None:
        """Settle a request that the database refused by itself."""
        ours = library_error(problem)
        if request.doubtful and isinstance(ours, IntegrityError):
            # The lost connection may have committed after we looked: it is ours then.
            try:
                found = self._already(self._connected(), request)
            except psycopg.Error as lost:
                return request.fail(library_error(lost))
            if found is not None:
                self._committed(found[-1])
                return request.succeed(found)
        ours.__cause__ = problem
        return request.fail(ours)

    def _already(
        self, connection: psycopg.Connection[Any], request: Request
    ) -> list[int] | None:
        """The positions of a request that is stored in full, or None."""
        rows = connection.execute(ALREADY, _arrays([request])[:4]).fetchall()
        return [row[0] for row in rows] if len(rows) == len(request.events) else None

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._dsn, autocommit=True, prepare_threshold=0, connect_timeout=5
            )
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _arrays(batch: list[Request]) -> list[Any]:
    """The batch as the arrays that ``log.append`` takes."""
    events = [event for request in batch for event in request.events]
    occurred: list[datetime | None] = [getattr(e, "occurred_at", None) for e in events]
    voiced: list[UUID] = []
    fingerprints: list[bytes] = []
    last: list[int] = []
    before = 0
    for request in batch:
        for command in request.commands:
            voiced.append(command.command_id)
            fingerprints.append(command.fingerprint)
            # Of several commands in one request (store/bulk.py) each says where it ends.
            last.append(before + getattr(command, "last", len(request.events)))
        before += len(request.events)
    return [
        [UUID(str(event.originator_id)) for event in events],
        [event.originator_version for event in events],
        [event.topic for event in events],
        [event.state for event in events],
        occurred,
        voiced,
        fingerprints,
        last,
    ]
