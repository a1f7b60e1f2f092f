"""The schema of the database: numbered SQL files, each applied once, never backwards."""

from __future__ import annotations

from importlib.resources import files

import psycopg

# Any fixed number: everybody who migrates takes the same advisory lock.
LOCK = 0x4855_4959


class NewerDatabase(Exception):
    """The database was made by a newer Huiyin than this one."""


def migrations() -> list[tuple[int, str, str]]:
    """Number, name and SQL of each migration, in order; the numbers have no gap."""
    found = sorted(
        (int(file.name[:4]), file.name[5:-4], file.read_text(encoding="utf-8"))
        for file in (files("store") / "migrations").iterdir()
        if file.name.endswith(".sql")
    )
    if [number for number, _, _ in found] != list(range(1, len(found) + 1)):
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
                f"the database is at version {version}, this program knows "
                f"{len(known)}; install the newer Huiyin"
            )
        for number, name, sql in known[version:]:
            connection.execute(sql.encode())
            connection.execute(
                "INSERT INTO huiyin_schema (version, name) VALUES (%s, %s)", [number, name]
            )
    return len(known)


def _version(connection: psycopg.Connection) -> int:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS huiyin_schema (version integer PRIMARY KEY, "
        "name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    found = connection.execute("SELECT max(version) FROM huiyin_schema").fetchone()
    return int(found[0] or 0) if found else 0
