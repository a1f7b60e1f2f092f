"""The schema is brought up to date once, by whoever comes first, and never backwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from store import Store, migrate, open_store
from store.factory import UnsafeSetting
from store.migrate import NewerDatabase, migrations
from store.settings import Settings
from tests.store.diary import note, positions, write

SCHEMAS = "DROP SCHEMA IF EXISTS log, vault, ops, views, kafka, signals CASCADE"


def applied(dsn: str) -> list[tuple[int, str]]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT version, name FROM ops.migrations ORDER BY 1")
        return [(version, name) for version, name in rows]


def test_every_migration_is_applied_once_however_often_it_is_opened(
    dsn: str, settings: Settings
) -> None:
    expected = list(enumerate((name for name, _ in migrations()), start=1))
    for _ in range(2):
        open_store(dsn, settings).close()
        assert applied(dsn) == expected


def test_many_may_open_a_new_database_at_once(dsn: str, settings: Settings) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute(SCHEMAS)
    with ThreadPoolExecutor(6) as pool:
        for opened in [pool.submit(open_store, dsn, settings) for _ in range(6)]:
            opened.result().close()
    assert len(applied(dsn)) == len(migrations())


def test_a_database_of_a_newer_program_is_refused(dsn: str, settings: Settings) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("INSERT INTO ops.migrations VALUES (9999, 'from the future')")
    with pytest.raises(NewerDatabase, match=r"at version 9999 .* newer Huiyin"):
        open_store(dsn, settings)


def test_a_migration_that_fails_leaves_nothing_behind(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = applied(dsn)
    more = [("1.sql", "CREATE TABLE ops.half (id int)"), ("2.sql", "SELECT 1 / 0")]
    known = migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: [*known, *more])
    with psycopg.connect(dsn, autocommit=True) as owner:
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate.migrate(owner)
        assert owner.execute("SELECT to_regclass('ops.half')").fetchone() == (None,)
    assert applied(dsn) == before


def test_numbers_of_migrations_have_no_gap(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name in ("0001_one.sql", "0003_three.sql"):
        (folder / name).write_text("SELECT 1")
    monkeypatch.setattr(migrate, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="without a gap"):
        migrations()


def test_a_login_that_may_not_make_roles_works_under_its_own_name(
    dsn: str, settings: Settings
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    login = f"modest_{uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(SCHEMAS)
        admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'x'".encode())
        admin.execute(f"ALTER DATABASE {name} OWNER TO {login}".encode())
    modest = make_conninfo(dsn, user=login, password="x")
    with open_store(modest, settings) as store:
        write(store, note(uuid4(), 1))
        assert positions(store) == [1]
        with psycopg.connect(store.dsn) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (login,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM log.facts")


def test_options_of_ones_own_connection_string_are_kept(
    dsn: str, settings: Settings
) -> None:
    with (
        open_store(make_conninfo(dsn, options="-c work_mem=5MB"), settings) as store,
        psycopg.connect(store.dsn) as connection,
    ):
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
        assert connection.execute("SELECT current_user").fetchone() == ("huiyin_app",)


@pytest.mark.parametrize("value", ["y", "true", "1"])
def test_the_setting_that_loses_facts_is_refused(
    dsn: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", value)
    with pytest.raises(UnsafeSetting, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        open_store(dsn, settings)


def test_that_setting_may_be_off(
    dsn: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "n")
    open_store(dsn, settings).close()


def test_a_store_can_be_closed_twice(store: Store) -> None:
    store.close()
