"""Other systems that send, an intake that takes, and one in a process of its own, to be
killed at the worst moment."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from uuid import UUID

import msgspec

from api.office import desk_over
from api.policies import publish_shipped
from consumers.brokers.clients import access
from consumers.brokers.topics import INTAKE, INTAKE_REFUSED
from consumers.intake import intake
from consumers.intake.wire import RefusedV1
from domain.case.origin import received_case_id
from domain.case.receive import CaseReceived
from domain.desk import Desk
from store import Store, open_store
from store.settings import Settings
from tests.consumers.keeping import Frozen
from tests.support.hotline import MONDAY
from tests.support.sending import body, headers, just_now

NEVER = 10**9


class Outside:
    """Other systems, as far as they can see: they send, and hear what was refused."""

    def __init__(self, settings: Settings) -> None:
        self._kafka = import_module("kafka")
        self._told = access(settings)
        # As the topics have it: what is packed otherwise, the brokers pack anew.
        self._producer = self._kafka.KafkaProducer(
            **self._told, acks="all", compression_type="lz4"
        )

    def send(
        self,
        id: str | bytes | None,  # noqa: A002 - the name it has on the wire
        value: bytes | None = b"",
        *,
        partition: int | None = None,
        **other: str | bytes | None,
    ) -> int:
        """Send a message, a good one but for what is said, and wait for its offset."""
        said = headers(**{"time": just_now(), "id": id} | other)
        given = body() if value == b"" else value
        return self.raw(given, said, partition)

    def raw(
        self,
        value: bytes | None,
        said: list[tuple[str, bytes]],
        partition: int | None = None,
    ) -> int:
        key = b"" if value is None else None  # one of them has to be there
        sent = self._producer.send(INTAKE, value, key, headers=said, partition=partition)
        offset: int = sent.get(timeout=30).offset
        return offset

    def refused(self) -> list[tuple[RefusedV1, dict[str, bytes]]]:
        """All that was refused so far, with the headers."""
        return [
            (msgspec.json.decode(each.value, type=RefusedV1), dict(each.headers))
            for each in self.all_of(INTAKE_REFUSED)
        ]

    def codes(self) -> Counter[tuple[str | None, str]]:
        """How often each id was refused, and for what."""
        return Counter((told.id, told.code) for told, _ in self.refused())

    def all_of(self, topic: str) -> list[Any]:
        consumer = self._kafka.KafkaConsumer(**self._told)
        try:
            parts = [
                self._kafka.TopicPartition(topic, n)
                for n in consumer.partitions_for_topic(topic)
            ]
            consumer.assign(parts)
            consumer.seek_to_beginning()
            left, found = consumer.end_offsets(parts), []
            while any(consumer.position(part) < left[part] for part in parts):
                for records in consumer.poll(timeout_ms=500).values():
                    found.extend(records)
            return found
        finally:
            consumer.close()

    def untaken(self) -> int:
        """How many messages the group has not committed yet."""
        consumer = self._kafka.KafkaConsumer(**self._told, group_id=intake.GROUP)
        try:
            parts = [
                self._kafka.TopicPartition(INTAKE, n)
                for n in consumer.partitions_for_topic(INTAKE)
            ]
            ends = consumer.end_offsets(parts)
            return sum(at - (consumer.committed(part) or 0) for part, at in ends.items())
        finally:
            consumer.close()

    def close(self) -> None:
        self._producer.close()


def cases(store: Store) -> dict[UUID, int]:
    """Every case that was received, and how often it was."""
    facts = (entry.fact for entry in store.log.scan())
    return Counter(f.originator_id for f in facts if isinstance(f, CaseReceived))


def once_each(*ids: str, source: str = "12345") -> dict[UUID, int]:
    return {received_case_id(source, each): 1 for each in ids}


@contextmanager
def open_desk(store: Store) -> Iterator[Desk]:
    with desk_over(store) as desk:
        publish_shipped(desk, MONDAY)
        yield desk


@contextmanager
def at_work(store: Store, settings: Settings, desk: Desk) -> Iterator[threading.Thread]:
    """An intake on a thread of this process, stopped at the end."""
    stop = threading.Event()
    thread = threading.Thread(target=intake.run, args=(store, settings, stop, desk))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


@contextmanager
def process(
    settings: Settings, where: str = "after", last: int = NEVER
) -> Iterator[subprocess.Popen[bytes]]:
    """An intake in a process, killed at the end. It stops for good at its ``last`` command,
    ``before`` that is decided or ``after`` it is recorded, and says so."""
    told = {
        "HUIYIN_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
        "HUIYIN_KAFKA": settings.kafka or "",
    }
    worker = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__, where, str(last)],
        env=os.environ | told,
        stdout=subprocess.PIPE,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def main(where: str, last: str) -> None:
    settings = Settings.from_env()
    with (
        open_store(settings.database_url or "", settings) as store,
        desk_over(store) as desk,
    ):
        frozen: Any = Frozen(desk, where, int(last))
        intake.run(store, settings, threading.Event(), frozen)


if __name__ == "__main__":
    main(*sys.argv[1:])
