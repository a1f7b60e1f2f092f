"""Workers of the stream come, go, die and begin again; the views bear it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from consumers import stream_worker
from consumers.kafka_feed import KafkaFeed
from projections.engine import Fenced
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import FOLLOWED, until
from tests.contract.journeys import TRAILS, journeys, record
from tests.contract.processes import at_work, to_be_killed
from tests.kafka.test_kafka_feed_contract import StreamAtWork
from tests.support.kafka import KAFKA_TIER, Broker

pytestmark = KAFKA_TIER

# Ends the sessions that wait for a lock; a row for each.
BREAK_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def feed(store: Store, kafka: Settings) -> Iterator[StreamAtWork]:
    at_hand = StreamAtWork(store, kafka)
    yield at_hand
    at_hand.close()


def test_workers_that_come_and_go_share_the_partitions(
    feed: StreamAtWork, kafka: Settings
) -> None:
    with at_work("relay", feed.store, kafka):
        with to_be_killed("stream", kafka):
            with at_work("stream", feed.store, kafka):
                for first in range(1, 101, 20):
                    record(feed.store, journeys(first, 20), at_once=5)
                until(feed.nothing_is_left)
            record(feed.store, journeys(101, 40), at_once=5)
            until(feed.nothing_is_left)  # by the other one, which has all partitions now
            record(feed.store, journeys(141, 40), at_once=5)
        with at_work("stream", feed.store, kafka):
            until(feed.nothing_is_left)
    assert feed.differences() == []


def test_a_relay_killed_in_the_middle_neither_loses_nor_doubles(
    feed: StreamAtWork, kafka: Settings
) -> None:
    facts = journeys(1, 200)
    with at_work("stream", feed.store, kafka):
        for part in (facts[:500], facts[500:]):
            with to_be_killed("relay", kafka) as kill:
                record(feed.store, part[:100], at_once=10)
                until(lambda: feed.folded() > 0)
                record(feed.store, part[100:], at_once=20)
                kill()
        with at_work("relay", feed.store, kafka):
            until(feed.nothing_is_left)
    assert feed.differences() == []
    assert feed.folded() == len(facts)


def test_views_made_anew_are_folded_from_the_first_message_whatever_kafka_remembers(
    feed: StreamAtWork, kafka: Settings
) -> None:
    facts = journeys(1, 20)
    record(feed.store, facts)
    with feed.running():
        until(feed.nothing_is_left)
    forget(feed)
    assert feed.folded() == 0

    with at_work("stream", feed.store, kafka):
        until(feed.nothing_is_left)
    assert feed.differences() == []
    assert feed.folded() == len(facts)


def test_what_was_passed_over_is_fetched_again(
    feed: StreamAtWork, caplog: pytest.LogCaptureFixture
) -> None:
    record(feed.store, journeys(1, 20))
    with feed.running():
        until(feed.nothing_is_left)
        forget(feed)  # as if the database had been restored from a backup, under its feet
        record(feed.store, journeys(21, 200))
        until(feed.nothing_is_left)
    assert "has to come first" in caplog.text
    assert feed.differences() == []


def test_while_the_broker_is_away_it_waits_and_then_goes_on(
    feed: StreamAtWork, broker: Broker
) -> None:
    record(feed.store, journeys(1, 10))
    with feed.running():
        until(feed.nothing_is_left)
        broker.stop()
        record(feed.store, journeys(11, 10))
        broker.start()
        until(feed.nothing_is_left)
    assert feed.differences() == []


def test_a_database_that_breaks_off_is_tried_again(
    feed: StreamAtWork, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    record(feed.store, journeys(1, 10))
    with feed.running(), psycopg.connect(dsn) as admin:
        until(feed.nothing_is_left)
        admin.execute("LOCK TABLE kafka.offsets IN ACCESS EXCLUSIVE MODE")
        record(feed.store, journeys(11, 10))
        until(lambda: admin.execute(BREAK_OFF).fetchone() is not None)
        admin.commit()
        until(feed.nothing_is_left)
    assert "begins again" in caplog.text
    assert feed.differences() == []


def test_a_worker_of_an_older_version_stops_when_the_tables_are_no_longer_its_own(
    feed: StreamAtWork, kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    ended: list[BaseException] = []

    def older() -> None:
        try:
            stream_worker.run(feed.store, kafka, stop, views=FOLLOWED, feed="contract")
        except Fenced as why:
            ended.append(why)

    thread = threading.Thread(target=older)
    thread.start()
    with at_work("relay", feed.store, kafka), caplog.at_level(logging.CRITICAL):
        record(feed.store, journeys(1, 5))
        until(feed.nothing_is_left)
        newer = (replace(TRAILS, version=2), *FOLLOWED[1:])
        KafkaFeed(feed.store, newer, feed.topic.topic_id, name="contract").prepare()
        record(feed.store, journeys(6, 5))
        thread.join(60)
        stop.set()
    thread.join()
    assert len(ended) == 1


def forget(feed: StreamAtWork) -> None:
    """Make the tables of the feed anew."""
    with feed.store.pool.connection() as connection:
        connection.execute("UPDATE kafka.feeds SET fingerprint = ''")
    feed.feed.prepare()
