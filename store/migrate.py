"""The schema of the database: numbered SQL files, each applied once, never backwards."""

from __future__ import annotations

from importlib.resources import files

import psycopg

# Any fixed number will do: everybody who migrates takes the same advisory lock.
LOCK = 0x4855_4959


class NewerDatabase(Exception):
    """The database was made by a newer Huiyin than this one."""


def migrations() -> list[tuple[str, str]]:
    """Name and SQL of each migration, in order; raises ValueError when a number lacks."""
    found = sorted(
        (file.name, file.read_text(encoding="utf-8"))
        for file in (files("store") / "migrations").iterdir()
        if file.name.endswith(".sql")
    )
    if [int(name[:4]) for name, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations are numbered 0001, 0002, ... without a gap")
    return found


def migrate(connection: psycopg.Connection) -> int:
    """Bring the database to this code's version, in one transaction; returns the version.

    Raises NewerDatabase when the database is ahead of the code: an old program must not
    write what it does not understand.
    """
    known = migrations()
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        version = _version(connection)
        if version > len(known):
            raise NewerDatabase(
                f"the database is at version {version} and this program knows only "
                f"{len(known)}: install the newer Huiyin"
            )
        for number, (name, sql) in enumerate(known[version:], start=version + 1):
            connection.execute(sql.encode())
            connection.execute(
                "INSERT INTO ops.migrations (version, name) VALUES (%s, %s)", [number, name]
            )
    return len(known)


def _version(connection: psycopg.Connection) -> int:
    connection.execute("CREATE SCHEMA IF NOT EXISTS ops")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS ops.migrations (version integer PRIMARY KEY, "
        "name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    found = connection.execute("SELECT max(version) FROM ops.migrations").fetchone()
    return int(found[0] or 0) if found else 0
