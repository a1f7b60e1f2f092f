"""The ground the engine stands on: where each view stands, what it owns, what it parked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg
from psycopg.sql import SQL, Identifier

from projections.folding import Parked
from projections.table import SCHEMA, Key
from projections.view import View

Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]

LOG = "log"
MAKING = "huiyin views: making the ground"

GROUND = """
CREATE TABLE IF NOT EXISTS views.positions (
    view        text PRIMARY KEY,
    position    bigint NOT NULL,
    fingerprint text NOT NULL DEFAULT '',
    built       bigint NOT NULL DEFAULT 0,
    tables      text[] NOT NULL DEFAULT '{}',
    feed        text NOT NULL DEFAULT 'log',
    floor       bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS views.parked (
    view     text NOT NULL,
    key      text NOT NULL,
    position bigint NOT NULL,
    reason   text NOT NULL,
    PRIMARY KEY (view, key, position)
);
"""


class Standing(msgspec.Struct, frozen=True):
    """Where a view stands: the last position folded, of which shape, built how many times.

    ``built`` rises with every rebuild, retry and change of hands: whoever remembers rows
    from before must forget them. ``feed`` brings it facts: the log, or the Kafka feed of
    that name. Fed by Kafka it may have folded more of some cases than of others: all facts
    up to ``position``, and not from Kafka but from the log those up to ``floor``.
    """

    view: str
    position: int
    fingerprint: str
    built: int
    tables: tuple[str, ...] = ()
    feed: str = LOG
    floor: int = 0


def make_ground(connection: Connection) -> None:
    """Make the engine's own two tables, once; safe when several processes start at once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(MAKING)])
        connection.execute(GROUND)


def lock_number(name: str) -> int:
    """A name as the number of an advisory lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def lock_of(view: str) -> int:
    """The lock of a view: who feeds it from the log holds it alone, the workers of a Kafka
    feed share it."""
    return lock_number(f"views:{view}")


def standings(
    cursor: Cursor | Connection, *, lock: Iterable[str] = ()
) -> dict[str, Standing]:
    """Where every view stands; the rows of ``lock`` are held until the transaction ends."""
    locked = sorted(lock)
    if locked:
        cursor.execute(
            "SELECT 1 FROM views.positions WHERE view = ANY(%s) ORDER BY view FOR UPDATE",
            [locked],
        )
    rows = cursor.execute(
        "SELECT view, position, fingerprint, built, tables, feed, floor"
        " FROM views.positions"
    ).fetchall()
    return {
        view: Standing(view, position, fingerprint, built, tuple(tables), feed, floor)
        for view, position, fingerprint, built, tables, feed, floor in rows
    }


def stuck_keys(cursor: Cursor | Connection, view: View[Any]) -> dict[Key, int]:
    """The parked keys of a view, each with the position from which on it is parked."""
    rows = cursor.execute(
        "SELECT key, min(position) FROM views.parked"
        " WHERE view = %s AND key <> '[]' GROUP BY key",
        [view.name],
    ).fetchall()
    table = view.table
    return {table.values_from_text(text, table.key): first for text, first in rows}


def parked_facts(cursor: Cursor | Connection, views: Iterable[View[Any]]) -> list[Parked]:
    """Every parked fact of these views, in order."""
    rows = cursor.execute(
        "SELECT view, key, position, reason FROM views.parked"
        " WHERE view = ANY(%s) ORDER BY view, position, key",
        [[view.name for view in views]],
    )
    return [Parked(*row) for row in rows.fetchall()]


def enter(cursor: Cursor | Connection, view: View[Any], position: int, built: int) -> None:
    """Say that a view stands at a position, in the tables it has now, whoever feeds it."""
    tables = [table.name for table in view.tables]
    cursor.execute(
        "INSERT INTO views.positions (view, position, floor, fingerprint, built, tables)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (view) DO UPDATE SET"
        " position = excluded.position, floor = excluded.floor,"
        " fingerprint = excluded.fingerprint, built = excluded.built,"
        " tables = excluded.tables",
        [view.name, position, position, view.fingerprint, built, tables],
    )


def drop(cursor: Cursor | Connection, tables: Iterable[str]) -> None:
    for name in tables:
        cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, name)))


def owned(connection: Connection, *names: str) -> bool:
    """Whether each of these views is fed now: some process holds its lock."""
    wanted = {lock_of(name) for name in names}
    held = connection.execute(
        "SELECT DISTINCT classid::bigint, objid::bigint FROM pg_locks"
        " WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).fetchall()
    return wanted <= {_signed(high << 32 | low) for high, low in held}


def _signed(number: int) -> int:
    """A number of 64 bits as PostgreSQL's bigint has it."""
    return number - (1 << 64) if number >> 63 else number
