"""Publishing: facts of cases into a topic, and up to which offsets they are in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from time import monotonic
from typing import Any, NamedTuple

from consumers import wire
from consumers.brokers.clients import (
    BOOTSTRAP_MS_MAX,
    KafkaUnusable,
    access,
    administrator,
    client,
    reachable,
    trouble,
)
from consumers.brokers.topics import MESSAGE_BYTES_MAX, Topic, described
from store.log import Entry
from store.settings import Settings

KEYS_REMEMBERED_MAX = 100_000
# A broker that died is followed by another within about ten seconds.
DELIVERY_MS_MAX = 30_000
REQUEST_MS_MAX = 5_000
# A batch is sent when it is flushed, and not before: a dozen large requests, not hundreds.
LINGER_MS = 1_000
BATCH_BYTES = 256 * 1024
PATIENCE_SECONDS = 1.0
CLOSE_SECONDS_MAX = 5.0
MAKE_ANEW = f"`huiyin kafka wipe {wire.CASE_FACTS}`; all is published again from the log"

log = logging.getLogger(__name__)


class Anew(Exception):
    """The topic was deleted, or deleted and made again: what it held must be sent again."""


class Shrunk(KafkaUnusable):
    """The topic is the one that it was, and has lost what was acknowledged."""

    def __init__(self, name: str, partitions: Iterable[int]) -> None:
        self.partitions = sorted(partitions)
        listed = ", ".join(map(str, self.partitions))
        super().__init__(
            f"partitions {listed} of {name} have lost messages"
            f" that the brokers had acknowledged: {MAKE_ANEW}"
        )


class Message(NamedTuple):
    """A fact as the producer takes it."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    partition: int
    timestamp_ms: int


class Page(NamedTuple):
    """The next facts of the log up to a position; those that travel as messages."""

    position: int
    facts: int
    messages: list[Message]


class Publisher:
    """An idempotent producer for one topic, for one thread; ``page`` for any."""

    def __init__(self, settings: Settings, target: Topic, producer: Any, admin: Any):
        self._settings = settings
        self.target = target
        self._producer = producer
        self._admin = admin
        murmur2 = client("kafka.partitioner.default").murmur2

        @lru_cache(KEYS_REMEMBERED_MAX)
        def partition(key: bytes) -> int:
            """As every client of Kafka chooses by a key; slow in Python, so remembered."""
            chosen: int = (murmur2(key) & 0x7FFFFFFF) % target.partitions
            return chosen

        self._partition = partition

    def page(self, entries: Sequence[Entry], after: int) -> Page:
        """Facts behind a position, made ready to be sent."""
        messages = []
        for entry in entries:
            if wire.travels(entry.fact):
                key = wire.key(entry)
                messages.append(
                    Message(
                        key,
                        wire.payload(entry),
                        wire.headers(entry),
                        self._partition(key),
                        int(entry.recorded_at.timestamp() * 1000),
                    )
                )
        position = entries[-1].position if entries else after
        return Page(position, len(entries), messages)

    def publish(
        self, messages: Sequence[Message], ends: list[int], wait: Callable[[str], None]
    ) -> list[int]:
        """Send, and wait for every acknowledgement; the ends of the partitions after it.

        ``ends`` are those before it. ``wait`` is called with what is the matter for every
        second that passes, and may raise. Raises KafkaError; Anew or Shrunk when the
        offsets that came back are not behind ``ends``: it was another topic that
        acknowledged, or what was there is lost.
        """
        name = self.target.name
        sent = [
            self._producer.send(
                name,
                key=each.key,
                value=each.value,
                headers=each.headers,
                partition=each.partition,
                timestamp_ms=each.timestamp_ms,
            )
            for each in messages
        ]
        self._flush(wait)
        after = [*ends]
        unknown, shrunk = set(), set()
        for future in sent:
            got = future.get(timeout=0)
            if got.offset < 0:  # taken for a repetition: written, but it is not said where
                unknown.add(got.partition)
            elif got.offset < ends[got.partition]:
                shrunk.add(got.partition)
            after[got.partition] = max(after[got.partition], got.offset + 1)
        if unknown:
            now = self.ends()
            after = [now[n] if n in unknown else end for n, end in enumerate(after)]
            shrunk |= {n for n in unknown if now[n] < ends[n]}
        if shrunk:
            self.look()
            raise Shrunk(name, shrunk)
        return after

    def _flush(self, wait: Callable[[str], None]) -> None:
        late = client("kafka").errors.KafkaTimeoutError
        began = monotonic()
        while True:
            try:
                self._producer.flush(timeout=PATIENCE_SECONDS)
            except late:
                wait(trouble(self._settings, UNANSWERED, since=began))
            else:
                return

    def ends(self) -> list[int]:
        """Where each partition of this very topic ends now. Raises Anew, KafkaUnusable."""
        part = client("kafka").TopicPartition
        latest = client("kafka.admin").OffsetSpec.LATEST
        asked = {part(self.target.name, n): latest for n in range(self.target.partitions)}
        with reachable(self._settings):
            found = self._admin.list_partition_offsets(asked)
        self.look()
        return [found[each].offset for each in asked]

    def look(self) -> None:
        """Raises Anew when the topic is no longer the one that it was; KafkaUnusable, also
        when partitions were added to it."""
        with reachable(self._settings) as kafka:
            try:
                found = described(self._admin, [self.target.name])
            except kafka.errors.KafkaError:  # of one broker; the next one may know
                found = described(self._admin, [self.target.name])
        now = found.get(self.target.name)
        if now is None or now[0].topic_id != self.target.topic_id:
            raise Anew(f"the topic {self.target.name} was deleted or made anew")
        same_shape(now[0], self.target.partitions)


def same_shape(here: Topic, partitions: int) -> None:
    """Raises KafkaUnusable when a topic has other than so many partitions: a case would
    have some of its facts in one, and those that follow in another."""
    if here.partitions != partitions:
        raise KafkaUnusable(
            f"the topic {here.name} had {partitions} partitions and has {here.partitions},"
            f" so that cases would lose their order: {MAKE_ANEW}"
        )


UNANSWERED = "records wait to be acknowledged since batch creation"


@contextmanager
def publishing(settings: Settings, target: Topic) -> Iterator[Publisher]:
    """A publisher, closed afterwards. Raises KafkaUnusable."""
    with ExitStack() as stack:
        kafka = stack.enter_context(reachable(settings))
        admin = stack.enter_context(administrator(settings))
        producer = kafka.KafkaProducer(
            **access(settings),
            client_id="huiyin-relay",
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=LINGER_MS,
            batch_size=BATCH_BYTES,
            max_request_size=MESSAGE_BYTES_MAX,
            bootstrap_timeout_ms=BOOTSTRAP_MS_MAX,
            max_block_ms=REQUEST_MS_MAX,
            request_timeout_ms=REQUEST_MS_MAX,
            delivery_timeout_ms=DELIVERY_MS_MAX,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        stack.callback(close, producer)
        yield Publisher(settings, target, producer, admin)


def close(producer: Any) -> None:
    """Close a producer, whatever it still holds.

    Its own ``close`` gives up when something is left unsent, and its thread would go on
    trying for ever.
    """
    try:
        producer.flush(timeout=0)
    except client("kafka").errors.KafkaError:
        producer._sender.force_close()  # noqa: SLF001 - there is no other way
        producer._sender.join(CLOSE_SECONDS_MAX)  # noqa: SLF001
    producer.close(timeout=CLOSE_SECONDS_MAX)
