"""Relay, broker and Faust worker together keep the contract of a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

import pytest

from consumers.brokers import topic
from consumers.kafka_feed import KafkaFeed, beside
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import FOLLOWED, FeedAtWork, FeedContract
from tests.contract.processes import at_work, to_be_killed
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER


class StreamAtWork(FeedAtWork):
    """A relay on a thread, and a Faust worker on another or in a process."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store, tuple(beside(view) for view in FOLLOWED))
        self._settings = settings
        self.topic = topic(settings)
        self.feed = KafkaFeed(store, FOLLOWED, self.topic.topic_id, name="contract")
        self.feed.prepare()
        self._consumer = import_module("kafka").KafkaConsumer(
            bootstrap_servers=settings.kafka
        )

    def close(self) -> None:
        self._consumer.close()

    @contextmanager
    def running(self) -> Iterator[None]:
        with ExitStack() as stack:
            for kind in ("relay", "stream"):
                stack.enter_context(at_work(kind, self.store, self._settings))
            yield

    @contextmanager
    def in_a_process(self) -> Iterator[Callable[[], None]]:
        with (
            at_work("relay", self.store, self._settings),
            to_be_killed("stream", self._settings) as kill,
        ):
            yield kill

    def bring_all_again(self) -> None:
        """What a relay does that died after the acknowledgement and before saving it."""
        with self.store.pool.connection() as connection:
            connection.execute("UPDATE kafka.relayed SET position = 0")

    def nothing_is_left(self) -> bool:
        with self.store.pool.connection() as connection:
            relayed = connection.execute(
                "SELECT position = pos FROM kafka.relayed, log.head WHERE topic_id = %s",
                [self.topic.topic_id],
            ).fetchone()
        if relayed != (True,):
            return False
        return self.feed.next_offsets() == self.ends()

    def ends(self) -> dict[int, int]:
        """Where each partition that holds something ends."""
        of = import_module("kafka").TopicPartition
        parts = [of(self.topic.name, n) for n in range(self.topic.partitions)]
        found = self._consumer.end_offsets(parts)
        return {part.partition: end for part, end in found.items() if end}


class TestKafkaFeed(FeedContract):
    @pytest.fixture
    def feed(self, store: Store, kafka: Settings) -> Iterator[FeedAtWork]:
        feed = StreamAtWork(store, kafka)
        yield feed
        feed.close()
