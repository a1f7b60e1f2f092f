"""The Kafka feed: batches of a topic folded into views, each fact once, in order.

State, offsets and the last fact of each case are written in one PostgreSQL transaction.
So it does not matter how often or from where Kafka delivers: what was taken is skipped,
what comes too early is left until it comes again. See docs/decisions/0006.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from consumers import wire
from projections.engine import Fenced
from projections.ground import (
    Connection,
    Cursor,
    drop,
    lock_number,
    make_ground,
    stuck_keys,
)
from projections.storing import Memory, take_batch
from projections.view import View, of_stream
from store.log import Entry

if TYPE_CHECKING:
    from store import Store

BESIDE = "__kafka"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as Kafka handed it over."""

    partition: int
    offset: int
    payload: bytes


@dataclass(slots=True)
class Taken:
    """What became of a batch.

    ``folded`` facts are new; ``seen`` were folded before (a second delivery, or a second
    publication); ``early`` came before an earlier fact of their case, and will come
    again; ``unreadable`` are no facts. ``missing`` says by partition which offset should
    have come next and did not: what came behind it was left.
    """

    folded: int = 0
    seen: int = 0
    early: int = 0
    unreadable: int = 0
    missing: dict[int, int] = field(default_factory=dict)


def beside(view: View[Any]) -> View[Any]:
    """The same view over tables of its own, which only this feed writes."""
    return replace(
        view,
        table=view.table.renamed(BESIDE),
        tallies=tuple(replace(t, table=t.table.renamed(BESIDE)) for t in view.tallies),
        occurrences=tuple(
            replace(o, table=o.table.renamed(BESIDE)) for o in view.occurrences
        ),
    )


class KafkaFeed:
    """Folds a topic into views of its own (``handovers__kafka``), whose rows are cases.

    ``name`` is that of the feed and of its consumer group. Any number of processes may
    share a feed: each partition is taken by whoever has it, under a lock on its offset.
    Raises ValueError for a view that folds facts of several cases into one row, for
    their order is known within a case only.
    """

    def __init__(
        self, store: Store, views: Iterable[View[Any]], topic_id: UUID, *, name: str
    ) -> None:
        self.name = name
        self.views = tuple(beside(view) for view in views)
        self._store = store
        self._topic_id = topic_id
        shapes = "".join(f"{view.name} {view.fingerprint};" for view in self.views)
        self.fingerprint = hashlib.sha256(shapes.encode()).hexdigest()[:16]
        for view in self.views:
            if view.log_order or any(h.key is not of_stream for h in view.handlers):
                raise ValueError(f"{view.name} is not folded case by case")

    # The tables -----------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the tables; anew, and fed from the first message, when they changed."""
        with self._store.pool.connection() as connection:
            make_ground(connection)
            connection.execute(
                "SELECT pg_advisory_xact_lock(%s)", [lock_number(f"kafka:{self.name}")]
            )
            before = connection.execute(
                "SELECT fingerprint FROM kafka.feeds WHERE feed = %s", [self.name]
            ).fetchone()
            if before != (self.fingerprint,):
                self._make_tables(connection)

    def _make_tables(self, connection: Connection) -> None:
        tables = [table for view in self.views for table in view.tables]
        drop(connection, [table.name for table in tables])
        for table in tables:
            connection.execute(table.sql_create())
            for finishing in table.sql_finish():
                connection.execute(finishing)
        names = [view.name for view in self.views]
        connection.execute("DELETE FROM views.parked WHERE view = ANY(%s)", [names])
        connection.execute("DELETE FROM kafka.offsets WHERE feed = %s", [self.name])
        connection.execute("DELETE FROM kafka.streams WHERE feed = %s", [self.name])
        connection.execute(
            "INSERT INTO kafka.feeds VALUES (%s, %s)"
            " ON CONFLICT (feed) DO UPDATE SET fingerprint = excluded.fingerprint",
            [self.name, self.fingerprint],
        )

    # Taking ---------------------------------------------------------------------------

    def next_offsets(self) -> dict[int, int]:
        """By partition, the first offset that was not taken; a partition not named: 0."""
        with self._store.pool.connection() as connection:
            rows = connection.execute(
                "SELECT partition, next_offset FROM kafka.offsets"
                " WHERE feed = %s AND topic_id = %s",
                [self.name, self._topic_id],
            )
            return {int(partition): int(offset) for partition, offset in rows.fetchall()}

    def take(self, deliveries: Sequence[Delivery]) -> Taken:
        """Fold what is new and save up to where, in one transaction.

        A batch that cannot be written as it is is tried again row by row, and the fact
        that does not fit is parked. Raises psycopg.Error when the database is away.
        """
        try:
            return self._take(deliveries, carefully=False)
        except (Fenced, psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:
            log.exception("a batch of %d messages could not be written", len(deliveries))
            return self._take(deliveries, carefully=True)

    def _take(self, deliveries: Sequence[Delivery], *, carefully: bool) -> Taken:
        taken = Taken()
        with self._store.pool.connection() as connection, connection.cursor() as cursor:
            self._hold(cursor)
            expected = self._lock(cursor, sorted({d.partition for d in deliveries}))
            unseen = self._unseen(deliveries, expected, taken)
            entries, versions = self._in_turn(cursor, unseen, taken)
            memory = Memory()
            memory.stuck = {view.name: stuck_keys(connection, view) for view in self.views}
            take_batch(cursor, self.views, entries, memory, carefully=carefully)
            self._save(cursor, expected, versions)
        return taken

    def _hold(self, cursor: Cursor) -> None:
        """Until the commit, nobody makes the tables anew."""
        cursor.execute(
            "SELECT 1 FROM kafka.feeds WHERE feed = %s AND fingerprint = %s FOR SHARE",
            [self.name, self.fingerprint],
        )
        if cursor.fetchone() is None:
            raise Fenced(f"the tables of {self.name} were made anew by another program")

    def _lock(self, cursor: Cursor, partitions: list[int]) -> dict[int, int]:
        """The next offset of each partition, in our hands alone until the commit."""
        mine = [self.name, self._topic_id, partitions]
        cursor.execute(
            "INSERT INTO kafka.offsets SELECT %s, %s, p, 0 FROM unnest(%s::integer[]) AS p"
            " ORDER BY p ON CONFLICT DO NOTHING",
            mine,
        )
        cursor.execute(
            "SELECT partition, next_offset FROM kafka.offsets WHERE feed = %s"
            " AND topic_id = %s AND partition = ANY(%s) ORDER BY partition FOR UPDATE",
            mine,
        )
        return {int(partition): int(offset) for partition, offset in cursor.fetchall()}

    def _unseen(
        self, deliveries: Sequence[Delivery], expected: dict[int, int], taken: Taken
    ) -> list[Entry]:
        """The facts at offsets not taken yet, without a gap; moves ``expected`` on."""
        entries: list[Entry] = []
        for each in sorted(deliveries, key=lambda d: (d.partition, d.offset)):
            if each.offset < expected[each.partition]:
                taken.seen += 1
            elif each.offset > expected[each.partition]:
                taken.missing[each.partition] = expected[each.partition]
            else:
                expected[each.partition] += 1
                try:
                    entries.append(wire.entry(each.payload))
                except wire.Unreadable as why:
                    taken.unreadable += 1
                    log.error(  # noqa: TRY400 - the message is at fault, not the program
                        "partition %d, offset %d: %s", each.partition, each.offset, why
                    )
        return entries

    def _in_turn(
        self, cursor: Cursor, entries: list[Entry], taken: Taken
    ) -> tuple[list[Entry], dict[UUID, int]]:
        """The facts that are the next of their case, and the last of each case then."""
        cursor.execute(
            "SELECT stream_id, version FROM kafka.streams"
            " WHERE feed = %s AND stream_id = ANY(%s)",
            [self.name, list({e.fact.originator_id for e in entries})],
        )
        last: dict[UUID, int] = dict(cursor.fetchall())
        moved: dict[UUID, int] = {}
        in_turn: list[Entry] = []
        for entry in entries:
            case, version = entry.fact.originator_id, entry.fact.originator_version
            next_version = moved.get(case, last.get(case, 0)) + 1
            if version == next_version:
                moved[case] = version
                in_turn.append(entry)
            elif version < next_version:
                taken.seen += 1
            else:
                taken.early += 1
                log.warning(
                    "fact %d of case %s came before %d", version, case, next_version
                )
        taken.folded = len(in_turn)
        return in_turn, moved

    def _save(
        self, cursor: Cursor, offsets: dict[int, int], versions: dict[UUID, int]
    ) -> None:
        cursor.execute(
            "UPDATE kafka.offsets o SET next_offset = n.next_offset"
            " FROM unnest(%s::integer[], %s::bigint[]) AS n (partition, next_offset)"
            " WHERE o.feed = %s AND o.topic_id = %s AND o.partition = n.partition",
            [list(offsets), list(offsets.values()), self.name, self._topic_id],
        )
        cases = sorted(versions)
        cursor.execute(
            "INSERT INTO kafka.streams SELECT %s, n.stream_id, n.version"
            " FROM unnest(%s::uuid[], %s::bigint[]) AS n (stream_id, version)"
            " ON CONFLICT (feed, stream_id) DO UPDATE SET version = excluded.version",
            [self.name, cases, [versions[case] for case in cases]],
        )
