"""受理接入 Intake: what other systems send over Kafka becomes cases, each message once.

A message's place in the topic is committed only after the desk has answered or the refusal
was acknowledged. So a crash in between brings it again, as the same command, and the desk
has that answer on record. What is wrong with a message is told to its sender and holds up
nobody; what is wrong here holds its partition until it is mended, and nothing is dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from consumers import metrics
from consumers.brokers.again import Again, again_and_again
from consumers.brokers.clients import access, brokers, client, reachable
from consumers.brokers.damage import ahead
from consumers.brokers.group import grouped
from consumers.brokers.hushing import Said
from consumers.brokers.membership import membership
from consumers.brokers.topics import INTAKE, INTAKE_REFUSED, Topic, topic
from consumers.intake import wire
from consumers.intake.reception import Held, Reception, utc_now
from consumers.intake.wire import Message, RefusedV1, Unfit, refusal

if TYPE_CHECKING:
    from domain.desk import Desk
    from store import Store
    from store.settings import Settings

MEMBER = "intake"
GROUP = "huiyin-intake"
THREADS = 8
BATCH_MAX = 500
# Well below the time after which Kafka gives the partitions to somebody else (300 s).
BATCH_SECONDS_MAX = 30.0
POLL_SECONDS = 0.2
SESSION_SECONDS = 6
LOOK_SECONDS = 5.0
BACK_OFF_SECONDS = (0.2, 1.0, 2.0, 5.0, 10.0)
ANSWER_MS_MAX = 5_000

log = logging.getLogger(__name__)


def run(store: Store, settings: Settings, stop: threading.Event, desk: Desk) -> None:
    """Take what other systems send, until ``stop`` is set.

    Any number of workers may run, on any machine; each partition is with one of them.
    Whatever goes wrong, it is logged and the worker begins again from what is committed.
    Raises KafkaUnusable when Kafka is not switched on or its client is not installed.
    """
    brokers(settings)
    client("kafka")

    def work(said: Said) -> None:
        source = topic(settings, INTAKE)
        topic(settings, INTAKE_REFUSED)
        with membership(store.dsn, MEMBER, ()) as member:
            said.over("the intake is at work")
            Worker(Reception(store, desk), settings, source, member.name).work(stop)

    again_and_again("the intake", stop, work)


class Done(NamedTuple):
    """How far a partition was taken: the next offset, and what holds it there, or None."""

    next_offset: int
    held: Held | None


@dataclass(frozen=True, slots=True)
class Rest:
    """A partition that is held: failures in a row, and when it is tried again."""

    failures: int
    until: float


class Worker:
    """One member of the group, for one thread, with helpers: a partition is taken in order,
    several at once."""

    def __init__(
        self, reception: Reception, settings: Settings, source: Topic, member: str
    ) -> None:
        self._reception = reception
        self._settings = settings
        self._source = source
        self._member = member
        # Stands beside each offset: one of a topic that is gone says nothing of this one.
        self._of = str(source.topic_id)
        self._kafka = client("kafka")
        self._said = Said(log)
        self._came: set[Any] = set()
        self._rests: dict[Any, Rest] = {}
        self._uncommitted: dict[Any, int] = {}
        self._looked_at = monotonic()

    def work(self, stop: threading.Event) -> None:
        """Take messages until told to stop. Raises what made it impossible to go on."""
        with (
            reachable(self._settings),
            self._producer() as producer,
            self._consumer() as consumer,
            ThreadPoolExecutor(THREADS, "huiyin-intake") as pool,
        ):

            def take(part: Any, batch: Sequence[Any]) -> tuple[Any, Done]:
                return part, self._take(batch, producer, stop)

            log.info("taking what other systems send to %s", self._source.name)
            while not stop.is_set():
                batches = self._poll(consumer, producer)
                began = monotonic()
                for part, done in pool.map(take, batches.keys(), batches.values()):
                    self._note(consumer, part, done, batches[part][-1].offset)
                self._commit(consumer)
                if taken := sum(map(len, batches.values())):
                    metrics.batch(MEMBER, taken, monotonic() - began)
                self._look()

    def _poll(self, consumer: Any, producer: Any) -> dict[Any, list[Any]]:
        moment, mine = monotonic(), consumer.assignment()
        self._rests = {part: rest for part, rest in self._rests.items() if part in mine}
        rested = [part for part, rest in self._rests.items() if rest.until <= moment]
        consumer.resume(*rested)
        try:
            found: dict[Any, list[Any]] = consumer.poll(POLL_SECONDS * 1000)
        except self._kafka.errors.CorruptRecordError as damage:
            self._step_over(consumer, producer)
            raise Again(str(damage)) from damage
        while self._came:
            self._begin(consumer, self._came.pop(), found)
        return found

    def _begin(self, consumer: Any, part: Any, found: dict[Any, list[Any]]) -> None:
        """Whoever had the partition may have committed an offset of a topic that is gone:
        then this one is taken from its beginning."""
        if part not in consumer.assignment():
            return
        self._uncommitted.pop(part, None)
        known = consumer.committed(part, metadata=True)
        if known and known.metadata not in ("", self._of):
            log.warning("intake partition %d was made anew", part.partition)
            found.pop(part, None)
            consumer.seek_to_beginning(part)

    def _take(self, batch: Sequence[Any], producer: Any, stop: threading.Event) -> Done:
        """Take messages of one partition, one after the other, up to one that is held."""
        next_offset, until = batch[0].offset, monotonic() + BATCH_SECONDS_MAX
        for record in batch:
            if stop.is_set() or monotonic() > until:
                break
            message = Message(record.partition, record.offset, record.headers, record.value)
            try:
                if refused := self._reception.take(message):
                    self._tell(producer, refused)
            except Held as why:
                return Done(record.offset, why)
            next_offset = record.offset + 1
        return Done(next_offset, None)

    def _tell(self, producer: Any, refused: RefusedV1) -> None:
        """Tell why, and wait until that is acknowledged. Raises Held."""
        try:
            producer.send(
                INTAKE_REFUSED,
                key=wire.refusal_key(refused),
                value=wire.refusal_body(refused),
                headers=wire.refusal_headers(refused, utc_now()),
            ).get(timeout=2 * ANSWER_MS_MAX / 1000)
        except self._kafka.errors.KafkaError as error:
            why = f"{INTAKE_REFUSED} takes no refusal: {type(error).__name__}: {error}"
            raise Held(why) from error
        log.warning(
            "refused from %s, partition %d, offset %d: %s",
            *(refused.source or "nobody", refused.partition, refused.offset, refused.code),
        )

    def _note(self, consumer: Any, part: Any, done: Done, last: int) -> None:
        self._uncommitted[part] = done.next_offset
        if done.next_offset <= last and part in consumer.assignment():
            consumer.seek(part, done.next_offset)  # what was not taken is fetched again
        if done.held is None:
            if self._rests.pop(part, None):
                log.warning("intake partition %d goes on", part.partition)
            return
        failures = self._rests[part].failures + 1 if part in self._rests else 1
        pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS)) - 1]
        self._rests[part] = Rest(failures, monotonic() + pause)
        if part in consumer.assignment():
            consumer.pause(part)
        self._said.once(
            f"intake partition {part.partition} is held at offset {done.next_offset} and"
            f" tried again: {done.held}"
        )

    def _commit(self, consumer: Any) -> None:
        """Say how far each partition was taken. What cannot be said now is said later, or
        those messages come again and are known."""
        mine = consumer.assignment()
        saying = {part: at for part, at in self._uncommitted.items() if part in mine}
        self._uncommitted = saying
        if not saying:
            return
        told = self._kafka.OffsetAndMetadata
        try:
            consumer.commit(
                {part: told(at, self._of, -1) for part, at in saying.items()},
                ANSWER_MS_MAX,
            )
        except self._kafka.errors.KafkaError as error:
            log.warning("the intake commits later: %s: %s", type(error).__name__, error)
        else:
            self._uncommitted = {}

    def _look(self) -> None:
        """Now and then: is it still the same topic?"""
        if monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = monotonic()
        if topic(self._settings, INTAKE).topic_id != self._source.topic_id:
            raise Again(f"the topic {INTAKE} was made anew")

    # What nobody can read ----------------------------------------------------------------

    def _step_over(self, consumer: Any, producer: Any) -> None:
        """Refuse the message that the client stumbled over, wherever it is.

        The client does not say which it was, and would go round in circles for ever behind
        it; so a fresh one looks at the next message of each partition.
        """
        for part in consumer.assignment():
            at = consumer.position(part)
            if not self._damaged(part, at):
                continue
            told = Unfit("unreadable")
            damaged = Message(part.partition, at, (), None)
            try:
                self._tell(producer, refusal(damaged, told.code, told.zh, told.en))
            except Held as why:
                raise Again(str(why)) from why
            self._uncommitted[part] = at + 1
        self._commit(consumer)

    def _damaged(self, part: Any, at: int) -> bool:
        try:
            ahead(self._settings, part, at, 1)
        except self._kafka.errors.CorruptRecordError:
            return True
        return False

    # Clients -----------------------------------------------------------------------------

    def _consumer(self) -> AbstractContextManager[Any]:
        return grouped(
            self._settings,
            self._source.name,
            self._listener,
            group=GROUP,
            name=f"huiyin-{self._member}",
            close_ms_max=ANSWER_MS_MAX,
            session_timeout_ms=SESSION_SECONDS * 1000,
            heartbeat_interval_ms=SESSION_SECONDS * 1000 // 3,
            max_poll_records=BATCH_MAX,
        )

    def _listener(self, _consumer: Any) -> Any:
        """Notes which partitions came to us; it may not ask Kafka anything."""
        came = self._came

        class Noting(self._kafka.ConsumerRebalanceListener):  # type: ignore[misc, name-defined]
            def on_partitions_assigned(self, assigned: Any) -> None:
                came.update(assigned)

            def on_partitions_revoked(self, revoked: Any) -> None:
                """What was taken is committed already."""

        return Noting()

    @contextmanager
    def _producer(self) -> Iterator[Any]:
        """Without idempotence: a refusal may be told twice, and a producer that failed once
        needs no other in its place."""
        producer = self._kafka.KafkaProducer(
            **access(self._settings),
            client_id=f"huiyin-{self._member}",
            acks="all",
            enable_idempotence=False,
            compression_type="lz4",
            max_request_size=8 * 1024 * 1024,
            max_block_ms=ANSWER_MS_MAX,
            request_timeout_ms=ANSWER_MS_MAX,
            delivery_timeout_ms=2 * ANSWER_MS_MAX,
            allow_auto_create_topics=False,
        )
        try:
            yield producer
        finally:
            producer.close(timeout=5)
