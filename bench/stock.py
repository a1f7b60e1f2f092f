"""The reference: the library as it comes, on the same PostgreSQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL


class StockCase(Aggregate):
    """A case with about as much in it as ours, written the library's way."""

    @event("Received")
    def __init__(self, number: str, business_type: str, holder_unit: str) -> None:
        self.number = number
        self.business_type = business_type
        self.holder_unit = holder_unit
        self.stage = "received"

    @event("Dispatched")
    def dispatch(self, to_unit: str, actor: str, policy: str) -> None:
        self.holder_unit = to_unit
        self.stage = "dispatched"


class StockDesk(Application[UUID]):
    """Saves one case at a time."""

    name = "stock"


def stock_env(dsn: str) -> dict[str, str]:
    """The library's settings for this database."""
    parts = conninfo_to_dict(dsn)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts["port"]),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": str(parts["password"]),
        "POSTGRES_POOL_SIZE": "40",
    }


TABLE = SQL(
    "CREATE TABLE IF NOT EXISTS stock_board ("
    "case_id uuid PRIMARY KEY, stage text, holder_unit text)"
)
RECEIVED = "INSERT INTO stock_board VALUES (%s, 'received', %s) ON CONFLICT DO NOTHING"
DISPATCHED = (
    "UPDATE stock_board SET stage = 'dispatched', holder_unit = %s WHERE case_id = %s"
)


class StockBoard(PostgresTrackingRecorder):
    """A board of three columns: less than ours keeps."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(TABLE.format())

    def write(self, tracking: Tracking, statement: str, values: tuple[Any, ...]) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(statement.encode(), values)


class StockProjection(Projection[StockBoard]):
    """One event, one transaction: how the library projects."""

    name = "stock_board"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def _(self, domain_event: StockCase.Received, tracking: Tracking) -> None:  # type: ignore[name-defined]
        values = (domain_event.originator_id, domain_event.holder_unit)
        self.view.write(tracking, RECEIVED, values)

    @process_event.register
    def _(self, domain_event: StockCase.Dispatched, tracking: Tracking) -> None:  # type: ignore[name-defined]
        values = (domain_event.to_unit, domain_event.originator_id)
        self.view.write(tracking, DISPATCHED, values)
