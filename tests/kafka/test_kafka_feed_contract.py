"""Relay, broker and fold worker together keep the contract of a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from consumers.brokers.topics import topic
from consumers.feed.kafka_feed import KafkaFeed
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import FOLLOWED, FeedAtWork, FeedContract
from tests.contract.processes import at_work, to_be_killed
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER


class KafkaAtWork(FeedAtWork):
    """A relay on a thread, and a fold worker on another or in a process."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store)
        self.settings = settings
        self.topic = topic(settings)
        self.feed = KafkaFeed(store, FOLLOWED, self.topic, name="contract")
        self.feed.prepare()

    @contextmanager
    def running(self) -> Iterator[None]:
        with ExitStack() as stack:
            for kind in ("relay", "fold"):
                stack.enter_context(at_work(kind, self.store, self.settings))
            yield

    @contextmanager
    def in_a_process(self) -> Iterator[Callable[[], None]]:
        with (
            at_work("relay", self.store, self.settings),
            to_be_killed("fold", self.settings) as kill,
        ):
            yield kill

    def bring_all_again(self) -> None:
        """What a relay does that died after the acknowledgement and before saving it."""
        with self.store.pool.connection() as connection:
            connection.execute("UPDATE kafka.relayed SET position = 0")


class TestKafkaFeed(FeedContract):
    @pytest.fixture
    def feed(self, store: Store, kafka: Settings) -> KafkaAtWork:
        return KafkaAtWork(store, kafka)
