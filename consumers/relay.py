"""The relay: one elected leader publishes the facts of cases from the log to Kafka."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from consumers import wire
from consumers.brokers import (
    BOOTSTRAP_MS_MAX,
    MESSAGE_BYTES_MAX,
    KafkaUnusable,
    Topic,
    brokers,
    client,
    reachable,
    topic,
)
from store import Store
from store.feed import Feed
from store.log import Entry
from store.settings import Settings

BATCH_MAX = 1000
POLL_SECONDS = 1.0
RETRY_SECONDS = 1.0
# Any number that no other advisory lock of this database uses.
LEADER_LOCK = 0x4855_4959_494E_0001

log = logging.getLogger(__name__)


class Deposed(Exception):
    """Another relay has moved the position: this one leads no longer."""


def run(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Stand for election and, while leading, publish; until ``stop`` is set.

    Any number may run; one publishes, the others wait to follow. Whatever goes wrong, it
    is logged and begun again from what is saved: facts wait in the log meanwhile.
    Raises KafkaUnusable when Kafka is not switched on or its client is not installed.
    """
    brokers(settings)
    client("kafka")
    while not stop.is_set():
        try:
            with leadership(store.dsn) as leader:
                if leader:
                    Relay(store, settings, leader).publish_until(stop)
        except (KafkaUnusable, Deposed) as why:
            log.warning("the relay begins again: %s", why)
        except Exception:
            log.exception("the relay begins again")
        stop.wait(RETRY_SECONDS)


@contextmanager
def leadership(dsn: str) -> Iterator[psycopg.Connection | None]:
    """A connection that holds the lock of the one leader, or None when another leads.

    The lock goes with the connection, so a relay that dies is followed at once.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)
        ).fetchone()
        yield connection if row and row[0] else None


class Relay:
    """What the leader does. The position is saved only after Kafka has acknowledged.

    So a crash publishes some facts twice, never not at all; and when one of a batch fails,
    all of it is published again. A later fact of a case may therefore reach a partition
    before an earlier one; a consumer takes only the next of each case (kafka_feed.py).
    """

    def __init__(
        self, store: Store, settings: Settings, leader: psycopg.Connection
    ) -> None:
        self._store = store
        self._settings = settings
        self._leader = leader

    def publish_until(self, stop: threading.Event) -> None:
        """Publish from the saved position on.

        Raises KafkaUnusable, Deposed, and psycopg.OperationalError when the lock is lost.
        """
        target = topic(self._settings)
        after = self.begin(target)
        log.info("leading: publishing to %s after position %d", target.name, after)
        with Feed(self._store) as feed, self._producer() as producer:
            while not stop.is_set():
                entries = self._store.log.read(after, BATCH_MAX)
                if entries:
                    self._publish(producer, target, entries)
                    after = self.save(target, after, entries[-1].position)
                else:
                    feed.wait(after, POLL_SECONDS)
                    self._leader.execute("SELECT 1")  # raises once the lock is lost

    @contextmanager
    def _producer(self) -> Iterator[Any]:
        with reachable(self._settings) as kafka:
            producer = kafka.KafkaProducer(
                bootstrap_servers=brokers(self._settings),
                client_id="huiyin-relay",
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=5,
                batch_size=256 * 1024,
                max_request_size=MESSAGE_BYTES_MAX,
                bootstrap_timeout_ms=BOOTSTRAP_MS_MAX,
                max_block_ms=5_000,
                request_timeout_ms=5_000,
                delivery_timeout_ms=10_000,
                allow_auto_create_topics=False,
            )
            try:
                yield producer
            finally:
                producer.close(timeout=5)

    def _publish(self, producer: Any, target: Topic, entries: list[Entry]) -> None:
        """Send the facts of cases among the entries, and wait for every acknowledgement."""
        sent = [
            producer.send(
                target.name,
                key=wire.key(entry),
                value=wire.payload(entry),
                headers=wire.headers(entry),
            )
            for entry in entries
            if wire.travels(entry.fact)
        ]
        producer.flush()
        for acknowledgement in sent:
            acknowledgement.get(timeout=0)

    # Where it stands ----------------------------------------------------------------------

    def begin(self, target: Topic) -> int:
        """The position saved for this very topic; one made anew is published from 0."""
        row = self._leader.execute(
            "INSERT INTO kafka.relayed AS r (topic_id, topic, position) VALUES (%s, %s, 0)"
            " ON CONFLICT (topic_id) DO UPDATE SET topic = r.topic RETURNING position",
            (target.topic_id, target.name),
        ).fetchone()
        return int(row[0]) if row else 0

    def save(self, target: Topic, before: int, position: int) -> int:
        moved = self._leader.execute(
            "UPDATE kafka.relayed SET position = %s WHERE topic_id = %s AND position = %s",
            (position, target.topic_id, before),
        )
        if moved.rowcount != 1:
            raise Deposed(f"position {before} of the relay was moved by another")
        return position
