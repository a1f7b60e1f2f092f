"""The relay: one elected leader publishes the facts of cases from the log to Kafka."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Any

import psycopg
from eventsourcing import persistence
from eventsourcing.persistence import MapperDeserialisationError

from consumers import metrics
from consumers.brokers.clients import KafkaUnusable, brokers, client
from consumers.brokers.hushing import Said
from consumers.brokers.topics import Topic, topic
from consumers.relay.marks import (
    PRUNE_EVERY,
    Deposed,
    last_ends,
    mark,
    prune,
    settle_all,
)
from consumers.relay.publisher import (
    Anew,
    Page,
    Publisher,
    Shrunk,
    publishing,
    same_shape,
)
from projections.ground import lock_number, make_ground
from store import Store
from store.feed import Feed
from store.settings import Settings

BATCH_MAX = 2_000
POLL_SECONDS = 1.0
RETRY_SECONDS = 1.0
LOOK_SECONDS = 5.0
# How long what was sent may still be acknowledged once the relay is told to stop.
STOP_SECONDS_MAX = 5.0
LEADER_LOCK = lock_number("kafka relay")
# An offset that no topic comes to.
NEVER = 2**63 - 1
MEMBER = "relay"
WAITS = "the relay waits, facts are kept in the log meanwhile"

# Asked directly, or through the store.
DATABASE_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    persistence.OperationalError,
    persistence.InterfaceError,
)

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The relay was told to stop before Kafka acknowledged: that batch is sent again."""


def run(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Stand for election and, while leading, publish; until ``stop`` is set.

    Any number may run; one publishes, the others wait to follow. Whatever goes wrong, it
    is said once and begun again from what is saved: facts wait in the log meanwhile.
    Raises KafkaUnusable when Kafka is not switched on or its client is not installed.
    """
    brokers(settings)
    client("kafka")
    said = Said(log)
    while not stop.is_set():
        try:
            with leadership(store.dsn) as leader:
                if leader:
                    Relay(store, settings, leader, said).publish_until(stop)
        except Stopped as why:
            log.warning("%s", why)
        except (KafkaUnusable, Anew, Deposed, MapperDeserialisationError) as why:
            said.once(f"{WAITS}: {why}")
        except DATABASE_AWAY as why:
            said.once(f"the relay has no database, and tries again: {why}")
        except Exception as why:
            said.once(f"the relay begins again: {why!r}", exc_info=True)
        finally:
            metrics.leading(MEMBER, leads=False)
        stop.wait(RETRY_SECONDS)


@contextmanager
def leadership(dsn: str) -> Iterator[psycopg.Connection[Any] | None]:
    """A connection that holds the lock of the one leader, or None when another leads.

    The lock goes with the connection, so a relay that dies is followed at once.
    """
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
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
        self,
        store: Store,
        settings: Settings,
        leader: psycopg.Connection[Any],
        said: Said | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._leader = leader
        self._said = said or Said(log)
        self._after = 0
        self._ends: list[int] = []
        self._marks = 0

    def publish_until(self, stop: threading.Event) -> None:
        """Publish from the saved position on.

        Raises KafkaUnusable, Anew, Deposed, Stopped, MapperDeserialisationError, and
        psycopg.OperationalError when the lock is lost.
        """
        target = topic(self._settings)
        with publishing(self._settings, target) as publisher, Feed(self._store) as feed:
            make_ground(self._leader)
            self._after = self.begin(target)
            self._ends = self._ends_so_far(publisher)
            log.info("leading: %s after position %d", target.name, self._after)
            with ThreadPoolExecutor(1, "huiyin-relay-reader") as reader:
                self._follow(publisher, feed, reader, stop)

    def _follow(
        self,
        publisher: Publisher,
        feed: Feed,
        reader: ThreadPoolExecutor,
        stop: threading.Event,
    ) -> None:
        """With a backlog, the next page is read while Kafka acknowledges this one."""
        looked_at = monotonic()
        ahead: Future[Page] | None = None
        while not stop.is_set():
            page = ahead.result() if ahead else self._read(publisher, self._after)
            ahead = None
            if page.facts == BATCH_MAX:
                ahead = reader.submit(self._read, publisher, page.position)
            if page.facts:
                self._publish(publisher, page, stop)
            else:
                feed.wait(self._after, POLL_SECONDS)
                self._leader.execute("SELECT 1")  # raises once the lock is lost
            if monotonic() - looked_at >= LOOK_SECONDS:
                publisher.look()
                looked_at = monotonic()

    def _read(self, publisher: Publisher, after: int) -> Page:
        """The next facts. What comes before one that this program cannot read is had."""
        try:
            entries = self._store.log.read(after, BATCH_MAX)
        except MapperDeserialisationError:
            entries = self._store.log.read(after, 1)
        return publisher.page(entries, after)

    def _publish(self, publisher: Publisher, page: Page, stop: threading.Event) -> None:
        began = monotonic()

        def wait(trouble: str) -> None:
            self._said.once(
                f"the relay waits, facts are kept in the log meanwhile: {trouble}"
            )
            self._leader.execute("SELECT 1")
            if stop.is_set() and monotonic() - began > STOP_SECONDS_MAX:
                raise Stopped(
                    f"the relay stops before Kafka has acknowledged what is behind position"
                    f" {self._after}: it is published again by whoever comes next"
                )

        try:
            ends = publisher.publish(page.messages, self._ends, wait)
        except Shrunk as lost:
            self._give_up(publisher.target, lost)
            raise
        self.save(publisher.target, page.position, ends)
        self._said.over("the relay publishes again")
        metrics.batch(MEMBER, page.facts, monotonic() - began)

    # Where it stands ----------------------------------------------------------------------

    def begin(self, target: Topic) -> int:
        """The position saved for this very topic; one made anew is published from 0.

        Notes who leads since when.
        """
        row = self._leader.execute(
            "INSERT INTO kafka.relayed AS r (topic_id, topic, position, leader, led_since)"
            " VALUES (%s, %s, 0, %s, now()) ON CONFLICT (topic_id) DO UPDATE"
            " SET leader = excluded.leader, led_since = excluded.led_since"
            " RETURNING position",
            (target.topic_id, target.name, f"{socket.gethostname()}:{os.getpid()}"),
        ).fetchone()
        metrics.leading(MEMBER, leads=True)
        return int(row[0]) if row else 0

    def _ends_so_far(self, publisher: Publisher) -> list[int]:
        """The ends of the last mark. Without one, what is in the topic ends where it ends
        now, at the latest.

        Raises Shrunk when it ends before that, KafkaUnusable when partitions were added.
        """
        target = publisher.target
        marked = last_ends(self._leader, target.topic_id, 0)
        if not (any(marked) or self._after):
            return [0] * target.partitions
        now = publisher.ends()
        if not marked:
            return now
        same_shape(target, len(marked))
        if lost := [n for n, end in enumerate(marked) if now[n] < end]:
            raise Shrunk(target.name, lost)
        return marked

    def _give_up(self, target: Topic, lost: Shrunk) -> None:
        """Nothing is marked in this topic any more: other messages stand now where some
        were lost, and by its ends alone it would soon look whole again."""
        ends = [NEVER if n in lost.partitions else end for n, end in enumerate(self._ends)]
        mark(self._leader, target.topic_id, self._after, self._after, ends)

    def save(self, target: Topic, position: int, ends: list[int]) -> None:
        """All up to ``position`` is in the topic before ``ends``. Raises Deposed."""
        mark(self._leader, target.topic_id, self._after, position, ends)
        self._after, self._ends = position, ends
        self._marks += 1
        if self._marks % PRUNE_EVERY == 0:
            prune(self._leader, target.topic_id)
        settle_all(self._leader, target.topic_id)
