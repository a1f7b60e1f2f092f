"""Marks: how far the log is in the topic, and from that, how far a feed has settled.

A mark says: everything of the log up to ``position`` is in the topic before the offsets
``ends``, one a partition. The relay sets one after each batch that was acknowledged. A feed
whose saved offsets have come to the ends of a mark has taken everything up to its position,
however far ahead of the others it is in some partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

if TYPE_CHECKING:
    from projections.ground import Cursor

Connection = psycopg.Connection[tuple[Any, ...]]

MARKS_KEPT = 10_000
PRUNE_EVERY = 500
LOOK_AHEAD = 500


class Deposed(Exception):
    """Another relay has moved the position: this one leads no longer."""


class Holed(Exception):
    """The topic lacks facts that it is said to hold: they are to be had from the log."""


def mark(
    connection: Connection, topic_id: UUID, before: int, position: int, ends: Sequence[int]
) -> None:
    """Save that all up to ``position`` was acknowledged, in one transaction.

    Raises Deposed when the relay no longer stands at ``before``.
    """
    with connection.transaction():
        moved = connection.execute(
            "UPDATE kafka.relayed SET position = %s WHERE topic_id = %s AND position = %s",
            [position, topic_id, before],
        )
        if moved.rowcount != 1:
            raise Deposed(f"position {before} of the relay was moved by another")
        connection.execute(
            "INSERT INTO kafka.marks (topic_id, position, ends) VALUES (%s, %s, %s)"
            " ON CONFLICT (topic_id, position) DO UPDATE SET ends = excluded.ends",
            [topic_id, position, list(ends)],
        )


def prune(connection: Connection, topic_id: UUID) -> None:
    """Forget all but the newest marks. A feed that is further behind has settled nothing
    until it comes to the oldest that is kept."""
    connection.execute(
        "DELETE FROM kafka.marks WHERE topic_id <> %s OR position <"
        " (SELECT position FROM kafka.marks WHERE topic_id = %s"
        "  ORDER BY position DESC OFFSET %s LIMIT 1)",
        [topic_id, topic_id, MARKS_KEPT],
    )


def last_ends(connection: Connection, topic_id: UUID, partitions: int) -> list[int]:
    """The ends of the last mark of a topic; zeros when there is none."""
    found = connection.execute(
        "SELECT ends FROM kafka.marks WHERE topic_id = %s ORDER BY position DESC LIMIT 1",
        [topic_id],
    ).fetchone()
    ends = list(found[0]) if found else []
    return [*ends, *[0] * (partitions - len(ends))]


def ends_at(cursor: Cursor, topic_id: UUID, position: int) -> list[int]:
    """The ends of the last mark at or before a position; empty when none is kept."""
    found = cursor.execute(
        "SELECT ends FROM kafka.marks WHERE topic_id = %s AND position <= %s"
        " ORDER BY position DESC LIMIT 1",
        [topic_id, position],
    ).fetchone()
    return list(found[0]) if found else []


def settle(
    connection: Connection, feed: str, views: Iterable[str], topic_id: UUID
) -> int | None:
    """Move the views of a feed on to where it has settled; None when it is no further.

    Raises Holed when a fact is still missing that the topic ought to have brought.
    """
    names = sorted(views)
    with connection.transaction():
        # Whoever holds them (a rebuild, a change of hands, another worker) goes first, and
        # nobody waits: it is settled with the next batch.
        stands = connection.execute(
            "SELECT position FROM views.positions WHERE view = ANY(%s) AND feed = %s"
            " ORDER BY view FOR NO KEY UPDATE SKIP LOCKED",
            [names, feed],
        ).fetchall()
        if len(stands) != len(names):
            return None
        settled = _settled(connection, feed, topic_id, min(row[0] for row in stands))
        if settled is not None:
            connection.execute(
                "UPDATE views.positions SET position = %s"
                " WHERE view = ANY(%s) AND feed = %s AND position < %s",
                [settled, names, feed, settled],
            )
    return settled


def _settled(connection: Connection, feed: str, topic_id: UUID, after: int) -> int | None:
    offsets: dict[int, int] = dict(
        connection.execute(
            "SELECT partition, next_offset FROM kafka.offsets"
            " WHERE feed = %s AND topic_id = %s",
            [feed, topic_id],
        ).fetchall()
    )
    found = None
    for position, ends in connection.execute(
        "SELECT position, ends FROM kafka.marks WHERE topic_id = %s AND position > %s"
        " ORDER BY position LIMIT %s",
        [topic_id, after, LOOK_AHEAD],
    ).fetchall():
        if any(end > offsets.get(partition, 0) for partition, end in enumerate(ends)):
            break
        found = position
    if found is not None:
        early = connection.execute(
            "SELECT min(position) FROM kafka.early WHERE feed = %s", [feed]
        ).fetchone()
        if early and early[0] is not None and early[0] <= found:
            raise Holed(f"no fact before position {early[0]} of its case has come")
    return found


def settle_all(connection: Connection, topic_id: UUID) -> None:
    """Settle every feed, once a mark is set: its workers may have been quicker than it.

    A hole is left to the workers, who can mend it.
    """
    feeds = connection.execute(
        "SELECT feed, array_agg(view) FROM views.positions WHERE feed <> 'log' GROUP BY 1"
    ).fetchall()
    for feed, views in feeds:
        try:
            settle(connection, feed, views, topic_id)
        except Holed:
            continue
