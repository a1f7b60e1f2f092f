"""The one writer of a process: whatever queues up during a commit is the next batch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Any, Protocol
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from store.database import PATIENCE_SECONDS, back_off, is_lost, library_error

BATCH_FACTS_MAX = 5_000

APPEND = b"""SELECT log.append(
    %b::uuid[], %b::bigint[], %b::text[], %b::bytea[],
    %b::timestamptz[], %b::uuid[], %b::bytea[], %b::bigint[])"""

# Facts of a request that are in the log just as it has them: same place, same words.
ALREADY = b"""SELECT f.position
    FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[])
         WITH ORDINALITY AS mine(stream_id, version, topic, state, o)
    JOIN log.facts f USING (stream_id, version, topic, state) ORDER BY mine.o"""

# Which of these places, or of these command ids, are taken: their numbers as given.
TAKEN = b"""SELECT mine.n
    FROM unnest(%b::uuid[], %b::bigint[], %b::int[]) AS mine(stream_id, version, n)
    JOIN log.facts USING (stream_id, version)
    UNION SELECT mine.n
    FROM unnest(%b::uuid[], %b::int[]) AS mine(command_id, n)
    JOIN log.commands USING (command_id)"""


class Voiced(Protocol):
    """A command as ``domain.desk.Voiced`` has it.

    One of many in a request also says which is its own ``last`` fact (counted from 1,
    see ``store.bulk``); otherwise that is the last fact of the request.
    """

    @property
    def command_id(self) -> UUID: ...
    @property
    def fingerprint(self) -> bytes: ...


class Request:
    """Facts to append together with the commands that led to them, and what came of it."""

    __slots__ = (
        "commands",
        "deadline",
        "done",
        "doubtful",
        "events",
        "keys",
        "positions",
        "problem",
    )

    def __init__(self, events: Sequence[StoredEvent], commands: Sequence[Voiced]) -> None:
        self.events = events
        self.commands = commands
        self.deadline = monotonic() + PATIENCE_SECONDS
        self.keys = {event.originator_id for event in events}
        self.keys.update(command.command_id for command in commands)
        # It was under way when a connection broke: it may be stored, or not.
        self.doubtful = False
        self.positions: list[int] = []
        self.problem: Exception | None = None
        self.done = threading.Event()

    def succeed(self, base: int) -> None:
        """Its facts are at the positions that follow ``base``."""
        self.positions = list(range(base + 1, base + 1 + len(self.events)))
        self.done.set()

    def fail(self, problem: Exception) -> None:
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
        self._under_way: list[Request] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="huiyin-writer", daemon=True)
        self._thread.start()

    def append(
        self, events: Sequence[StoredEvent], commands: Sequence[Voiced]
    ) -> list[int]:
        """Append and return the positions, once they are on the disk.

        Raises the library's IntegrityError when a (stream, version) or a command id is
        taken, and OperationalError when the database stays away: then it is not known
        whether the facts are stored, and the same command id finds out.
        """
        request = Request(events, commands)
        with self._changed:
            if self._closing:
                raise OperationalError("the store is closed")
            self._queue.append(request)
            self._changed.notify()
        request.done.wait()
        if request.problem is not None:
            raise request.problem
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
                self._under_way = batch
                self._write(batch)
        finally:
            self._disconnect()
            # Only after a fault of ours is anybody left: nobody may wait for a dead thread.
            with self._changed:
                self._closing = True
                for request in (*self._under_way, *self._queue):
                    if not request.done.is_set():
                        request.fail(
                            OperationalError("the writer stopped, outcome unknown")
                        )

    def _next_batch(self) -> list[Request]:
        """All that is queued, but a stream or command id only once; empty when closing."""
        with self._changed:
            while not self._queue and not self._closing:
                self._changed.wait()
            batch: list[Request] = []
            later: deque[Request] = deque()
            taken: set[UUID | str] = set()
            facts = 0
            while self._queue and facts < BATCH_FACTS_MAX:
                request = self._queue.popleft()
                # Two of one stream in a batch would be acknowledged together though only
                # one can be stored. Whoever waits makes those behind it wait too.
                waits = not taken.isdisjoint(request.keys)
                taken |= request.keys
                if waits:
                    later.append(request)
                else:
                    batch.append(request)
                    facts += len(request.events)
            self._queue.extendleft(reversed(later))
            return batch

    def _write(self, batch: list[Request]) -> None:
        """Bring every request of the batch to an end, good or bad."""
        failures = 0
        while batch:
            try:
                batch = self._append_most(self._without_stored(batch))
            except psycopg.Error as problem:
                if is_lost(problem):
                    batch = self._outlast(batch, problem, failures)
                    failures += 1
                    continue
                if len(batch) == 1:
                    self._conclude(batch[0], problem)
                else:
                    middle = len(batch) // 2
                    self._write(batch[:middle])
                    self._write(batch[middle:])
                return

    def _append_most(self, batch: list[Request]) -> list[Request]:
        """Append the batch; or settle those whose places are taken and return the rest.

        Under contention a batch holds many of them: one look finds all, and whoever has
        no part in it is not written one by one. Raises psycopg.Error.
        """
        try:
            self._append(batch)
        except psycopg.errors.UniqueViolation as problem:
            taken = self._taken(batch) if len(batch) > 1 else []
            if not taken:
                raise
            for request in taken:
                self._conclude(request, problem)
        return [request for request in batch if not request.done.is_set()]

    def _taken(self, batch: list[Request]) -> list[Request]:
        """Those with a place or a command id that is in the log already."""
        places = [(e, n) for n, request in enumerate(batch) for e in request.events]
        voiced = [(c, n) for n, request in enumerate(batch) for c in request.commands]
        rows = self._connected().execute(
            TAKEN,
            [
                [event.originator_id for event, _ in places],
                [event.originator_version for event, _ in places],
                [n for _, n in places],
                [command.command_id for command, _ in voiced],
                [n for _, n in voiced],
            ],
        )
        return [batch[n] for (n,) in sorted(rows.fetchall())]

    def _append(self, batch: list[Request]) -> None:
        if not batch:
            return
        row = self._connected().execute(APPEND, arrays(batch)).fetchone()
        base = int(row[0]) if row else 0
        for request in batch:
            request.succeed(base)
            base += len(request.events)
        self._committed(base)

    def _without_stored(self, batch: list[Request]) -> list[Request]:
        """Acknowledge what a broken connection had committed after all; return the rest."""
        for request in batch:
            if request.doubtful:
                self._acknowledge_stored(request)
        return [request for request in batch if not request.done.is_set()]

    def _acknowledge_stored(self, request: Request) -> None:
        rows = self._connected().execute(ALREADY, arrays([request])[:4]).fetchall()
        # A request is stored in one statement: all of it or nothing.
        if len(rows) == len(request.events):
            request.succeed(rows[0][0] - 1)
            self._committed(rows[-1][0])

    def _outlast(
        self, batch: list[Request], problem: psycopg.Error, failures: int
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
        sleep(back_off(failures))
        return [request for request in batch if not request.done.is_set()]

    def _conclude(self, request: Request, problem: psycopg.Error) -> None:
        """Settle a request that the database refused by itself."""
        ours = library_error(problem)
        if request.doubtful and isinstance(ours, IntegrityError):
            # The lost connection may have committed just after we had looked.
            try:
                self._acknowledge_stored(request)
            except psycopg.Error as lost:
                ours = library_error(lost)
        if not request.done.is_set():
            ours.__cause__ = problem
            request.fail(ours)

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


def arrays(batch: Sequence[Request]) -> list[Any]:
    """The batch as the arrays that ``log.append`` takes."""
    events = [event for request in batch for event in request.events]
    voiced: list[tuple[UUID, bytes, int]] = []
    before = 0
    for request in batch:
        for command in request.commands:
            last = getattr(command, "last", len(request.events))
            voiced.append((command.command_id, command.fingerprint, before + last))
        before += len(request.events)
    return [
        [event.originator_id for event in events],
        [event.originator_version for event in events],
        [event.topic for event in events],
        [event.state for event in events],
        [getattr(event, "occurred_at", None) for event in events],
        [command_id for command_id, _, _ in voiced],
        [fingerprint for _, fingerprint, _ in voiced],
        [last for _, _, last in voiced],
    ]
