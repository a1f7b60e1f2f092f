"""Nobody sleeps through a fact: woken by the database, by this process, or by the poll."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic, sleep
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from store import Store, open_store
from store.feed import Feed
from store.settings import Settings
from tests.store.diary import note, write

LONG = 20.0  # seconds; a test that waits that long has failed


@pytest.fixture
def other(dsn: str, settings: Settings) -> Iterator[Store]:
    """Another process, as far as the feed can tell: nothing is shared but the database."""
    with open_store(dsn, settings) as opened:
        yield opened


def listeners(dsn: str) -> list[int]:
    query = """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
        AND query = 'SELECT pos FROM log.head'"""
    with psycopg.connect(dsn) as owner:
        return [row[0] for row in owner.execute(query)]


def test_a_fact_of_another_process_wakes_who_waits(store: Store, other: Store) -> None:
    with Feed(store) as feed:
        assert not feed.wait(0, 0.05)
        threading.Timer(0.1, write, [other, note(uuid4(), 1)]).start()
        assert feed.wait(0, LONG)
        assert not feed.wait(1, 0.05)


def test_a_fact_of_this_process_wakes_even_while_the_feed_cannot_listen(
    store: Store,
) -> None:
    class Deaf:
        dsn = make_conninfo(store.dsn, port="1")
        listen = store.listen

    with Feed(Deaf()) as feed:
        assert not feed.wait(0, 0.05)
        threading.Timer(0.1, write, [store, note(uuid4(), 1)]).start()
        assert feed.wait(0, LONG)


def test_what_was_there_before_is_seen_at_once(store: Store) -> None:
    write(store, note(uuid4(), 1), note(uuid4(), 1))
    with Feed(store) as feed:
        assert feed.wait(1, LONG)
        assert not feed.wait(2, 0.05)


def test_a_fact_that_nobody_announced_is_found_by_the_poll(store: Store, dsn: str) -> None:
    with Feed(store) as feed:
        assert not feed.wait(0, 0.2)
        with psycopg.connect(dsn) as owner:  # a restored backup, say
            owner.execute("UPDATE log.head SET pos = pos + 1")
        assert feed.wait(0, LONG)


def test_whoever_waits_can_be_woken_by_hand(store: Store) -> None:
    with Feed(store) as feed:
        threading.Timer(0.1, feed.wake).start()
        assert feed.wait(100, LONG)


def test_closing_ends_the_waiting(store: Store) -> None:
    feed = Feed(store)
    threading.Timer(0.1, feed.close).start()
    assert not feed.wait(100, LONG)
    feed.close()


def test_a_killed_listener_comes_back_and_no_fact_is_missed(
    store: Store, other: Store, dsn: str
) -> None:
    with Feed(store) as feed, psycopg.connect(dsn, autocommit=True) as owner:
        seen = 0
        for round_ in range(5):
            until = monotonic() + LONG
            while not (found := listeners(dsn)) and monotonic() < until:
                sleep(0.01)
            owner.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) pid", [found])
            for _ in range(3):
                write(other, note(uuid4(), 1))
                assert feed.wait(seen, LONG), f"slept through a fact in round {round_}"
                seen += 1


def test_a_tailing_reader_sees_every_position_in_order(store: Store, other: Store) -> None:
    seen: list[int] = []
    total = 4 * 25

    def follow() -> None:
        with Feed(store) as feed:
            while len(seen) < total and feed.wait(len(seen), LONG):
                seen.extend(each.position for each in store.log.read(len(seen), 7))

    def append(writer: Store) -> None:
        for _ in range(25):
            write(writer, note(uuid4(), 1))

    reader = threading.Thread(target=follow)
    writers = [threading.Thread(target=append, args=[each]) for each in (store, other) * 2]
    for thread in (reader, *writers):
        thread.start()
    for thread in (*writers, reader):
        thread.join()
    assert seen == list(range(1, total + 1))
