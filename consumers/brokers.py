"""The way to the Kafka brokers: who may import a client, and the topics that must be there.

Kafka is opt-in (``HUIYIN_KAFKA``). Nothing here is imported, and no client is needed,
until it is switched on.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from types import ModuleType
from typing import Any
from uuid import UUID

from consumers.advice import advice
from consumers.hushing import CLIENTS
from consumers.letting_go import tidy
from consumers.wire import CASE_FACTS
from store.settings import BROKERS_CHOOSE, Settings

INTAKE = "huiyin.intake.v1"
INTAKE_REFUSED = "huiyin.intake.refused.v1"
SCRAM = "SCRAM-SHA-512"
BOOTSTRAP_MS_MAX = 5_000
RECONNECT_MS_MAX = 1_000
# What a client said longer ago does not explain the trouble of now.
HEARD_SECONDS = 30.0
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
PORT_MAX = 65_535
LOOKS_IN_A_ROW = 3
DAY_MS = 24 * 60 * 60 * 1000
# With three copies one broker may be lost: two then still have every acknowledged message.
COPIES_TO_LOSE_ONE = 3
# Whose loggers each client speaks through.
VOICES = {"kafka": ("kafka",), "faust": ("faust", "aiokafka", "mode")}


class KafkaUnusable(Exception):
    """Kafka is switched on but cannot be used; says what to do about it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it stands. ``topic_id`` changes when a topic is deleted and made again."""

    name: str
    topic_id: UUID
    partitions: int


# Who is reached, and how ---------------------------------------------------------------


def brokers(settings: Settings) -> list[str]:
    """The addresses to begin with. Raises KafkaUnusable when Kafka is not switched on."""
    if not settings.kafka:
        raise KafkaUnusable(
            "Kafka is not switched on: set HUIYIN_KAFKA=host:port[,host:port]"
        )
    found = [address.strip() for address in settings.kafka.split(",") if address.strip()]
    for address in found:
        host, colon, port = address.rpartition(":")
        if not (host and colon and port.isdecimal() and 1 <= int(port) <= PORT_MAX):
            raise KafkaUnusable(f"HUIYIN_KAFKA: {address!r} is not host:port")
    if not found:
        raise KafkaUnusable("HUIYIN_KAFKA names no broker: set it to host:port[,host:port]")
    return found


def access(settings: Settings) -> dict[str, Any]:
    """Where and as whom to connect: arguments of every client of kafka-python.

    SCRAM-SHA-512 with a user, TLS with who vouches for the brokers. Raises KafkaUnusable.
    """
    tls, user = vouched(settings), settings.kafka_user
    told: dict[str, Any] = {
        "bootstrap_servers": brokers(settings),
        "security_protocol": ("SASL_" if user else "") + ("SSL" if tls else "PLAINTEXT"),
        "reconnect_backoff_max_ms": RECONNECT_MS_MAX,
        **tidy(),
    }
    if user:
        told["sasl_mechanism"] = SCRAM
        told["sasl_plain_username"] = user
        told["sasl_plain_password"] = settings.kafka_password
    if tls:
        told["ssl_context"] = tls
    return told


def faust_access(settings: Settings) -> dict[str, Any]:
    """The same for a Faust application: ``broker`` and ``broker_credentials``."""
    told: dict[str, Any] = {"broker": [f"kafka://{at}" for at in brokers(settings)]}
    tls, user = vouched(settings), settings.kafka_user
    if not (tls or user):
        return told
    client("faust")
    auth = client("faust.auth")
    told["broker_credentials"] = (
        auth.SASLCredentials(
            username=user,
            password=settings.kafka_password,
            mechanism=SCRAM,
            ssl_context=tls,
        )
        if user
        else auth.SSLCredentials(context=tls)
    )
    return told


def vouched(settings: Settings) -> ssl.SSLContext | None:
    """TLS that trusts whom ``kafka_ca`` names, and nobody else; None: no TLS."""
    if settings.kafka_ca is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(settings.kafka_ca))
    except (OSError, ssl.SSLError) as wrong:
        raise KafkaUnusable(
            f"HUIYIN_KAFKA_CA={settings.kafka_ca} is no PEM file of certificates ({wrong})"
        ) from wrong


def client(module: str) -> ModuleType:
    """``kafka`` or ``faust``, or a KafkaUnusable that says how to install it."""
    try:
        found = importlib.import_module(module)
    except ImportError as missing:
        raise KafkaUnusable(
            f"HUIYIN_KAFKA is set, but {missing.name} is not installed:"
            " in the project's folder, run .venv/bin/python -m pip install -e '.[kafka]'"
        ) from missing
    CLIENTS.hush(*VOICES.get(module, ()))
    return found


@contextmanager
def reachable(settings: Settings) -> Iterator[ModuleType]:
    """The ``kafka`` module; its failures to reach the brokers come out as KafkaUnusable."""
    kafka, began = client("kafka"), monotonic()
    try:
        yield kafka
    except kafka.errors.KafkaError as error:
        name = type(error).__name__
        said = f"{name}: {str(error).removeprefix(f'{name}: ')}"
        raise KafkaUnusable(trouble(settings, said, since=began)) from error


def trouble(settings: Settings, said: str, *, since: float) -> str:
    """What is wrong, for people, by what was said; ``since`` by the monotonic clock."""
    what = advice(
        said,
        CLIENTS.heard_since(max(since, monotonic() - HEARD_SECONDS)),
        user=settings.kafka_user is not None,
        tls=settings.kafka_ca is not None,
    )
    return f"no use of Kafka at {settings.kafka}: {what}"


@contextmanager
def administrator(settings: Settings) -> Iterator[Any]:
    """An admin client of kafka-python, closed afterwards. Raises KafkaUnusable."""
    with reachable(settings) as kafka:
        with CLIENTS.muted():
            admin = kafka.KafkaAdminClient(
                **access(settings), bootstrap_timeout_ms=BOOTSTRAP_MS_MAX
            )
        try:
            yield admin
        finally:
            admin.close()


# Topics --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicRule:
    """A topic that has to be there, and what it carries.

    ``clear``: what people said stands there as they said it, so it is not kept for good,
    and its age is counted from when it came in, whatever time its sender gave it.
    """

    name: str
    carries: str
    clear: bool = False


TOPICS = (
    TopicRule(CASE_FACTS, "the facts of cases, keyed by case"),
    TopicRule(INTAKE, "cases that other systems send in", clear=True),
    TopicRule(
        INTAKE_REFUSED, "those of them that were refused, with the reason", clear=True
    ),
)
CLEAR_DAYS_MAX = 30
_CLEAR = frozenset(rule.name for rule in TOPICS if rule.clear)


@dataclass(frozen=True, slots=True)
class Arranged:
    """A topic after it was looked after: what was done, and what stays other than set."""

    topic: Topic
    copies: int
    done: str  # made, altered or kept
    differs: tuple[str, ...] = ()


def topic(settings: Settings, name: str = CASE_FACTS) -> Topic:
    """The topic as it stands; never makes one. Raises KafkaUnusable."""
    with administrator(settings) as admin:
        found = described(admin, [name]).get(name)
    if found is None:
        raise KafkaUnusable(
            f"there is no topic {name} at {settings.kafka}: run `huiyin kafka topics`"
        )
    return found[0]


def make_topics(settings: Settings) -> list[Topic]:
    """Every topic of TOPICS, made where it is missing. Raises KafkaUnusable."""
    return [each.topic for each in arrange_topics(settings)]


def arrange_topics(settings: Settings) -> list[Arranged]:
    """Make what is missing, alter what can be altered, say what else differs.

    Partitions are never added: cases would move between partitions, and some would be
    read out of order. Raises KafkaUnusable.
    """
    names = [rule.name for rule in TOPICS]
    with administrator(settings) as admin:
        there = described(admin, names)
        make(admin, [name for name in names if name not in there], settings)
        found = described(admin, names)
        if gone := set(names) - set(found):
            raise KafkaUnusable(
                f"deleted while they were made: {', '.join(gone)}; try again"
            )
        return [
            arrange(admin, *found[name], settings, made=name not in there) for name in names
        ]


def arrange(
    admin: Any, here: Topic, copies: int, settings: Settings, *, made: bool
) -> Arranged:
    altered, refused = alter(admin, here.name, settings)
    differs = [*refused]
    if here.partitions != settings.kafka_partitions:
        again = (
            "the facts are published again from the log"
            if here.name == CASE_FACTS
            else "messages that were not taken yet are lost"
        )
        differs.append(
            f"has {here.partitions} partitions and not {settings.kafka_partitions}: left"
            " so, for keys would change partitions and lose their order. To have it"
            f" otherwise, stop the workers, delete the topic and run this again: {again}"
        )
    if settings.kafka_replication not in (BROKERS_CHOOSE, copies):
        differs.append(
            f"has {copies} copies and not {settings.kafka_replication}: left so; the"
            " brokers' kafka-reassign-partitions makes more or fewer"
        )
    done = "made" if made else "altered" if altered else "kept"
    return Arranged(here, copies, done, tuple(differs))


def described(admin: Any, names: Sequence[str]) -> dict[str, tuple[Topic, int]]:
    """Those of the topics that are there, each with how many copies it has."""
    found = {}
    for each in admin.describe_topics(list(names)):
        if code := each["error_code"]:
            error = client("kafka").errors.for_code(code)
            if error.__name__ == "UnknownTopicOrPartitionError":
                continue
            raise error(each["name"])
        parts = each["partitions"]
        here = Topic(each["name"], UUID(str(each["topic_id"])), len(parts))
        found[here.name] = here, min(len(part["replica_nodes"]) for part in parts)
    return found


def make(admin: Any, names: Sequence[str], settings: Settings) -> None:
    """Make topics, each with a leader when this returns."""
    wanted = {
        name: {
            "num_partitions": settings.kafka_partitions,
            "replication_factor": settings.kafka_replication,
            "configs": configs(settings, name),
        }
        for name in names
    }
    if names:
        with suppress(client("kafka").errors.TopicAlreadyExistsError):  # by another process
            admin.create_topics(wanted)
        # With several brokers, one may know of them and the next one not yet.
        for _ in range(LOOKS_IN_A_ROW):
            admin.wait_for_topics(names)


def configs(settings: Settings, name: str) -> dict[str, str]:
    """What a topic is made with: nothing in it is lost before its time, whatever brokers
    do elsewhere."""
    days, clear = settings.kafka_retention_days, name in _CLEAR
    if clear:
        days = min(days or CLEAR_DAYS_MAX, CLEAR_DAYS_MAX)
    told = {
        "message.timestamp.type": "LogAppendTime" if clear else "CreateTime",
        "cleanup.policy": "delete",
        # Whatever a producer packs with, the brokers pack anew: we unpack no other.
        "compression.type": "lz4",
        "retention.ms": str(-1 if days is None else days * DAY_MS),
        "retention.bytes": "-1",
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
        "unclean.leader.election.enable": "false",
    }
    if settings.kafka_replication >= COPIES_TO_LOSE_ONE:
        told["min.insync.replicas"] = "2"
    return told


def alter(admin: Any, name: str, settings: Settings) -> tuple[bool, list[str]]:
    """Whether something was altered, and what the brokers would not have altered."""
    resource = client("kafka.admin").ConfigResource
    answer = admin.describe_configs([resource("topic", name)], config_filter="all")
    stands = answer["topic"][name]
    other = {
        key: wanted
        for key, wanted in configs(settings, name).items()
        if key not in stands or stands[key]["value"] != wanted
    }
    if not other:
        return False, []
    answer = admin.alter_configs([resource("topic", name, other)], raise_on_unknown=False)
    if (said := answer["topic"][name]) != "OK":
        return False, [f"{', '.join(other)} could not be altered: {said}"]
    return True, []
