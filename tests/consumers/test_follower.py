"""The follower: keeps the views at the head through restarts, kills and cut connections."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import PersistenceError

from consumers.follower import Behind, Follower
from projections.check import check
from projections.engine import Engine
from projections.reading import Stored
from projections.rebuild import make_ready, rebuild
from store import Store, open_store
from store.server import running
from store.settings import Settings
from tests.projections.sagas import SAGAS, VIEWS, dispatched, received
from tests.projections.telling import record, versioned
from tests.projections.test_rebuild import in_the_background, writer
from tests.support.database import fresh_home

ROOT = Path(__file__).parents[2]
SOON = 60.0


def until(condition: Callable[[], object]) -> None:
    """Wait for something that must come about."""
    give_up = monotonic() + SOON
    while not condition():
        assert monotonic() < give_up, "it did not come about"
        sleep(0.01)


def until_folded(follower: Follower, position: int) -> None:
    until(lambda: (follower.health().position or 0) >= position)


def error_of(follower: Follower) -> str:
    return follower.health().error or ""


def test_facts_are_folded_as_they_come_in(store: Store) -> None:
    follower = Follower(store, VIEWS)
    with in_the_background(follower.run):
        for number in range(5):
            head = record(store, versioned([(number, received())]))
            follower.positions.wait("sagas", head, timeout=SOON)
            assert Stored(store.pool).count(SAGAS.table) == {(): number + 1}
        health = follower.health()
        assert (health.owner, health.lag, health.error) == (True, 0, None)
    assert not follower.health().owner


def test_one_follower_folds_and_another_takes_over_when_it_stops(store: Store) -> None:
    first, second = Follower(store, VIEWS), Follower(store, VIEWS)
    with in_the_background(second.run):
        until(lambda: second.health().owner)
        with in_the_background(first.run):
            head = record(store, versioned([(1, received())]))
            first.positions.wait("sagas", head, timeout=SOON)
            assert not first.health().owner
    with in_the_background(first.run):
        until(lambda: first.health().owner)
        head = record(store, versioned([(2, received())]))
        first.positions.wait("sagas", head, timeout=SOON)
    assert check(store, VIEWS).sound


def test_catching_up_folds_or_waits_for_whoever_does(store: Store) -> None:
    follower = Follower(store, VIEWS)
    head = record(store, versioned([(1, received())]))
    assert follower.catch_up() == head
    with in_the_background(follower.run):
        until(lambda: follower.health().owner)
        head = record(store, versioned([(2, received())]))
        assert Follower(store, VIEWS).catch_up(head) == head


def test_catching_up_gives_up_when_the_owner_does_not_get_there(store: Store) -> None:
    make_ready(store, VIEWS)
    idle = Engine(store, VIEWS)
    assert idle.own()
    head = record(store, versioned([(1, received())]))
    with pytest.raises(TimeoutError):
        Follower(store, VIEWS).catch_up(head, timeout=0.0)
    idle.close()


def test_an_owner_that_stands_still_is_not_waited_for_long(store: Store) -> None:
    record(store, versioned([(1, received())]))
    Follower(store, VIEWS).catch_up()
    head = record(store, versioned([(2, received())]))
    idle = Engine(store, VIEWS)
    assert idle.own()
    with pytest.raises(Behind) as late:
        Follower(store, VIEWS).catch_up(still=0.0)
    assert (late.value.position, late.value.target) == (head - 1, head)
    idle.close()


def test_catching_up_begins_again_when_a_view_is_rebuilt_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(store, VIEWS)
    record(store, versioned([(1, received())]))
    follower.catch_up()
    head = record(store, versioned([(2, received()), (3, received())]))
    read, rebuilt = store.log.read, [False]

    def read_slowly(*arguments: Any, **options: Any) -> Any:
        """Between looking where the views stand and folding, a rebuild swaps one."""
        if not rebuilt[0]:
            rebuilt[0] = True
            rebuild(store, [SAGAS])
        return read(*arguments, **options)

    monkeypatch.setattr(store.log, "read", read_slowly)
    assert follower.catch_up() == head
    assert rebuilt == [True]
    assert check(store, VIEWS).sound


def test_a_rebuild_beside_a_follower_is_told_in_one_line(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    follower = Follower(store, VIEWS)
    record(store, versioned([(1, received())]))
    follower.catch_up()
    head = record(store, versioned([(2, received())]))
    read, rebuilt = store.log.read, [False]

    def read_slowly(*arguments: Any, **options: Any) -> Any:
        if not rebuilt[0]:
            rebuilt[0] = True
            rebuild(store, [SAGAS])
            record(store, versioned([(3, received())]))
        return read(*arguments, **options)

    monkeypatch.setattr(store.log, "read", read_slowly)
    with in_the_background(follower.run):
        follower.positions.wait("sagas", head + 1, timeout=SOON)
    told = [line for line in caplog.records if line.name == "consumers.follower"]
    assert ["Fenced" in line.getMessage() for line in told] == [True]
    assert [line.exc_info for line in told] in ([None], [False])


def test_a_failure_is_reported_and_outlived(store: Store) -> None:
    follower = Follower(store, VIEWS)
    follower.catch_up()
    with store.pool.connection() as connection:
        connection.execute("ALTER TABLE views.sagas RENAME TO hidden")
    facts = versioned([(1, received()), (1, dispatched("A"))])
    with in_the_background(follower.run):
        record(store, facts[:1])
        until(lambda: "UndefinedTable" in error_of(follower))
        assert follower.health().lag == 1
        with store.pool.connection() as connection:
            connection.execute("ALTER TABLE views.hidden RENAME TO sagas")
        head = record(store, facts[1:])
        follower.positions.wait("sagas", head, timeout=SOON)
        until(lambda: follower.health().error is None)
    assert check(store, VIEWS).sound


def test_cut_connections_are_made_again(store: Store, dsn: str) -> None:
    follower = Follower(store, VIEWS)
    with in_the_background(follower.run), psycopg.connect(dsn, autocommit=True) as admin:
        for number in range(3):
            until(lambda: follower.health().owner)
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            head = record(store, versioned([(number, received())]))
            until_folded(follower, head)
    assert check(store, VIEWS).sound


def test_health_says_so_when_the_database_cannot_be_asked(
    dsn: str, settings: Settings
) -> None:
    with open_store(dsn, settings) as store:
        follower = Follower(store, VIEWS)
        follower.catch_up()
    health = follower.health()
    assert (health.position, health.lag) == (None, None)
    assert health.error


@contextmanager
def a_process(dsn: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A follower in a process of its own, killed at the end at the latest."""
    command = [sys.executable, "-m", "tests.consumers.following", dsn, str(home)]
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own program
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_follower_leaves_views_that_the_next_one_brings_up(
    store: Store, dsn: str, tmp_path: Path
) -> None:
    follower = Follower(store, VIEWS)
    follower.catch_up()
    with in_the_background(writer(store, 1)):
        for _ in range(3):
            before = follower.health().position or 0
            with a_process(dsn, tmp_path) as process:
                until_folded(follower, before + 20)
                os.kill(process.pid, signal.SIGKILL)
                assert process.wait() == -signal.SIGKILL
    head = store.log.head()
    assert follower.catch_up() == head
    report = check(store, VIEWS)
    assert (report.differing, report.positions["sagas"]) == (0, head)


def insisting(store: Store, facts: list[Any]) -> int:
    """Record facts, again when nobody can tell whether they were; the head after it."""
    give_up = monotonic() + SOON
    while True:
        with suppress(PersistenceError, psycopg.Error):
            with suppress(PersistenceError):
                record(store, facts)
            return store.log.head()
        assert monotonic() < give_up
        sleep(0.1)


def test_a_killed_database_is_waited_for_and_nothing_is_lost() -> None:
    with fresh_home() as home:
        settings = Settings(home=home)
        with running(settings) as dsn, open_store(dsn, settings) as store:
            follower = Follower(store, VIEWS)
            with in_the_background(follower.run):
                for number in range(3):
                    head = insisting(store, versioned([(number, received())]))
                    until_folded(follower, head)
                    pid = (home / "postgres" / "data" / "postmaster.pid").read_text()
                    os.kill(int(pid.split()[0]), signal.SIGKILL)
                head = insisting(store, versioned([(9, received()), (9, dispatched("A"))]))
                until_folded(follower, head)
            report = check(store, VIEWS)
            assert (report.differing, report.positions["sagas"]) == (0, head)
