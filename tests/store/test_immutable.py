"""What happened stays as it was written: the database itself refuses anything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from store import Store
from store.database import ROLE
from tests.store.diary import note, write

REFUSED = psycopg.errors.InsufficientPrivilege
CHANGES = [
    "UPDATE log.facts SET topic = 'never.happened'",
    "DELETE FROM log.facts",
    "TRUNCATE log.facts",
    "UPDATE log.commands SET position = 0",
    "DELETE FROM log.commands",
    "TRUNCATE log.commands",
    "DELETE FROM log.head",
    "TRUNCATE log.head",
    "UPDATE log.head SET pos = pos - 1",
    "UPDATE log.head SET recorded_at = recorded_at - interval '1 second'",
    "UPDATE log.head SET id = 2",
]


@pytest.fixture(scope="module")
def written(module_store: Store) -> Store:
    write(module_store, note(uuid4(), 1), note(uuid4(), 1), command=uuid4())
    return module_store


@pytest.fixture
def application(written: Store) -> Iterator[psycopg.Connection]:
    """A connection as the application has it."""
    with psycopg.connect(written.dsn) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(written: Store, module_dsn: str) -> Iterator[psycopg.Connection]:
    """A connection of the owner of everything, who is even a superuser here."""
    with psycopg.connect(module_dsn) as connection:
        yield connection
        connection.rollback()


def facts(store: Store) -> list[tuple[object, ...]]:
    with store.pool.connection() as connection:
        return connection.execute("SELECT * FROM log.facts ORDER BY position").fetchall()


def test_the_application_works_in_its_own_role(application: psycopg.Connection) -> None:
    assert application.execute("SELECT current_user").fetchone() == (ROLE,)


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_cannot_change_the_log(
    application: psycopg.Connection, change: str
) -> None:
    with pytest.raises(REFUSED):
        application.execute(change.encode())


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("replication", ["origin", "replica", "local"])
def test_its_owner_cannot_either_not_even_as_a_replica(
    owner: psycopg.Connection, written: Store, change: str, replication: str
) -> None:
    before = facts(written)
    owner.execute(f"SET session_replication_role = {replication}".encode())
    with pytest.raises(REFUSED, match="stays as it was written"):
        owner.execute(change.encode())
    assert facts(written) == before


def test_the_application_cannot_choose_a_position_or_a_time(
    application: psycopg.Connection,
) -> None:
    row = [99, uuid4(), 1, "t", b"{}", datetime.now(UTC), datetime(2001, 1, 1, tzinfo=UTC)]
    with pytest.raises(REFUSED):
        application.execute("INSERT INTO log.facts VALUES (%s,%s,%s,%s,%s,%s,%s)", row)
    application.rollback()
    with pytest.raises(REFUSED):
        application.execute("UPDATE log.head SET pos = 99")
    application.rollback()
    with pytest.raises(REFUSED):
        application.execute(
            "INSERT INTO log.commands VALUES (%s, '', 99, %s, 1)", [uuid4(), uuid4()]
        )


@pytest.mark.parametrize(
    "reach",
    [
        "ALTER TABLE log.facts DISABLE TRIGGER ALL",
        "ALTER TABLE log.facts ADD COLUMN more text",
        "DROP TABLE log.facts",
        "CREATE TABLE log.mine ()",
        "CREATE OR REPLACE FUNCTION log.never() RETURNS trigger LANGUAGE sql AS ''",
        "UPDATE vault.people SET wrapped = ''",
        "DELETE FROM vault.keys",
        "UPDATE ops.migrations SET version = 99",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_cannot_reach_around_it(
    application: psycopg.Connection, reach: str
) -> None:
    with pytest.raises(REFUSED):
        application.execute(reach.encode())


def test_the_application_may_do_its_work(application: psycopg.Connection) -> None:
    application.execute("CREATE TABLE views.some (id int)")
    application.execute(
        "INSERT INTO ops.refusals (code, action, role) VALUES ('a','b','c')"
    )
    application.execute("DELETE FROM log.snapshots")
    assert application.execute("SELECT count(*) FROM log.facts").fetchone() == (2,)
