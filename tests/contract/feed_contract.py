"""The contract of a feed: what the views hold however the facts get there, and who dies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic, sleep
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.sql import SQL

from projections.folding import fold_in_memory
from projections.handovers import HANDOVERS
from projections.reading import Stored
from projections.view import View
from store import Store
from tests.contract.journeys import TRAILS, Trail, case_id, journeys, record

FOLLOWED: tuple[View[Any], ...] = (TRAILS, HANDOVERS)
PATIENCE_SECONDS = 90
WAITS_FOR_A_LOCK = (
    "SELECT 1 FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class FeedAtWork(ABC):
    """A kind of feed on one store, under the hands of a test."""

    views = FOLLOWED

    def __init__(self, store: Store) -> None:
        self.store = store

    @abstractmethod
    def running(self) -> AbstractContextManager[object]:
        """Follow in this process, until the end of the ``with``."""

    @abstractmethod
    def in_a_process(self) -> AbstractContextManager[Callable[[], None]]:
        """Follow in a process of its own; calling what is yielded kills it (SIGKILL)."""

    @abstractmethod
    def bring_all_again(self) -> None:
        """Make everything that was delivered be delivered a second time."""

    def nothing_is_left(self) -> bool:
        """Whether every view stands at the head of the log."""
        with self.store.pool.connection() as connection:
            behind = connection.execute(
                "SELECT 1 FROM views.positions, log.head"
                " WHERE view = ANY(%s) AND position < pos",
                [[view.name for view in self.views]],
            )
            return behind.fetchone() is None

    @contextmanager
    def held_up(self) -> Iterator[Callable[[], bool]]:
        """Nobody can write into the first view; tells whether somebody is trying to."""
        with psycopg.connect(self.store.settings.database_url or "") as admin:
            table = self.views[0].table.ident
            admin.execute(SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(table))
            yield lambda: admin.execute(WAITS_FOR_A_LOCK).fetchone() is not None

    # What it leads to -----------------------------------------------------------------

    def trails(self) -> dict[Any, tuple[int, ...]]:
        rows: list[Trail] = Stored(self.store.pool).select(self.views[0].table)
        return {row.case_id: row.versions for row in rows}

    def folded(self) -> int:
        """How many facts there are in the views, as far as their tables are there."""
        return sum(map(len, self.trails().values()))

    def differences(self) -> list[str]:
        """Every row of every table that is not what the log folds to, by name."""
        expected = fold_in_memory(self.views, self.store.log.scan())
        found = []
        for table in (table for view in self.views for table in view.tables):
            stored = {table.key_of(r): r for r in Stored(self.store.pool).select(table)}
            ours = {
                key: table.decoder.decode(msgspec.json.encode(row))
                for key, row in expected[table.name].items()
            }
            found += [
                f"{table.name} {key}: stored {stored.get(key)}, log says {ours.get(key)}"
                for key in stored.keys() | ours.keys()
                if stored.get(key) != ours.get(key)
            ]
        return found


def until(true: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not true():
        assert monotonic() < deadline, "it did not come to that"
        sleep(0.02)


class FeedContract:
    """Inherit, and give a fixture ``feed``."""

    @pytest.fixture
    def feed(self) -> Iterator[FeedAtWork]:
        raise NotImplementedError

    def test_every_fact_is_folded_once_and_in_the_order_of_its_case(
        self, feed: FeedAtWork
    ) -> None:
        facts = journeys(1, 60)
        record(feed.store, facts)
        with feed.running():
            until(feed.nothing_is_left)

        assert feed.differences() == []
        trails = feed.trails()
        assert set(trails) == {case_id(n) for n in range(1, 61)}
        assert all(v == tuple(range(1, len(v) + 1)) for v in trails.values())
        assert sum(map(len, trails.values())) == len(facts)

    def test_what_is_recorded_while_it_follows_is_folded_too(
        self, feed: FeedAtWork
    ) -> None:
        with feed.running():
            for first in range(1, 41, 10):
                record(feed.store, journeys(first, 10), at_once=7)
                until(feed.nothing_is_left)
                assert feed.differences() == []

    def test_after_a_stop_it_goes_on_where_it_was(self, feed: FeedAtWork) -> None:
        record(feed.store, journeys(1, 20))
        with feed.running():
            until(feed.nothing_is_left)
        record(feed.store, journeys(21, 20))
        assert not feed.nothing_is_left()
        with feed.running():
            until(feed.nothing_is_left)
        assert feed.differences() == []

    def test_what_is_delivered_a_second_time_changes_nothing(
        self, feed: FeedAtWork
    ) -> None:
        record(feed.store, journeys(1, 20))
        with feed.running():
            until(feed.nothing_is_left)
        before = feed.trails()
        feed.bring_all_again()
        record(feed.store, journeys(21, 5))
        with feed.running():
            until(feed.nothing_is_left)

        assert feed.differences() == []
        assert feed.trails() | before == feed.trails()

    def test_killed_in_the_middle_of_a_batch_it_ends_with_the_fold_of_the_log(
        self, feed: FeedAtWork
    ) -> None:
        facts = journeys(1, 250)
        with feed.running():
            until(feed.nothing_is_left)  # the tables are there
        third = len(facts) // 3 + 1
        for start in range(0, len(facts), third):
            with feed.in_a_process() as kill:
                record(feed.store, facts[start : start + 40], at_once=10)
                until(lambda start=start: feed.folded() > start)  # type: ignore[misc]
                with feed.held_up() as in_the_middle:
                    record(feed.store, facts[start + 40 : start + third], at_once=20)
                    until(in_the_middle)
                    kill()
        with feed.running():
            until(feed.nothing_is_left)

        assert feed.differences() == []
        assert feed.folded() == len(facts)
