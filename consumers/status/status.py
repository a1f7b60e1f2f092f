"""How it goes with Kafka: who leads and works, and how far everybody is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import sleep
from typing import TYPE_CHECKING, Any
from uuid import UUID

from consumers.brokers.clients import KafkaUnusable, access, administrator, client
from consumers.brokers.hushing import CLIENTS
from consumers.brokers.topics import INTAKE, TOPICS
from consumers.feed import fold_worker, stream_worker
from consumers.feed.streamed import STREAMED, WATCHED
from consumers.intake import intake
from consumers.relay.marks import last_ends
from consumers.relay.relay import LEADER_LOCK
from consumers.wire import CASE_FACTS
from projections.ground import Connection, make_ground, parked_facts, standings

if TYPE_CHECKING:
    from store import Store
    from store.settings import Settings

ASK_TIMES = 5
ASK_AGAIN_SECONDS = 0.3
NOBODY = -1
FEEDS = {
    fold_worker.FEED: tuple(view.name for view in STREAMED),
    stream_worker.FEED: tuple(view.name for view in WATCHED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A topic as the brokers have it: where its partitions begin and end, and how many
    copies of each are in step. ``headless`` partitions have no leader and tell nothing;
    ``lost`` ones end before what was acknowledged."""

    name: str
    topic_id: UUID
    copies: int
    in_step: int
    begins: dict[int, int]
    ends: dict[int, int]
    headless: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()

    @property
    def messages(self) -> int:
        return sum(end - self.begins[number] for number, end in self.ends.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """How far the relay is: ``lag`` facts of the log behind ``position`` are not published
    yet. ``leader`` is None when nobody leads."""

    leader: str | None
    since: datetime | None
    position: int
    lag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of a group: by what name, where, and which partitions it has."""

    name: str
    host: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How far a consumer is: by partition, how many messages it has not taken (``lags``,
    None where that cannot be told).

    ``members`` is None when they cannot be told. ``behind`` counts the facts of the log
    that its views are not known to hold; None for the intake, which keeps no view.
    ``unreadable`` are messages it could not read; ``views`` says what feeds each view.
    """

    name: str
    members: tuple[Member, ...] | None
    lags: dict[int, int] | None
    behind: int | None = None
    unreadable: int = 0
    views: dict[str, str] = field(default_factory=dict)

    @property
    def lag(self) -> int | None:
        return None if self.lags is None else sum(self.lags.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that was asked; ``head`` is that of the log, ``parked`` facts by view.
    ``trouble``: why the brokers could not be asked; then only the database has answered.
    """

    head: int
    topics: tuple[Seen, ...]
    relay: Relayed
    consumers: tuple[Taken, ...]
    parked: dict[str, int]
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the brokers say: topics, members and the intake's offsets, None: not known."""

    topics: dict[str, Seen]
    groups: dict[str, tuple[Member, ...] | None]
    taken_in: dict[int, int] | None


def status(store: Store, settings: Settings) -> Status:
    """Ask the brokers and the database. Raises KafkaUnusable for wrong settings."""
    access(settings)
    with store.pool.connection() as connection:
        make_ground(connection)
        head = store.log.head()
        trouble = None
        try:
            told = ask_brokers(settings, connection)
        except KafkaUnusable as why:
            told, trouble = Told({}, dict.fromkeys(GROUPS), None), str(why)
        facts = told.topics.get(CASE_FACTS)
        topic_id = last_led(connection) if trouble else (facts.topic_id if facts else None)
        fed = [
            taken(connection, feed, facts, head, told.groups[group(feed)]) for feed in FEEDS
        ]
        taken_in = Taken(
            name="intake",
            members=told.groups[intake.GROUP],
            lags=lags(told.topics.get(INTAKE), told.taken_in),
        )
        waiting = Counter(p.view for p in parked_facts(connection, [*STREAMED, *WATCHED]))
        return Status(
            head=head,
            topics=tuple(told.topics.values()),
            relay=relayed(connection, topic_id, head),
            consumers=(*fed, taken_in),
            parked=dict(waiting),
            trouble=trouble,
        )


def group(feed: str) -> str:
    """The consumer group of a feed."""
    return f"huiyin-{feed}"


GROUPS = (*map(group, FEEDS), intake.GROUP)


# Asking the brokers ----------------------------------------------------------------------


def ask_brokers(settings: Settings, connection: Connection) -> Told:
    """Raises KafkaUnusable."""
    with (
        CLIENTS.muted(),  # it finds the members of Faust strange
        administrator(settings) as admin,
    ):
        return Told(
            {topic.name: topic for topic in seen(admin, connection)},
            members(admin, GROUPS),
            committed(admin, intake.GROUP),
        )


def seen(admin: Any, connection: Connection) -> Iterator[Seen]:
    """Those of our topics that are there."""
    names = [rule.name for rule in TOPICS]
    for each in patiently(partial(admin.describe_topics, names)):
        if each["error_code"]:
            continue
        parts = {part["partition_index"]: part for part in each["partitions"]}
        topic_id = UUID(str(each["topic_id"]))
        begins, ends = edges(admin, each["name"], parts)
        acknowledged = last_ends(connection, topic_id, len(parts))
        yield Seen(
            name=each["name"],
            topic_id=topic_id,
            copies=min(len(part["replica_nodes"]) for part in parts.values()),
            in_step=min(len(part["isr_nodes"]) for part in parts.values()),
            begins=begins,
            ends=ends,
            headless=tuple(sorted(parts.keys() - ends.keys())),
            lost=tuple(n for n, end in ends.items() if end < acknowledged[n]),
        )


def edges(
    admin: Any, name: str, parts: Mapping[int, Mapping[str, Any]]
) -> tuple[dict[int, int], dict[int, int]]:
    """Where partitions begin and end, as far as their leaders answer."""
    part = client("kafka").TopicPartition
    specs = client("kafka.admin").OffsetSpec
    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    for leader in sorted({told["leader_id"] for told in parts.values()} - {NOBODY}):
        led = [part(name, n) for n, told in parts.items() if told["leader_id"] == leader]
        with suppress(client("kafka").errors.RetriableError):
            for spec, found in ((specs.EARLIEST, begins), (specs.LATEST, ends)):
                asked = dict.fromkeys(led, spec)
                at = patiently(partial(admin.list_partition_offsets, asked))
                found.update({each.partition: at[each].offset for each in led})
    return dict(sorted(begins.items())), dict(sorted(ends.items()))


def members(admin: Any, groups: Sequence[str]) -> dict[str, tuple[Member, ...] | None]:
    """Who belongs to each group; None where the broker that keeps it does not answer."""
    try:
        told = patiently(partial(admin.describe_groups, groups))
    except client("kafka").errors.RetriableError:
        return dict.fromkeys(groups)
    return {
        name: tuple(
            sorted(map(member, told.get(name, {}).get("members", ())), key=lambda m: m.name)
        )
        for name in groups
    }


def member(told: Mapping[str, Any]) -> Member:
    has = told["member_assignment"]
    topics = has.get("assigned_partitions", ()) if isinstance(has, dict) else ()
    return Member(
        name=str(told.get("group_instance_id") or told["client_id"]),
        host=str(told["client_host"]).removeprefix("/"),
        partitions=tuple(sorted(n for topic in topics for n in topic["partitions"])),
    )


def committed(admin: Any, name: str) -> dict[int, int] | None:
    """How far a group has said that it is, by partition of the intake's topic."""
    try:
        found = patiently(partial(admin.list_group_offsets, {name: None})).get(name, {})
    except client("kafka").errors.RetriableError:
        return None
    return {part.partition: at.offset for part, at in found.items() if part.topic == INTAKE}


def patiently(ask: Callable[[], Any]) -> Any:
    """An answer, though one broker may be down and another not yet know."""
    for _ in range(ASK_TIMES - 1):
        try:
            return ask()
        except client("kafka").errors.RetriableError:
            sleep(ASK_AGAIN_SECONDS)
    return ask()


# Asking the database ---------------------------------------------------------------------


def last_led(connection: Connection) -> UUID | None:
    """The topic that a relay published into last; None before there was any."""
    row = connection.execute(
        "SELECT topic_id FROM kafka.relayed ORDER BY led_since DESC NULLS LAST LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def relayed(connection: Connection, topic_id: UUID | None, head: int) -> Relayed:
    """Where the relay stands in the topic as it is now; a new one is published from 0."""
    row = connection.execute(
        "SELECT leader, led_since, position FROM kafka.relayed WHERE topic_id = %s",
        [topic_id],
    ).fetchone()
    leader, since, position = row or (None, None, 0)
    if not led(connection):
        leader = since = None
    return Relayed(
        leader=leader, since=since, position=position, lag=max(0, head - position)
    )


def led(connection: Connection) -> bool:
    """Whether some relay holds the lock of the one that leads."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = %s AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database()))",
        [LEADER_LOCK],
    ).fetchone()
    return bool(row and row[0])


def taken(
    connection: Connection,
    feed: str,
    facts: Seen | None,
    head: int,
    group: tuple[Member, ...] | None,
) -> Taken:
    """How far a feed is, by what it saved together with the rows of its views."""
    offsets = connection.execute(
        "SELECT partition, next_offset FROM kafka.offsets"
        " WHERE feed = %s AND topic_id = %s",
        [feed, facts.topic_id if facts else None],
    ).fetchall()
    unreadable = connection.execute(
        "SELECT count(*) FROM kafka.unreadable WHERE feed = %s", [feed]
    ).fetchone()
    stands = standings(connection)
    there = [stands[view] for view in FEEDS[feed] if view in stands]
    return Taken(
        name=feed,
        members=group,
        lags=lags(facts, dict(offsets)),
        behind=head - min((each.position for each in there), default=0),
        unreadable=unreadable[0] if unreadable else 0,
        views={each.view: each.feed for each in there},
    )


def lags(topic: Seen | None, offsets: Mapping[int, int] | None) -> dict[int, int] | None:
    """Messages not taken, by partition; what the topic no longer has does not count. None
    where brokers do not tell."""
    if topic is None or offsets is None:
        return None
    return {
        number: max(0, end - max(offsets.get(number, 0), topic.begins[number]))
        for number, end in sorted(topic.ends.items())
    }
