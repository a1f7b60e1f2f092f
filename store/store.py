"""The store: everything that one process needs of the log, opened and closed together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import psycopg

from store.database import Pool, application_dsn, may_take_role, open_pool
from store.factory import StoreFactory, refuse_unsafe
from store.log import Log
from store.mapper import FactMapper
from store.migrate import migrate
from store.recorder import LogRecorder, SnapshotRecorder
from store.refusals import Refusals
from store.settings import Settings
from store.tokens import Tokens

if TYPE_CHECKING:
    from store.commands import Commands
    from store.vault import Vault


class Store:
    """One opened store. ``dsn`` already speaks as the application's role."""

    def __init__(self, dsn: str, settings: Settings, pool: Pool) -> None:
        self.dsn = dsn
        self.settings = settings
        self.pool = pool
        self.mapper = FactMapper()
        self.recorder = LogRecorder(dsn, pool)
        self.factory = StoreFactory(self.recorder, SnapshotRecorder(pool), self.mapper)
        self.log = Log(pool, self.mapper)
        self.tokens = Tokens(pool)
        self.refusals = Refusals(pool)
        self._ledger: Commands | None = None
        self._vault: Vault | None = None

    @property
    def ledger(self) -> Commands:
        """Which commands were recorded, and where they led."""
        if self._ledger is None:
            from store.commands import Commands  # noqa: PLC0415

            self._ledger = Commands(self.pool)
        return self._ledger

    @property
    def vault(self) -> Vault:
        """The keys of personal data."""
        if self._vault is None:
            from store.vault import Vault  # noqa: PLC0415

            self._vault = Vault(self.pool, self.settings.kek_file)
        return self._vault

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

    Raises NewerDatabase, UnsafeSetting, or psycopg.OperationalError when the server is
    not there.
    """
    refuse_unsafe()
    with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
        migrate(connection)
        as_application = application_dsn(dsn, has_role=may_take_role(connection))
    return Store(as_application, settings, open_pool(as_application))
