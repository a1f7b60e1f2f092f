"""kill -9 of a writer, of a session and of the server: nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from time import sleep

import psycopg
from eventsourcing.persistence import OperationalError

from store import Store, open_store
from store.feed import Feed
from store.postgres import Cluster
from store.server import running
from store.settings import Settings
from tests.store.writing import THREADS, Promises, write_on

ROOT = Path(__file__).parents[2]
LONG = 60.0  # seconds; a test that waits that long has failed
LEAST = 30  # facts that are written between two kills


@contextmanager
def writing(store: Store, promises: Promises) -> Iterator[None]:
    """Threads that write meanwhile."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=write_on, args=[store, promises, stop])
        for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def tailing(store: Store, seen: list[int]) -> Iterator[None]:
    """A reader that follows the log meanwhile; at the end it has read all of it."""
    done = threading.Event()

    def follow() -> None:
        with Feed(store) as feed:
            while not done.is_set() or len(seen) < store.log.head():
                # A server may be away for longer than a read has patience: ask again.
                with suppress(OperationalError):
                    if feed.wait(len(seen), 0.1):
                        seen.extend(
                            each.position for each in store.log.read(len(seen), 500)
                        )

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def written(promises: Promises, more: int) -> None:
    """Wait until that many more commands were acknowledged."""
    goal = len(promises.acknowledged) + more
    for _ in range(int(LONG / 0.01)):
        if len(promises.acknowledged) >= goal:
            return
        sleep(0.01)
    raise AssertionError("nothing is written any more")


def alive(cluster: Cluster) -> int:
    """The server's process, once it is back."""
    for _ in range(int(LONG / 0.01)):
        if pid := cluster.pid:
            return pid
        sleep(0.01)
    raise AssertionError("the server does not come back")


def test_a_writing_process_that_is_killed_loses_and_doubles_nothing(
    store: Store, dsn: str, settings: Settings
) -> None:
    promises = Promises()
    for _ in range(3):
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "tests.store.writing", dsn, str(settings.home)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for line in islice(process.stdout, 4 * LEAST):
            promises.read(line)
        process.kill()
        rest = process.communicate()[0].splitlines(keepends=True)
        for line in rest:
            if line.endswith("\n"):  # the last one may be cut in the middle
                promises.read(line)
    promises.retry(store)
    promises.kept(store)


def test_a_writers_session_that_is_killed_loses_and_doubles_nothing(
    store: Store, dsn: str
) -> None:
    promises, seen = Promises(), list[int]()
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with tailing(store, seen):
        with writing(store, promises), psycopg.connect(dsn, autocommit=True) as admin:
            for _ in range(5):
                written(promises, LEAST)
                admin.execute(kill)
            written(promises, LEAST)
        promises.retry(store)
    promises.kept(store)
    assert seen == list(range(1, len(promises.begun) + 1))


def test_a_server_that_is_killed_and_comes_back_loses_and_doubles_nothing(
    own_home: Settings,
) -> None:
    promises, seen = Promises(), list[int]()
    cluster = Cluster(own_home.home / "postgres")
    with running(own_home) as dsn, open_store(dsn, own_home) as store:
        with tailing(store, seen):
            with writing(store, promises):
                for _ in range(3):
                    written(promises, LEAST)
                    os.kill(alive(cluster), signal.SIGKILL)
                written(promises, LEAST)
            promises.retry(store)
        promises.kept(store)
        assert seen == list(range(1, len(promises.begun) + 1))
