"""What a topic has lost, or nobody can read, costs the views nothing: the log has it."""

from __future__ import annotations

from importlib import import_module

import pytest

from consumers.brokers.clients import access
from consumers.brokers.topics import topic
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import journeys, record
from tests.contract.processes import at_work
from tests.kafka.test_kafka_feed_contract import KafkaAtWork
from tests.support.kafka import KAFKA_TIER
from tests.support.messages import emptied, messages, noted, retention, spoil, taken

pytestmark = KAFKA_TIER


@pytest.fixture
def feed(store: Store, kafka: Settings) -> KafkaAtWork:
    return KafkaAtWork(store, kafka)


@pytest.mark.parametrize("kept", ["half of it", "nothing"])
def test_what_the_topic_has_lost_comes_from_the_log(
    feed: KafkaAtWork, kafka: Settings, kept: str
) -> None:
    with at_work("relay", feed.store, kafka):
        record(feed.store, journeys(1, 60))
        until(lambda: messages(kafka) == feed.store.log.head())
    (emptied if kept == "nothing" else retention)(kafka)
    assert messages(kafka) < feed.store.log.head()
    with feed.running():
        until(feed.nothing_is_left)
        record(feed.store, journeys(61, 10))
        until(feed.nothing_is_left)
    assert feed.differences() == []


def test_messages_that_no_client_can_read_are_noted_and_passed_over(
    feed: KafkaAtWork, kafka: Settings
) -> None:
    spoil(kafka, b"of a topic that holds nothing else")
    with feed.running():
        record(feed.store, journeys(1, 60))
        until(feed.nothing_is_left)
        spoil(kafka, b"behind facts", b"and one more")
        record(feed.store, journeys(61, 20))
        until(lambda: noted(feed.store) == 3)
        until(feed.nothing_is_left)
    with at_work("fold", feed.store, kafka):  # and what is behind them in the topic
        until(lambda: taken(feed.store) == messages(kafka))
    assert feed.differences() == []


def test_offsets_that_never_come_are_passed_over(
    feed: KafkaAtWork, kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Where somebody has written in a transaction, its end takes an offset of its own."""
    told = {**access(kafka), "transactional_id": "somebody else"}
    producer = import_module("kafka").KafkaProducer(**told)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic(kafka).name, b"hello", b"k", partition=0)
    producer.commit_transaction()
    producer.close()
    with feed.running():
        record(feed.store, journeys(1, 60))
        until(feed.nothing_is_left)
        until(lambda: taken(feed.store) == messages(kafka))
    assert "lacks offsets" in caplog.text
    caplog.clear()
    assert feed.differences() == []
