"""A topic without a broker: what broker, relay and workers do to views, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import psycopg

from consumers import wire
from consumers.brokers.topics import Topic
from consumers.feed.delivery import Delivery
from consumers.feed.kafka_feed import KafkaFeed
from consumers.relay import marks
from consumers.relay.marks import Holed
from projections.check import Report, check
from projections.engine import Engine
from projections.feeds import take_back
from projections.ground import standings
from store import Store
from store.log import Entry
from tests.contract.feed_contract import FOLLOWED

PARTITIONS = 3
FEED = "kafka-test"


class Topics:
    """What a broker and a relay would do, in the hands of a test: partitions are lists."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made = 0
        self.make_anew()

    def make_anew(self) -> None:
        """Delete it and make it again, empty and under another id."""
        self._made += 1
        self.topic = Topic(wire.CASE_FACTS, UUID(int=self._made), PARTITIONS)
        self.first = [0] * PARTITIONS
        self.messages: list[list[Delivery]] = [[] for _ in range(PARTITIONS)]
        self.relayed = 0
        with self._line() as line:
            line.execute(
                "INSERT INTO kafka.relayed (topic_id, topic, position) VALUES (%s, %s, 0)",
                [self.topic.topic_id, self.topic.name],
            )

    def publish(self, limit: int = 10_000, *, lose: frozenset[int] = frozenset()) -> None:
        """Publish what comes next and mark it; positions to ``lose`` never arrive."""
        entries = self._store.log.read(self.relayed, limit)
        self._send(entries, lose)
        if entries:
            last = entries[-1].position
            with self._line() as line:
                marks.mark(line, self.topic.topic_id, self.relayed, last, self.ends())
            self.relayed = last

    def publish_and_die(self, limit: int, *, lose: frozenset[int] = frozenset()) -> None:
        """What an unmarked batch leaves behind: messages that will come again."""
        self._send(self._store.log.read(self.relayed, limit), lose)

    def _send(self, entries: list[Entry], lose: frozenset[int]) -> None:
        for entry in entries:
            if entry.position not in lose and wire.travels(entry.fact):
                self._append(
                    entry.fact.originator_id.int % PARTITIONS,
                    wire.payload(entry),
                    wire.key(entry),
                    tuple(wire.headers(entry)),
                )

    def _append(
        self,
        partition: int,
        payload: bytes,
        key: bytes | None = None,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        offset = self.first[partition] + len(self.messages[partition])
        self.messages[partition].append(Delivery(partition, offset, payload, key, headers))

    def bring_first(self, entry: Entry, partition: int) -> None:
        """Its message is in a partition where it does not belong, before all others."""
        message = Delivery(
            partition,
            self.first[partition],
            wire.payload(entry),
            wire.key(entry),
            tuple(wire.headers(entry)),
        )
        moved = [replace(m, offset=m.offset + 1) for m in self.messages[partition]]
        self.messages[partition] = [message, *moved]
        with self._line() as line:
            line.execute("UPDATE kafka.marks SET ends = %s", [self.ends()])

    def spoil(self, partition: int, at: int) -> None:
        """Garble the payload of a message; key and headers stay."""
        was = self.messages[partition][at]
        self.messages[partition][at] = Delivery(
            partition, was.offset, b"{garbled", was.key, was.headers
        )

    def litter(self, partition: int) -> None:
        """A message of somebody else, who has no business here."""
        self._append(partition, b"hello", None, (("ce_id", b"7"),))

    def forget(self, partition: int, count: int) -> None:
        """The retention of the topic removes its oldest messages."""
        gone = self.messages[partition][:count]
        self.messages[partition] = self.messages[partition][count:]
        self.first[partition] += len(gone)

    def ends(self) -> list[int]:
        return [self.first[p] + len(self.messages[p]) for p in range(PARTITIONS)]

    def after(self, partition: int, offset: int, limit: int) -> list[Delivery]:
        start = max(0, offset - self.first[partition])
        return self.messages[partition][start : start + limit]

    def _line(self) -> psycopg.Connection:
        return psycopg.connect(self._store.dsn, autocommit=True)


def fed(store: Store, topics: Topics) -> KafkaFeed:
    """A worker of the feed, once the views are its own."""
    feed = KafkaFeed(store, FOLLOWED, topics.topic, name=FEED)
    feed.prepare()
    return feed


def take(
    feed: KafkaFeed, topics: Topics, partitions: Sequence[int], limit: int = 10_000
) -> None:
    """What a worker does that has these partitions: fetch, take, settle, heal."""
    offsets = feed.next_offsets()
    batch = [each for p in partitions for each in topics.after(p, offsets.get(p, 0), limit)]
    if batch and feed.take(batch).missing:
        feed.level(dict(enumerate(topics.first)))
    try:
        feed.settle()
    except Holed:
        feed.level(dict(enumerate(topics.first)))


def take_all(feed: KafkaFeed, topics: Topics) -> None:
    for _ in range(3):  # a part, what was missing, and the settling of both
        take(feed, topics, range(PARTITIONS))


def from_the_log(store: Store) -> None:
    """A process without Kafka takes the views over and follows the log to its head."""
    engine = Engine(store, FOLLOWED)
    assert engine.own()
    take_back(store, FOLLOWED)
    while engine.step():
        pass
    engine.close()


def sound(store: Store) -> Report:
    report = check(store, FOLLOWED)
    assert report.differences == []
    return report


def position(store: Store) -> int:
    with store.pool.connection() as connection:
        stands = standings(connection)
    return min(stands[view.name].position for view in FOLLOWED)


def parked(store: Store) -> list[tuple[str, int]]:
    with store.pool.connection() as connection:
        rows = connection.execute(
            "SELECT view, position FROM views.parked ORDER BY view, position"
        )
        return [(view, at) for view, at in rows.fetchall()]
