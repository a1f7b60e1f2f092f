"""Reading the log: in order, by stream, and as it stood at a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.fact import Fact
from store.database import Pool, fetch, translated
from store.mapper import FactMapper

PAGE = 5_000
FACTS = "SELECT position, recorded_at, stream_id, version, topic, state FROM log.facts "

# No fact of a stream happened before those it rests on: one that says so (another system's
# clock ran backwards) counts from when its predecessors had happened. So every moment has
# the beginning of each stream, and never a piece out of its middle.
HAPPENED_BY = """WITH happened AS (
    SELECT position,
           max(occurred_at) OVER (PARTITION BY stream_id ORDER BY version) AS happened_at
    FROM log.facts WHERE position <= %b
) SELECT position, recorded_at, stream_id, version, topic, state
FROM log.facts JOIN happened USING (position)
WHERE happened_at <= %b ORDER BY happened_at, position"""

# Positions have no gap and recorded_at never falls, so a search by halves needs no index.
KNOWN_AT = """WITH RECURSIVE halves(lo, hi) AS (
    SELECT 0::bigint, pos FROM log.head
    UNION ALL
    SELECT CASE WHEN known THEN mid ELSE lo END, CASE WHEN known THEN hi ELSE mid - 1 END
    FROM (SELECT lo, hi, (lo + hi + 1) / 2 AS mid FROM halves WHERE lo < hi) AS half,
         LATERAL (SELECT recorded_at <= %b AS known FROM log.facts WHERE position = mid)
) SELECT max(lo) FROM halves"""


class Entry(msgspec.Struct, frozen=True):
    """One fact at its place. ``recorded_at`` (UTC) never falls as ``position`` rises."""

    position: int
    recorded_at: datetime
    fact: Fact


class Log:
    """The log as a reader sees it: gapless, in order, decoded.

    All reads raise MapperDeserialisationError for a fact that this program cannot read,
    naming its position, stream and topic.
    """

    def __init__(self, pool: Pool, mapper: FactMapper) -> None:
        self._pool = pool
        self._mapper = mapper

    def head(self) -> int:
        """The position of the last fact; 0 when there is none."""
        return int(fetch(self._pool, "SELECT pos FROM log.head", [])[0][0])

    def known_at(self, moment: datetime) -> int:
        """The greatest position recorded at or before a moment; 0 when there is none."""
        return int(fetch(self._pool, KNOWN_AT, [moment])[0][0])

    def places(self, positions: Collection[int]) -> dict[int, tuple[UUID, int, str]]:
        """Stream, version and topic of the facts at these positions, readable or not."""
        query = (
            "SELECT position, stream_id, version, topic FROM log.facts"
            " WHERE position = ANY(%b)"
        )
        rows = fetch(self._pool, query, [list(positions)])
        return {
            position: (stream, version, topic) for position, stream, version, topic in rows
        }

    def versions(self, streams: Collection[UUID], upto: int) -> dict[UUID, int]:
        """The last version of each of these streams up to a position; none: not named."""
        query = (
            "SELECT stream_id, max(version) FROM log.facts"
            " WHERE stream_id = ANY(%b) AND position <= %b GROUP BY stream_id"
        )
        return dict(fetch(self._pool, query, [list(streams), upto]))

    def read(self, after: int, limit: int, *, topics: Sequence[str] = ()) -> list[Entry]:
        """At most ``limit`` entries behind position ``after``, in order."""
        query = FACTS + "WHERE position > %b"
        arguments: list[Any] = [after]
        if topics:
            query += " AND topic = ANY(%b)"
            arguments.append(list(topics))
        query += " ORDER BY position LIMIT %b"
        return self._entries(fetch(self._pool, query, [*arguments, limit]))

    def stream(self, stream_id: UUID, upto_position: int | None = None) -> list[Entry]:
        """All facts of one stream, in order, perhaps only those up to a position."""
        query = FACTS + "WHERE stream_id = %b"
        arguments: list[Any] = [stream_id]
        if upto_position is not None:
            query += " AND position <= %b"
            arguments.append(upto_position)
        return self._entries(fetch(self._pool, query + " ORDER BY version", arguments))

    def scan(self, upto: int | None = None, *, after: int = 0) -> Iterator[Entry]:
        """Every fact behind a position in order, up to one or to the head as it stands now.

        What comes before a fact that cannot be read is told before that is raised.
        """
        upto = self.head() if upto is None else upto
        query = FACTS + "WHERE position > %b AND position <= %b ORDER BY position LIMIT %b"
        while rows := fetch(self._pool, query, [after, upto, PAGE]):
            yield from map(self._entry, rows)
            after = rows[-1][0]

    def happened_by(self, moment: datetime, upto: int | None = None) -> Iterator[Entry]:
        """What had happened by a moment, in the order of occurrence, then of position.

        A stream's facts always come in their own order, each at the earliest when those
        before it had happened. ``upto``: as known at that position, by default now.
        """
        upto = self.head() if upto is None else upto
        return self._cursor(HAPPENED_BY, [upto, moment])

    def by_stream(self, upto: int | None = None) -> Iterator[Entry]:
        """Whole streams one after the other, each in order, up to a position."""
        upto = self.head() if upto is None else upto
        tail = "WHERE position <= %b ORDER BY stream_id, version"
        return self._cursor(FACTS + tail, [upto])

    def _cursor(self, query: str, arguments: list[Any]) -> Iterator[Entry]:
        """Rows by a cursor of the server, page by page; holds a connection meanwhile."""
        with (
            translated(),
            self._pool.connection() as connection,
            connection.cursor("huiyin_log", binary=True) as cursor,
        ):
            cursor.execute(query.encode(), arguments)
            while rows := cursor.fetchmany(PAGE):
                yield from self._entries(rows)

    def _entries(self, rows: Sequence[tuple[Any, ...]]) -> list[Entry]:
        return [self._entry(row) for row in rows]

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        position, recorded_at, stream_id, version, topic, state = row
        fact = self._mapper.decode(stream_id, version, topic, state, position)
        return Entry(position, recorded_at, fact)
