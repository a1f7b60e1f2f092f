"""Trouble with Kafka: it is said what to do, facts go on being recorded, none is lost."""

from __future__ import annotations

import os
from importlib import import_module

import pytest

from consumers.brokers.clients import access
from consumers.brokers.topics import INTAKE_REFUSED, make_topics
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import journeys, record
from tests.kafka.test_kafka_feed_contract import KafkaAtWork
from tests.support.kafka import KAFKA_TIER, Brokers, both_said

pytestmark = KAFKA_TIER

DISK_BYTES = 12_000_000
LARGE_BYTES = 1_000_000


def test_a_broker_that_is_not_there_from_the_start(
    store: Store, kafka: Settings, broker: Brokers, caplog: pytest.LogCaptureFixture
) -> None:
    feed = KafkaAtWork(store, kafka)
    broker.stop()
    with feed.running():
        record(store, journeys(1, 10))
        until(lambda: both_said("does the broker run", caplog))
        record(store, journeys(11, 10))
        assert feed.folded() == 0
        broker.start()
        until(feed.nothing_is_left)
    assert_nothing_is_lost(feed)


def test_a_topic_that_is_missing(
    store: Store, kafka: Settings, broker: Brokers, caplog: pytest.LogCaptureFixture
) -> None:
    feed = KafkaAtWork(store, kafka)
    broker.forget_topics()
    with feed.running():
        record(store, journeys(1, 10))
        until(lambda: both_said("run `huiyin kafka topics`", caplog))
        record(store, journeys(11, 10))
        assert feed.folded() == 0
        make_topics(kafka)
        until(feed.nothing_is_left)
    assert_nothing_is_lost(feed)


def test_a_broker_whose_disk_is_full(
    store: Store, kafka: Settings, broker: Brokers, caplog: pytest.LogCaptureFixture
) -> None:
    feed = KafkaAtWork(store, kafka)
    broker.stop()
    broker.start(file_size_max=DISK_BYTES)
    with feed.running():
        record(store, journeys(1, 10))
        until(feed.nothing_is_left)
        fill_the_disk(kafka)
        until(lambda: not broker.all_answer())
        record(store, journeys(11, 10))
        until(lambda: both_said("disk is full", caplog))
        record(store, journeys(21, 10))
        assert not feed.nothing_is_left()
        broker.start()  # somebody has made room
        until(feed.nothing_is_left)
    assert_nothing_is_lost(feed)


def fill_the_disk(settings: Settings) -> None:
    """Send messages that nothing makes smaller, until the broker takes no more."""
    kafka = import_module("kafka")
    producer = kafka.KafkaProducer(
        **access(settings),
        max_block_ms=2_000,
        request_timeout_ms=1_000,
        delivery_timeout_ms=2_000,
    )
    try:
        for _ in range(2 * DISK_BYTES // LARGE_BYTES):
            large = os.urandom(LARGE_BYTES - 1_000)
            producer.send(INTAKE_REFUSED, large, partition=0).get(timeout=5)
    except kafka.errors.KafkaError:
        return
    finally:
        producer.close(timeout=1)
    raise AssertionError("there was room for all of it")


def assert_nothing_is_lost(feed: KafkaAtWork) -> None:
    assert feed.differences() == []
    assert feed.folded() == feed.store.log.head()
