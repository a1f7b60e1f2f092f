"""The store: everything that one process needs of the log, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import psycopg

from store.commands import Commands
from store.database import Pool, application_dsn, may_take_role, open_pool
from store.factory import StoreFactory, refuse_unsafe
from store.log import Log
from store.mapper import FactMapper
from store.migrate import migrate
from store.recorder import LogRecorder, SnapshotRecorder
from store.refusals import Refusals
from store.settings import Settings
from store.tokens import Tokens
from store.vault import Vault


class Store:
    """One opened store. ``dsn`` already speaks in the application's role."""

    def __init__(self, dsn: str, settings: Settings, pool: Pool) -> None:
        self.dsn = dsn
        self.settings = settings
        self.pool = pool
        self.mapper = FactMapper()
        self.recorder = LogRecorder(dsn, pool)
        self.factory = StoreFactory(self.recorder, SnapshotRecorder(pool), self.mapper)
        self.log = Log(pool, self.mapper)
        self.ledger = Commands(pool)
        self.vault = Vault(pool, settings.kek_file)
        self.tokens = Tokens(pool)
        self.refusals = Refusals(pool)

    def listen(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call ``listener(position)`` after each commit here; returns how to undo that."""
        return self.recorder.listen(listener)

    def close(self) -> None:
        """Write what is queued, then let go of every connection."""
        self.recorder.close()
        self.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(dsn: str, settings: Settings) -> Store:
    """Bring the database up to date and open it; close it, or use it in a ``with``.

    Raises NewerDatabase, UnsafeSetting, or psycopg.OperationalError when there is no
    server.
    """
    refuse_unsafe()
    with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
        migrate(connection)
        as_application = application_dsn(dsn, has_role=may_take_role(connection))
    return Store(as_application, settings, open_pool(as_application))
