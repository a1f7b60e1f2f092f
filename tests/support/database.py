"""A real PostgreSQL for the tests: one server a session, fresh databases at will."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from store.migrate import migrate
from store.server import running
from store.settings import Settings

TEMPLATE = "huiyin_template"


@contextmanager
def fresh_home() -> Iterator[Path]:
    """A home that the database's user may enter (pytest's own folders are closed)."""
    home = Path(tempfile.mkdtemp(prefix="huiyin-test-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Databases:
    """Databases on one server, each a copy of a migrated template."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._names = (f"test_{n}" for n in count(1))
        with self._admin() as admin:
            admin.execute(f"CREATE DATABASE {TEMPLATE}")
        with psycopg.connect(make_conninfo(dsn, dbname=TEMPLATE), autocommit=True) as first:
            migrate(first)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The connection string of a migrated, empty database, dropped afterwards."""
        name = next(self._names)
        with self._admin() as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}".encode())
        yield make_conninfo(self._dsn, dbname=name)
        with self._admin() as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self._dsn, dbname="postgres", autocommit=True)


@contextmanager
def databases() -> Iterator[Databases]:
    """A server with nothing on it but ours."""
    with fresh_home() as home, running(Settings(home=home)) as dsn:
        yield Databases(dsn)
