"""Keeping: what every host of a Kafka feed does besides bringing batches.

It looks whether it still has its topic and its name, mends what the topic has lost from the
log, and steps over what nobody can read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from consumers.brokers.again import Again
from consumers.brokers.clients import client
from consumers.brokers.damage import ahead
from consumers.brokers.membership import Member, membership
from consumers.brokers.topics import topic
from consumers.feed.delivery import Delivery
from consumers.feed.kafka_feed import KafkaFeed
from consumers.relay.marks import Holed

if TYPE_CHECKING:
    from projections.view import View
    from store import Store
    from store.settings import Settings

LOOK_SECONDS = 5.0
BATCH_MAX = 5_000

log = logging.getLogger(__name__)


class Share:
    """A worker's share in the views of a feed, taken again each time that it begins again.

    Only the first time are the views built as this program knows them.
    """

    def __init__(
        self, store: Store, settings: Settings, feed: str, views: Sequence[View[Any]]
    ) -> None:
        self._store = store
        self._settings = settings
        self._feed = feed
        self._views = views
        self._built = False

    @contextmanager
    def taken(self) -> Iterator[tuple[KafkaFeed, Member]]:
        """The feed, ready to take, and a name in its group for as long as the block.

        Raises KafkaUnusable without the topic, Followed, and as KafkaFeed.prepare does.
        """
        source = topic(self._settings)
        with membership(self._store.dsn, self._feed, self._views) as member:
            feed = KafkaFeed(self._store, self._views, source, name=self._feed)
            feed.prepare(build=not self._built)
            self._built = True
            yield feed, member


# What is looked after --------------------------------------------------------------------


def look(feed: KafkaFeed, settings: Settings, member: Member) -> None:
    """Is it still the same topic, and are our name and our share in the views still ours?

    Raises Again, KafkaUnusable, and Lost as for the membership.
    """
    member.still()
    now = topic(settings, feed.topic.name)
    if now.topic_id != feed.topic.topic_id:
        raise Again(f"the topic {now.name} was made anew, and is read from its beginning")


def settle(feed: KafkaFeed) -> None:
    """Move the views on to where all is folded; what the topic lacks comes from the log."""
    try:
        feed.settle()
    except Holed as hole:
        log.warning(
            "the topic %s has a hole, the log is read; if the brokers lost a disk, see"
            " `huiyin kafka status`: %s",
            *(feed.topic.name, hole),
        )
        feed.level(dict.fromkeys(range(feed.topic.partitions), 0))


def starts(feed: KafkaFeed, first: dict[int, int]) -> dict[int, int]:
    """The next offset of each partition; ``first`` says by partition which is the first
    that the topic still has. What it has lost before it was taken comes from the log."""
    offsets = feed.next_offsets()
    if gone := {n: at for n, at in first.items() if at > offsets.get(n, 0)}:
        log.warning(
            "the topic %s begins behind what was taken (by partition: %s), the log is"
            " read; if that comes often, raise HUIYIN_KAFKA_RETENTION_DAYS",
            *(feed.topic.name, gone),
        )
        feed.level(gone)
        offsets = feed.next_offsets()
    return offsets


class Gaps:
    """Offsets that did not come when they were asked for, by partition."""

    def __init__(self) -> None:
        self._asked: dict[int, int] = {}

    def mend(
        self, feed: KafkaFeed, missing: dict[int, int], batch: Iterable[Delivery]
    ) -> dict[int, int]:
        """Where to go on in each partition where an offset is ``missing``.

        There, the first time; what does not come although it was asked for is not in the
        topic (a transaction's mark, a compacted topic): it is behind that offset then,
        and what it may have been comes from the log.
        """
        again = {p: at for p, at in missing.items() if self._asked.get(p) == at}
        self._asked |= missing
        if not again:
            return missing
        came = {
            p: min(d.offset for d in batch if d.partition == p and d.offset > at)
            for p, at in again.items()
        }
        log.warning(
            "the topic %s lacks offsets (by partition %s, up to %s), the log is read; see"
            " to it that nobody else writes there and that its cleanup.policy is delete",
            *(feed.topic.name, again, came),
        )
        feed.level(came)
        return missing | came


# What nobody can read ---------------------------------------------------------------------


def step_over(
    feed: KafkaFeed,
    settings: Settings,
    partitions: Collection[int],
    stop: threading.Event,
) -> None:
    """Take what stands before messages that no client can read, and pass over these.

    A fact may have been lost that way, so the log is read; it is read first, for whoever
    dies in between then comes to the message again.
    """
    kafka = client("kafka")
    offsets = feed.next_offsets()
    for n in sorted(partitions):
        part, at = kafka.TopicPartition(feed.topic.name, n), offsets.get(n, 0)
        while not stop.is_set():
            try:
                found = ahead(settings, part, at, BATCH_MAX)
            except kafka.errors.CorruptRecordError as damage:
                log.error(  # noqa: TRY400 - the message is at fault, not the program
                    "no client can read the message in %s, partition %d, offset %d (%s):"
                    " it is passed over; find out who sent it, only the relay may write"
                    " there",
                    *(feed.topic.name, n, at, damage),
                )
                feed.level({})
                feed.pass_over(n, at, f"no client can read it: {damage}")
                at += 1
                continue
            if not found or feed.take(deliveries(found)).missing:
                break
            at = found[-1].offset + 1


def deliveries(records: Sequence[Any]) -> list[Delivery]:
    """Messages as kafka-python has them."""
    return [
        Delivery(r.partition, r.offset, r.value or b"", r.key, tuple(r.headers))
        for r in records
    ]
