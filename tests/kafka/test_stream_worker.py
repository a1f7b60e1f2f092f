"""Stream workers on Faust keep the contract of a feed; they come, go, die, begin again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from uuid import UUID

import psycopg
import pytest

from api.office import desk_over
from consumers import wire
from consumers.brokers.clients import access
from consumers.brokers.membership import Member, membership
from consumers.brokers.topics import Topic, make_topics
from consumers.feed import stream_worker
from consumers.feed.kafka_feed import KafkaFeed
from consumers.feed.keeping import Gaps
from consumers.feed.stream_worker import Gap, Worker
from consumers.watch.watch import Watch
from domain.desk import Desk
from projections.engine import Replaced
from projections.reading import Stored
from projections.rebuild import rebuild
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import FOLLOWED, FeedAtWork, FeedContract, until
from tests.contract.journeys import TRAILS, journeys, record
from tests.contract.processes import at_work, to_be_killed
from tests.kafka.test_fold_worker import BREAK_OFF
from tests.kafka.test_kafka_feed_contract import KafkaAtWork
from tests.support.kafka import KAFKA_TIER, Brokers
from tests.support.messages import emptied, messages, noted, retention, spoil, taken

pytestmark = KAFKA_TIER


class StreamAtWork(KafkaAtWork):
    """A relay on a thread, and a Faust worker on another or in a process."""

    @contextmanager
    def running(self) -> Iterator[None]:
        with ExitStack() as stack:
            for kind in ("relay", "stream"):
                stack.enter_context(at_work(kind, self.store, self.settings))
            yield

    @contextmanager
    def in_a_process(self) -> Iterator[Callable[[], None]]:
        with (
            at_work("relay", self.store, self.settings),
            to_be_killed("stream", self.settings) as kill,
        ):
            yield kill


@pytest.fixture
def feed(store: Store, kafka: Settings) -> StreamAtWork:
    return StreamAtWork(store, kafka)


class TestStreamFeed(FeedContract):
    @pytest.fixture
    def feed(self, store: Store, kafka: Settings) -> FeedAtWork:
        return StreamAtWork(store, kafka)


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


def test_a_place_in_the_group_that_another_kind_of_worker_has_left_is_waited_for(
    feed: StreamAtWork, kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The client calls that fatal, and Faust does not hear of it."""
    with at_work("relay", feed.store, kafka):
        with at_work("fold", feed.store, kafka):
            record(feed.store, journeys(1, 10))
            until(feed.nothing_is_left)
        with at_work("stream", feed.store, kafka):
            record(feed.store, journeys(11, 10))
            until(feed.nothing_is_left)
    assert "its place is free when its session is over" in caplog.text
    assert feed.differences() == []


def test_a_topic_that_is_wiped_under_their_feet_leads_to_the_same_views(
    feed: StreamAtWork, kafka: Settings, broker: Brokers
) -> None:
    record(feed.store, journeys(1, 60))
    with feed.running():
        until(feed.nothing_is_left)
        broker.forget_topics()
        record(feed.store, journeys(61, 20))
        make_topics(kafka)
        until(feed.nothing_is_left)
    assert feed.differences() == []


@pytest.mark.parametrize("kept", ["half of it", "nothing"])
def test_what_the_topic_has_lost_comes_from_the_log(
    feed: StreamAtWork, kafka: Settings, kept: str
) -> None:
    with at_work("relay", feed.store, kafka):
        record(feed.store, journeys(1, 60))
        until(lambda: messages(kafka) == feed.store.log.head())
    (emptied if kept == "nothing" else retention)(kafka)
    with feed.running():
        until(feed.nothing_is_left)
        record(feed.store, journeys(61, 10))
        until(feed.nothing_is_left)
    assert feed.differences() == []


def test_while_the_broker_is_away_it_waits_and_then_goes_on(
    feed: StreamAtWork, broker: Brokers
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
        admin.execute("LOCK TABLE kafka.streams IN ACCESS EXCLUSIVE MODE")
        record(feed.store, journeys(11, 10))
        until(lambda: admin.execute(BREAK_OFF).fetchone() is not None)
        admin.commit()
        until(feed.nothing_is_left)
    assert "begins again" in caplog.text
    assert feed.differences() == []


def test_messages_that_are_no_facts_are_noted_and_passed_over(
    feed: StreamAtWork, kafka: Settings
) -> None:
    record(feed.store, journeys(1, 10))
    with feed.running():
        until(feed.nothing_is_left)
        producer = import_module("kafka").KafkaProducer(**access(kafka), acks="all")
        try:
            for key, value in ((b"k", None), (b"k", b""), (None, b"{}"), (b"\xff", b"\0")):
                producer.send(feed.topic.name, value, key, partition=3).get(timeout=30)
        finally:
            producer.close()
        record(feed.store, journeys(11, 10))
        until(feed.nothing_is_left)
        until(lambda: noted(feed.store) == 4)
    assert feed.differences() == []


@pytest.mark.parametrize("behind", [0, 10])
def test_messages_that_no_client_can_read_are_noted_and_passed_over(
    feed: StreamAtWork, kafka: Settings, behind: int
) -> None:
    """Faust loses what it has fetched together with one: it is taken all the same."""
    with at_work("relay", feed.store, kafka):
        record(feed.store, journeys(1, behind * 6))
        until(lambda: messages(kafka) == feed.store.log.head())
        spoil(kafka, b"one", b"and one more")
        record(feed.store, journeys(behind * 6 + 1, 20))
        with at_work("stream", feed.store, kafka):
            until(lambda: noted(feed.store) == 2)
            until(feed.nothing_is_left)
            until(lambda: taken(feed.store) == messages(kafka))
    assert feed.differences() == []


def test_a_worker_of_an_older_version_stops_when_the_views_are_no_longer_its_own(
    feed: StreamAtWork, kafka: Settings
) -> None:
    stop = threading.Event()
    ended: list[BaseException] = []

    def older() -> None:
        with desk_over(feed.store) as desk:
            try:
                stream_worker.run(
                    feed.store, kafka, stop, desk, views=FOLLOWED, feed="contract"
                )
            except Replaced as why:
                ended.append(why)

    thread = threading.Thread(target=older)
    thread.start()
    with at_work("relay", feed.store, kafka):
        record(feed.store, journeys(1, 5))
        until(feed.nothing_is_left)
        rebuild(feed.store, [replace(TRAILS, version=2)])
        record(feed.store, journeys(6, 5))
        thread.join(60)
        stop.set()
    thread.join()
    assert len(ended) == 1


# The agent alone, without a broker --------------------------------------------------------


def handed(store: Store, settings: Settings, first: int) -> Exception | None:
    """Hand facts to an agent in one partition, from an offset on; what went wrong."""
    there = Topic("huiyin.case.facts.v1", UUID(int=5), 12)
    feed = KafkaFeed(store, FOLLOWED, there, name="contract")
    feed.prepare()
    record(store, journeys(1, 5))
    entries = store.log.read(0, store.log.head())

    async def hand(desk: Desk, member: Member) -> Exception | None:
        told = replace(settings, kafka="127.0.0.1:1")
        worker = Worker(feed, told, member, Watch(store, desk), Gaps())

        def done() -> bool:
            return worker.problem is not None or folded(store) == len(entries)

        async with worker.agent.test_context() as agent:
            agent.sent_offset = first
            for entry in entries:
                payload, headers = wire.payload(entry), wire.headers(entry)
                await agent.put(payload, wire.key(entry), headers=headers, wait=False)
            await asyncio.to_thread(until, done)
        # Faust has made a consumer, and neither starts nor stops it.
        worker.agent.app.consumer._thread.thread_loop.close()
        return worker.problem

    with desk_over(store) as desk, membership(store.dsn, "contract", FOLLOWED) as member:
        return asyncio.run(hand(desk, member))


def folded(store: Store) -> int:
    return sum(len(row.versions) for row in Stored(store.pool).select(TRAILS.table))


def test_the_agent_folds_what_it_is_handed(store: Store, settings: Settings) -> None:
    assert handed(store, settings, 0) is None
    assert folded(store) == store.log.head() > 0


def test_the_agent_takes_nothing_behind_a_gap(store: Store, settings: Settings) -> None:
    assert isinstance(handed(store, settings, 7), Gap)
    assert folded(store) == 0


def test_a_consumer_thread_that_is_cancelled_as_it_closes_ends_quietly() -> None:
    """A thread that dies of an error is one of the warnings that fail a test here."""

    class Closing:
        def _start_thread(self) -> None:
            raise asyncio.CancelledError

    thread = stream_worker.abandonable()(Closing())
    thread.start()
    thread.stop()
    thread.join(10)
    assert not thread.is_alive()
