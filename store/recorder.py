"""The library's recorders on our log: append through the one writer, read in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    Notification,
    StoredEvent,
    Subscription,
)

from store.database import Pool, fetch, translated
from store.snapshots import is_outdated
from store.writer import Writer

LOG = logging.getLogger(__name__)
FACTS = "SELECT stream_id, version, topic, state FROM log.facts WHERE stream_id = %b"
SNAPSHOTS = (
    "SELECT stream_id, version, topic, state FROM log.snapshots WHERE stream_id = %b"
)
NOTIFICATIONS = (
    "SELECT stream_id, version, topic, state, position FROM log.facts WHERE position > %b"
)


class LogRecorder(ApplicationRecorder):
    """Facts in one total order, gapless; their commands stored with them."""

    def __init__(self, dsn: str, pool: Pool) -> None:
        """``dsn`` is for the writer's own connection, ``pool`` for reading."""
        self.dsn = dsn
        self._pool = pool
        self._listeners: list[Callable[[int], None]] = []
        self._listeners_lock = threading.Lock()
        self._writer = Writer(dsn, self._committed)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int]:
        """Append and return positions; ``commands`` is a sequence of domain.desk.Voiced.

        Raises IntegrityError when a (stream, version) or command id is taken, and
        OperationalError when the outcome is unknown because the database stays away.
        """
        if not stored_events:
            return []
        return self._writer.append(stored_events, kwargs.get("commands", ()))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        return select_stream(
            self._pool, FACTS, originator_id, gt=gt, lte=lte, desc=desc, limit=limit
        )

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        query = NOTIFICATIONS
        arguments: list[Any] = [(start or 0) - (1 if start and inclusive_of_start else 0)]
        if stop is not None:
            query += " AND position <= %b"
            arguments.append(stop)
        if topics:
            query += " AND topic = ANY(%b)"
            arguments.append(list(topics))
        query += " ORDER BY position LIMIT %b"
        arguments.append(limit)
        rows = fetch(self._pool, query, arguments)
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        rows = fetch(self._pool, "SELECT pos FROM log.head WHERE pos > 0", [])
        return rows[0][0] if rows else None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        from store.subscription import LogSubscription  # noqa: PLC0415 - it reads us

        return LogSubscription(self, gt=gt, topics=topics)

    # Waking those who wait in this process ----------------------------------------------

    def listen(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call ``listener(position)`` after each commit here; returns how to undo that."""
        with self._listeners_lock:
            self._listeners = [*self._listeners, listener]

        def undo() -> None:
            with self._listeners_lock:
                self._listeners = [each for each in self._listeners if each != listener]

        return undo

    def _committed(self, position: int) -> None:
        for listener in self._listeners:
            try:
                listener(position)
            except Exception:
                LOG.exception("a listener failed at position %d", position)

    def close(self) -> None:
        """Write what is queued, and stop."""
        self._writer.close()


class SnapshotRecorder(AggregateRecorder):
    """Snapshots of long streams: derived from the facts, and may be thrown away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ARG002 - the library passes what it has
    ) -> Sequence[int] | None:
        """Keep snapshots; raises IntegrityError when one of that version is there."""
        if stored_events:
            with translated(), self._pool.connection() as connection:
                connection.execute(
                    "INSERT INTO log.snapshots SELECT * FROM "
                    "unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[])",
                    [
                        [event.originator_id for event in stored_events],
                        [event.originator_version for event in stored_events],
                        [event.topic for event in stored_events],
                        [event.state for event in stored_events],
                    ],
                )
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Snapshots that today's code can use; the others count as not there."""
        found = select_stream(
            self._pool, SNAPSHOTS, originator_id, gt=gt, lte=lte, desc=desc, limit=limit
        )
        return [each for each in found if not is_outdated(each.topic)]


def select_stream(
    pool: Pool,
    select: str,
    stream_id: UUID | str,
    *,
    gt: int | None,
    lte: int | None,
    desc: bool,
    limit: int | None,
) -> list[StoredEvent]:
    """Read one stream in the order of versions; ``select`` is FACTS or SNAPSHOTS."""
    query = select
    arguments: list[Any] = [stream_id]
    if gt is not None:
        query += " AND version > %b"
        arguments.append(gt)
    if lte is not None:
        query += " AND version <= %b"
        arguments.append(lte)
    query += " ORDER BY version DESC" if desc else " ORDER BY version"
    if limit is not None:
        query += " LIMIT %b"
        arguments.append(limit)
    return [StoredEvent(*row) for row in fetch(pool, query, arguments)]
