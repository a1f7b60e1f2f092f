"""The way to the Kafka brokers: who may import a client, and the topics that must be there.

Kafka is opt-in (``HUIYIN_KAFKA``). Nothing here is imported, and no client is needed,
until it is switched on.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from uuid import UUID

from consumers.wire import CASE_FACTS
from store.settings import Settings

# Enough for a dozen workers; the number can only grow, and then cases change partitions.
PARTITIONS = 12
BOOTSTRAP_MS_MAX = 5_000
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
# Facts are kept for good: a topic can be read again from its beginning.
CONFIGS = {"retention.ms": "-1", "max.message.bytes": str(MESSAGE_BYTES_MAX)}


class KafkaUnusable(Exception):
    """Kafka is switched on but cannot be used; says what to do about it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it stands. ``topic_id`` changes when a topic is deleted and made again."""

    name: str
    topic_id: UUID
    partitions: int


def brokers(settings: Settings) -> list[str]:
    """The addresses to begin with. Raises KafkaUnusable when Kafka is not switched on."""
    if not settings.kafka:
        raise KafkaUnusable(
            "Kafka is not switched on: set HUIYIN_KAFKA=host:port[,host:port]"
        )
    return [address.strip() for address in settings.kafka.split(",") if address.strip()]


def client(module: str) -> ModuleType:
    """``kafka`` or ``faust``, or a KafkaUnusable that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise KafkaUnusable(
            f"HUIYIN_KAFKA is set, but {missing.name} is not installed:"
            " in the project's folder, run .venv/bin/python -m pip install -e '.[kafka]'"
        ) from missing


@contextmanager
def reachable(settings: Settings) -> Iterator[ModuleType]:
    """The ``kafka`` module; its failures to reach the brokers come out as KafkaUnusable."""
    kafka = client("kafka")
    try:
        yield kafka
    except kafka.errors.KafkaError as error:
        raise KafkaUnusable(
            f"no use of Kafka at {settings.kafka} ({type(error).__name__}: {error}). Is the"
            " address right, does the broker run, and do user and password fit? (A wrong"
            " password shows only as a time-out.)"
        ) from error


def topic(settings: Settings, name: str = CASE_FACTS, *, replicas: int = -1) -> Topic:
    """The topic, made first where it is missing. Raises KafkaUnusable.

    ``replicas`` -1 is what the settings of the brokers say.
    """
    with reachable(settings) as kafka:
        admin = kafka.KafkaAdminClient(
            bootstrap_servers=brokers(settings), bootstrap_timeout_ms=BOOTSTRAP_MS_MAX
        )
        try:
            if name not in admin.list_topics():
                make(admin, kafka, name, replicas)
            found = admin.describe_topics([name])[0]
        finally:
            admin.close()
    return Topic(name, UUID(str(found["topic_id"])), len(found["partitions"]))


def make(admin: Any, kafka: ModuleType, name: str, replicas: int) -> None:
    wanted = {
        "num_partitions": PARTITIONS,
        "replication_factor": replicas,
        "configs": CONFIGS,
    }
    try:
        admin.create_topics({name: wanted}, wait_for_metadata=True)
    except kafka.errors.TopicAlreadyExistsError:
        admin.wait_for_topics([name])  # another process was quicker
