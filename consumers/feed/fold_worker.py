"""The fold worker: a member of a consumer group that brings views their facts from Kafka.

It remembers nothing that matters. Where to begin is asked of the feed, which saved it
together with the rows; what is committed to Kafka is only for looking at. So a worker that
dies at any point is followed by one that goes on exactly there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from time import monotonic
from typing import TYPE_CHECKING, Any

from consumers import metrics
from consumers.brokers.again import Again, again_and_again
from consumers.brokers.clients import brokers, client, reachable
from consumers.brokers.group import grouped
from consumers.brokers.membership import Member
from consumers.feed import keeping
from consumers.feed.kafka_feed import KafkaFeed
from consumers.feed.keeping import BATCH_MAX, LOOK_SECONDS, Gaps, Share, deliveries
from consumers.feed.streamed import STREAMED
from projections.view import View

if TYPE_CHECKING:
    from consumers.brokers.hushing import Said
    from store import Store
    from store.settings import Settings

FEED = "kafka-views"
POLL_SECONDS = 0.1
SESSION_SECONDS = 10
# By the heartbeat a member learns that partitions are being shared out anew, and those that
# move stand still until all have learnt it, twice.
HEARTBEAT_SECONDS = 0.5


def run(
    store: Store,
    settings: Settings,
    stop: threading.Event,
    *,
    views: Sequence[View[Any]] = STREAMED,
    feed: str = FEED,
) -> None:
    """Fold the facts of cases from Kafka into ``views`` until ``stop`` is set.

    ``feed`` names the group that shares the work; any number of workers may run, on any
    machine. Whatever goes wrong, it is logged and the worker begins again from what is
    saved. Raises KafkaUnusable when Kafka is not switched on or its client is not
    installed, and Replaced when another version of this program has built the views anew.
    """
    brokers(settings)
    client("kafka")

    share = Share(store, settings, feed, views)

    def work(said: Said) -> None:
        with share.taken() as (kept, member):
            worker = Worker(kept, settings, member)
            worker.work(stop, lambda: said.over("the fold worker is at work"))

    again_and_again("the fold worker", stop, work)


class Worker:
    """One member of the group, for one thread."""

    def __init__(self, feed: KafkaFeed, settings: Settings, member: Member) -> None:
        self._feed = feed
        self._settings = settings
        self._member = member
        self._gaps = Gaps()
        self._look_at = monotonic() + LOOK_SECONDS

    def work(self, stop: threading.Event, well: Callable[[], None]) -> None:
        """Take batches until told to stop; ``well`` is called after each that went well.
        Raises what made it impossible to go on."""
        with reachable(self._settings), self._consumer() as consumer:
            while not stop.is_set():
                if batch := deliveries(self._polled(consumer, stop)):
                    began = monotonic()
                    taken = self._feed.take(batch)
                    metrics.batch(self._feed.name, len(batch), monotonic() - began)
                    if taken.missing:
                        self._seek(
                            consumer, self._gaps.mend(self._feed, taken.missing, batch)
                        )
                keeping.settle(self._feed)
                self._look(consumer)
                well()

    def _polled(self, consumer: Any, stop: threading.Event) -> list[Any]:
        try:
            records = consumer.poll(POLL_SECONDS * 1000, max_records=BATCH_MAX)
        except client("kafka").errors.CorruptRecordError as damage:
            mine = [part.partition for part in consumer.assignment()]
            keeping.step_over(self._feed, self._settings, mine, stop)
            raise Again(f"behind a message that no client can read: {damage}") from damage
        return [record for batch in records.values() for record in batch]

    def _consumer(self) -> AbstractContextManager[Any]:
        return grouped(
            self._settings,
            self._feed.topic.name,
            self._listener,
            group=f"huiyin-{self._feed.name}",
            name=f"huiyin-{self._member.name}",
            session_timeout_ms=SESSION_SECONDS * 1000,
            heartbeat_interval_ms=int(HEARTBEAT_SECONDS * 1000),
            max_poll_records=BATCH_MAX,
            fetch_max_wait_ms=20,
            max_partition_fetch_bytes=8 * 1024 * 1024,
        )

    def _listener(self, consumer: Any) -> Any:
        """Has each partition begin where the feed stands, whatever Kafka remembers."""
        worker, feed, kafka = self, self._feed, client("kafka")

        class SavedOffsets(kafka.ConsumerRebalanceListener):  # type: ignore[misc, name-defined]
            def on_partitions_assigned(self, assigned: Any) -> None:
                offsets = feed.next_offsets()
                for part in assigned:
                    consumer.seek(part, offsets.get(part.partition, 0))
                # Does the topic still have that? It may not be asked from here.
                worker._look_at = monotonic()

            def on_partitions_revoked(self, revoked: Any) -> None:
                """Nothing is held that was not saved with the rows."""

        return SavedOffsets()

    def _seek(self, consumer: Any, offsets: dict[int, int]) -> None:
        """Fetch from there; what the topic no longer has comes from the log."""
        mine = [part for part in consumer.assignment() if part.partition in offsets]
        begin = self._starts(consumer, mine)
        for part in mine:
            consumer.seek(part, max(offsets[part.partition], begin[part.partition]))

    def _look(self, consumer: Any) -> None:
        """Now and then: is all still as it was, and does the topic have what we lack? And
        tell Kafka where we are."""
        if monotonic() < self._look_at:
            return
        self._look_at = monotonic() + LOOK_SECONDS
        keeping.look(self._feed, self._settings, self._member)
        # Where it has lost what comes next, the client goes on at its beginning by itself.
        self._starts(consumer, consumer.assignment())
        consumer.commit_async()

    def _starts(self, consumer: Any, parts: Any) -> dict[int, int]:
        first = consumer.beginning_offsets(list(parts)) if parts else {}
        return keeping.starts(
            self._feed, {part.partition: at for part, at in first.items()}
        )
