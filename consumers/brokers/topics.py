"""The topics that must be there: made, altered where they can be, never added to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from consumers.brokers.clients import KafkaUnusable, administrator, client
from consumers.wire import CASE_FACTS
from store.settings import BROKERS_CHOOSE, Settings

INTAKE = "huiyin.intake.v1"
INTAKE_REFUSED = "huiyin.intake.refused.v1"
# Enough for a dozen workers. A topic keeps its number: cases would change partitions.
PARTITIONS = 12
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
LOOKS_IN_A_ROW = 3
LOOK_SECONDS = 0.1
GONE_SECONDS_MAX = 30.0
DAY_MS = 24 * 60 * 60 * 1000
# With three copies one broker may be lost: two then still have every acknowledged message.
COPIES_TO_LOSE_ONE = 3


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it stands. ``topic_id`` changes when a topic is deleted and made again."""

    name: str
    topic_id: UUID
    partitions: int


@dataclass(frozen=True, slots=True)
class TopicRule:
    """A topic that has to be there, what it carries, and what is lost if it is wiped.

    ``clear``: what people said stands there as they said it, so it is not kept for good,
    and its age is counted from when it came in, whatever time its sender gave it.
    """

    name: str
    carries: str
    lost: str
    clear: bool = False


TOPICS = (
    TopicRule(
        CASE_FACTS,
        "the facts of cases, keyed by case",
        "nothing is lost, the relay publishes them again from the log",
    ),
    TopicRule(
        INTAKE,
        "cases that other systems send in",
        "messages that were not taken yet are lost",
        clear=True,
    ),
    TopicRule(
        INTAKE_REFUSED,
        "those of them that were refused, with the reason",
        "refusals that their senders have not read are lost",
        clear=True,
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
        found, _ = standing(admin, settings, name)
    return found


def standing(admin: Any, settings: Settings, name: str) -> tuple[Topic, int]:
    """The topic, and how many copies it has. Raises KafkaUnusable when it is not there."""
    found = described(admin, [name]).get(name)
    if found is None:
        raise KafkaUnusable(
            f"there is no topic {name} at {settings.kafka}: run `huiyin kafka topics`"
        )
    return found


def wipe(settings: Settings, name: str) -> Topic:
    """Delete a topic with all that is in it, and make it anew: with as many partitions and
    copies as it had, where no setting says otherwise. Raises KafkaUnusable."""
    with administrator(settings) as admin:
        before, copies = standing(admin, settings, name)
        wanted = like(settings, before, copies)
        makeable(admin, name, wanted)
        admin.delete_topics([name])
        try:
            wait_until_gone(admin, before)
            make(admin, [name], wanted)
            now, _ = described(admin, [name])[name]
        except (KafkaUnusable, KeyError, client("kafka").errors.KafkaError) as half:
            raise KafkaUnusable(
                f"{name} is deleted and not made anew: run `huiyin kafka topics` ({half})"
            ) from half
    if now.partitions != wanted.kafka_partitions:
        raise KafkaUnusable(
            f"somebody else has made {name} meanwhile, with {now.partitions} partitions:"
            " switch auto.create.topics.enable off in the brokers and wipe it again"
        )
    return now


def like(settings: Settings, topic: Topic, copies: int) -> Settings:
    """Settings that make a topic as this one is, but for what they say themselves."""
    chosen = settings.kafka_replication != BROKERS_CHOOSE
    return replace(
        settings,
        kafka_partitions=settings.kafka_partitions or topic.partitions,
        kafka_replication=settings.kafka_replication if chosen else copies,
    )


def makeable(admin: Any, name: str, settings: Settings) -> None:
    """Whether the brokers would make such a topic; raises what they say against it."""
    admin.create_topics({f"{name}.anew": options(settings, name)}, validate_only=True)


def wait_until_gone(admin: Any, topic: Topic) -> None:
    """Until brokers have said several times in a row that it is there no more."""
    deadline = monotonic() + GONE_SECONDS_MAX
    gone = 0
    while gone < LOOKS_IN_A_ROW:
        found = described(admin, [topic.name]).get(topic.name)
        gone = 0 if found and found[0].topic_id == topic.topic_id else gone + 1
        if monotonic() > deadline:
            raise KafkaUnusable("the brokers take their time to delete it")
        sleep(LOOK_SECONDS)


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
    if settings.kafka_partitions not in (None, here.partitions):
        lost = next(rule.lost for rule in TOPICS if rule.name == here.name)
        differs.append(
            f"has {here.partitions} partitions and not {settings.kafka_partitions}: left"
            " so, for keys would change partitions and lose their order. To have it"
            f" otherwise: `huiyin kafka wipe {here.name}`; {lost}"
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
    wanted = {name: options(settings, name) for name in names}
    if names:
        with suppress(client("kafka").errors.TopicAlreadyExistsError):  # by another process
            admin.create_topics(wanted)
        # With several brokers, one may know of them and the next one not yet.
        for _ in range(LOOKS_IN_A_ROW):
            admin.wait_for_topics(names)


def options(settings: Settings, name: str) -> dict[str, Any]:
    return {
        "num_partitions": settings.kafka_partitions or PARTITIONS,
        "replication_factor": settings.kafka_replication,
        "configs": configs(settings, name),
    }


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
