"""A real PostgreSQL for the tests: one server a session, fresh databases at will."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import time
from typing import Self

import psycopg
from psycopg.conninfo import make_conninfo

from store.migrate import migrate
from store.postgres import Cluster
from store.server import running
from store.settings import Settings

TEMPLATE = "huiyin_template"
PREFIX = "huiyin-test-"
STARTING_SECONDS_MAX = 120
MADE_AHEAD = 2


@contextmanager
def fresh_home() -> Iterator[Path]:
    """A home that the database's user may enter (pytest's own folders are closed)."""
    sweep()
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def sweep() -> None:
    """Stop and remove what test sessions that were killed have left running."""
    for users in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/postgres.users"):
        if time() - users.stat().st_mtime < STARTING_SECONDS_MAX:
            continue
        with users.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # somebody is using it
            Cluster(users.parent / "postgres").stop()
            shutil.rmtree(users.parent, ignore_errors=True)


class Databases:
    """Databases on one server, each a copy of a migrated template.

    Making one takes the server a third of a second, mostly waiting for the disk: so the
    next ones are made while a test runs.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._names = (f"test_{n}" for n in count(1))
        self._admin = psycopg.connect(dsn, dbname="postgres", autocommit=True)
        self._admin.execute(f"CREATE DATABASE {TEMPLATE}")
        with psycopg.connect(make_conninfo(dsn, dbname=TEMPLATE), autocommit=True) as first:
            migrate(first)
        self._worker = ThreadPoolExecutor(1)
        self._made: deque[Future[str]] = deque()
        for _ in range(MADE_AHEAD):
            self._make_ahead()

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The connection string of a migrated, empty database, dropped afterwards."""
        self._make_ahead()
        name = self._made.popleft().result()
        yield make_conninfo(self._dsn, dbname=name)
        self._worker.submit(self._drop, name)

    def _make_ahead(self) -> None:
        self._made.append(self._worker.submit(self._make, next(self._names)))

    def _make(self, name: str) -> str:
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}".encode())
        return name

    def _drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown(cancel_futures=True)
        self._admin.close()


@contextmanager
def databases() -> Iterator[Databases]:
    """A server with nothing on it but ours."""
    with (
        fresh_home() as home,
        running(Settings(home=home)) as dsn,
        Databases(dsn) as started,
    ):
        yield started
