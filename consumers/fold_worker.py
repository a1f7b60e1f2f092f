"""The fold worker: a member of a consumer group that brings views their facts from Kafka.

It remembers nothing that matters. Where to begin is asked of the feed, which saved it
together with the rows; what is committed to Kafka is only for looking at. So a worker that
dies at any point is followed by one that goes on exactly there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from consumers import metrics
from consumers.brokers import KafkaUnusable, access, brokers, client, reachable, topic
from consumers.delivery import Delivery
from consumers.hushing import Said
from consumers.kafka_feed import KafkaFeed
from consumers.marks import Holed
from consumers.membership import Followed, membership
from consumers.streamed import STREAMED
from projections.engine import Fenced
from projections.view import View

if TYPE_CHECKING:
    from store import Store
    from store.settings import Settings

FEED = "kafka-views"
BATCH_MAX = 5_000
POLL_SECONDS = 0.1
SESSION_SECONDS = 10
# By the heartbeat a member learns that partitions are being shared out anew, and those that
# move stand still until all have learnt it, twice.
HEARTBEAT_SECONDS = 0.5
RETRY_SECONDS = 1.0
LOOK_SECONDS = 5.0

log = logging.getLogger(__name__)


class Anew(Exception):
    """The topic was made anew: begin again with the new one."""


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
    installed, and Fenced when another version of this program has built the views anew.
    """
    brokers(settings)
    client("kafka")
    said = Said(log)
    while not stop.is_set():
        try:
            source = topic(settings)
            with membership(store.dsn, feed, views) as member:
                kept = KafkaFeed(store, views, source, name=feed)
                kept.prepare()
                said.over("the fold worker is at work")
                Worker(kept, settings, member).work(stop)
        except (KafkaUnusable, Followed, Anew) as why:
            said.once(f"the fold worker begins again: {why}")
        except Fenced:
            raise
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            said.once(f"the fold worker begins again: {what}", exc_info=True)
        stop.wait(RETRY_SECONDS)


class Worker:
    """One member of the group, for one thread."""

    def __init__(self, feed: KafkaFeed, settings: Settings, member: str) -> None:
        self._feed = feed
        self._settings = settings
        self._member = member
        self._looked_at = monotonic()

    def work(self, stop: threading.Event) -> None:
        """Take batches until told to stop. Raises what made it impossible to go on."""
        with self._consumer() as consumer:
            while not stop.is_set():
                records = consumer.poll(POLL_SECONDS * 1000, max_records=BATCH_MAX)
                if batch := deliveries(records):
                    began = monotonic()
                    taken = self._feed.take(batch)
                    metrics.batch(self._feed.name, len(batch), monotonic() - began)
                    if taken.missing:
                        self._seek(consumer, taken.missing)
                self._settle(consumer)
                self._look(consumer)

    @contextmanager
    def _consumer(self) -> Iterator[Any]:
        kafka = client("kafka")
        sticky = client("kafka.coordinator.assignors.cooperative_sticky")
        with reachable(self._settings):
            consumer = kafka.KafkaConsumer(
                **access(self._settings),
                client_id=f"huiyin-{self._member}",
                group_id=f"huiyin-{self._feed.name}",
                group_instance_id=f"huiyin-{self._member}",
                partition_assignment_strategy=[sticky.CooperativeStickyAssignor],
                session_timeout_ms=SESSION_SECONDS * 1000,
                heartbeat_interval_ms=int(HEARTBEAT_SECONDS * 1000),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=BATCH_MAX,
                fetch_max_wait_ms=20,
                max_partition_fetch_bytes=8 * 1024 * 1024,
                allow_auto_create_topics=False,
            )
        try:
            consumer.subscribe(
                [self._feed.topic.name], listener=self._listener(kafka, consumer)
            )
            yield consumer
        finally:
            consumer.close(autocommit=False)

    def _listener(self, kafka: Any, consumer: Any) -> Any:
        """Has each partition begin where the feed stands, whatever Kafka remembers."""
        feed = self._feed

        class SavedOffsets(kafka.ConsumerRebalanceListener):  # type: ignore[misc]
            def on_partitions_assigned(self, assigned: Any) -> None:
                offsets = feed.next_offsets()
                for part in assigned:
                    consumer.seek(part, offsets.get(part.partition, 0))

            def on_partitions_revoked(self, revoked: Any) -> None:
                """Nothing is held that was not saved with the rows."""

        return SavedOffsets()

    def _seek(self, consumer: Any, missing: dict[int, int]) -> None:
        """Fetch what was passed over; what the topic no longer has, from the log."""
        parts = [part for part in consumer.assignment() if part.partition in missing]
        first = {p.partition: at for p, at in consumer.beginning_offsets(parts).items()}
        gone = {n: at for n, at in first.items() if at > missing[n]}
        if gone:
            log.warning("the topic no longer has what comes next: the log is read")
            self._feed.level(gone)
        for part in parts:
            consumer.seek(part, max(missing[part.partition], first[part.partition]))

    def _settle(self, consumer: Any) -> None:
        try:
            self._feed.settle()
        except Holed as hole:
            log.warning("the topic has a hole, the log is read: %s", hole)
            parts = consumer.partitions_for_topic(self._feed.topic.name) or ()
            self._feed.level(dict.fromkeys(parts, 0))

    def _look(self, consumer: Any) -> None:
        """Now and then: is it still the same topic? And tell Kafka where we are."""
        if monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = monotonic()
        now = topic(self._settings, self._feed.topic.name)
        if now.topic_id != self._feed.topic.topic_id:
            raise Anew(f"the topic {now.name} was made anew")
        consumer.commit_async()


def deliveries(records: dict[Any, list[Any]]) -> list[Delivery]:
    """What one poll has brought."""
    return [
        Delivery(part.partition, r.offset, r.value or b"", r.key, tuple(r.headers))
        for part, batch in records.items()
        for r in batch
    ]
