"""The messages of the topic of facts: counted, lost, spoilt, on a real broker."""

from __future__ import annotations

from importlib import import_module
from typing import LiteralString

from consumers.brokers.clients import access
from consumers.brokers.topics import topic
from store import Store
from store.settings import Settings


class Bad(str):
    """The name of a header that is no UTF-8, once it is sent."""

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def spoil(settings: Settings, *values: bytes) -> None:
    """Send messages that no client can read into a partition of the facts.

    Packed as brokers keep them, and worth it: what they pack anew, they mend.
    """
    told = {**access(settings), "acks": "all", "compression_type": "lz4"}
    producer = import_module("kafka").KafkaProducer(**told)
    try:
        for each in values:
            name, damaged = topic(settings).name, [(Bad("x"), b"")]
            sent = producer.send(name, each * 100, b"k", headers=damaged, partition=0)
            sent.get(timeout=30)
    finally:
        producer.close()


def noted(store: Store) -> int:
    """How many messages were noted because they are no facts."""
    return number(store, "SELECT count(*) FROM kafka.unreadable")


def taken(store: Store) -> int:
    """How many messages were taken from the topic, or passed over."""
    return number(store, "SELECT sum(next_offset) FROM kafka.offsets")


def number(store: Store, query: LiteralString) -> int:
    with store.pool.connection() as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def messages(settings: Settings) -> int:
    """How many messages the topic holds."""
    kafka = import_module("kafka")
    consumer = kafka.KafkaConsumer(**access(settings))
    try:
        found = topic(settings)
        parts = [kafka.TopicPartition(found.name, n) for n in range(found.partitions)]
        first, last = consumer.beginning_offsets(parts), consumer.end_offsets(parts)
        return sum(last[part] - first[part] for part in parts)
    finally:
        consumer.close()


def retention(settings: Settings) -> None:
    """Do what the retention of a topic does when its time is up, to half of what it has."""
    kafka = import_module("kafka")
    consumer = kafka.KafkaConsumer(**access(settings))
    admin = kafka.KafkaAdminClient(**access(settings))
    try:
        found = topic(settings)
        parts = [kafka.TopicPartition(found.name, n) for n in range(found.partitions)]
        ends = consumer.end_offsets(parts)
        admin.delete_records({part: end // 2 for part, end in ends.items() if end})
    finally:
        consumer.close()
        admin.close()


def emptied(settings: Settings) -> None:
    """Do what the retention of a topic does to all that is too old."""
    kafka = import_module("kafka")
    admin, found = kafka.KafkaAdminClient(**access(settings)), topic(settings)
    try:
        parts = [kafka.TopicPartition(found.name, n) for n in range(found.partitions)]
        admin.delete_records(dict.fromkeys(parts, -1))
    finally:
        admin.close()
