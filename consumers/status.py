"""How it goes with Kafka: who leads and works, how far everybody is, and what is wrong."""

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

from consumers.brokers.clients import administrator, client
from consumers.brokers.hushing import CLIENTS
from consumers.brokers.topics import INTAKE, TOPICS
from consumers.feed import fold_worker, stream_worker
from consumers.feed.streamed import STREAMED, WATCHED
from consumers.intake import intake
from consumers.relay.marks import last_ends
from consumers.relay.publisher import MAKE_ANEW
from consumers.relay.relay import LEADER_LOCK
from consumers.wire import CASE_FACTS
from projections.ground import LOG, Connection, make_ground, parked_facts, standings

if TYPE_CHECKING:
    from store import Store
    from store.settings import Settings

LAG_MAX = 1_000
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
    """How far a consumer is: by partition, how many messages it has not taken (``lags``).

    ``members`` is None when they cannot be told. ``behind`` counts the facts of the log
    that its views are not known to hold; None for the intake, which keeps no view.
    ``unreadable`` are messages it could not read; ``views`` says what feeds each view.
    """

    name: str
    members: tuple[Member, ...] | None
    lags: dict[int, int]
    behind: int | None = None
    unreadable: int = 0
    views: dict[str, str] = field(default_factory=dict)

    @property
    def lag(self) -> int:
        return sum(self.lags.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that was asked; ``head`` is that of the log, ``parked`` facts by view."""

    head: int
    topics: tuple[Seen, ...]
    relay: Relayed
    consumers: tuple[Taken, ...]
    parked: dict[str, int]


def status(store: Store, settings: Settings) -> Status:
    """Ask the brokers and the database. Raises KafkaUnusable."""
    with (
        CLIENTS.muted(),  # it finds the members of Faust strange
        administrator(settings) as admin,
        store.pool.connection() as connection,
    ):
        make_ground(connection)
        head = store.log.head()
        topics = {topic.name: topic for topic in seen(admin, connection)}
        groups = members(admin, [*map(group, FEEDS), intake.GROUP])
        facts = topics.get(CASE_FACTS)
        fed = [taken(connection, name, facts, head, groups[group(name)]) for name in FEEDS]
        taken_in = Taken(
            name="intake",
            members=groups[intake.GROUP],
            lags=lags(topics.get(INTAKE), committed(admin, intake.GROUP)),
        )
        waiting = Counter(p.view for p in parked_facts(connection, [*STREAMED, *WATCHED]))
        return Status(
            head=head,
            topics=tuple(topics.values()),
            relay=relayed(connection, facts, head),
            consumers=(*fed, taken_in),
            parked=dict(waiting),
        )


def group(feed: str) -> str:
    """The consumer group of a feed."""
    return f"huiyin-{feed}"


# Asking the brokers ----------------------------------------------------------------------


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


def relayed(connection: Connection, facts: Seen | None, head: int) -> Relayed:
    """Where the relay stands in the topic as it is now; a new one is published from 0."""
    row = connection.execute(
        "SELECT leader, led_since, position FROM kafka.relayed WHERE topic_id = %s",
        [facts.topic_id if facts else None],
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


def lags(topic: Seen | None, offsets: Mapping[int, int] | None) -> dict[int, int]:
    """Messages not taken, by partition; what the topic no longer has does not count."""
    if topic is None or offsets is None:
        return {}
    return {
        number: max(0, end - max(offsets.get(number, 0), topic.begins[number]))
        for number, end in sorted(topic.ends.items())
    }


# Judging ---------------------------------------------------------------------------------


def wrong(asked: Status, lag_max: int = LAG_MAX) -> list[str]:
    """What is not as it should be, each with what to do; empty when all is well."""
    return [
        *_wrong_with_topics(asked),
        *_wrong_with_relay(asked.relay, lag_max),
        *(text for each in asked.consumers for text in _wrong_with(each, lag_max)),
        *(
            f"{count} facts are parked in {view}: `huiyin views check {view}` says why;"
            f" mend that, then `huiyin views retry {view}`"
            for view, count in sorted(asked.parked.items())
        ),
    ]


def _wrong_with_topics(asked: Status) -> Iterator[str]:
    there = {topic.name for topic in asked.topics}
    for rule in TOPICS:
        if rule.name not in there:
            yield f"there is no topic {rule.name}: run `huiyin kafka topics`"
    for topic in asked.topics:
        if topic.headless:
            yield (
                f"partitions {_listed(topic.headless)} of {topic.name} have no leader:"
                " bring the brokers that are down back"
            )
        elif topic.in_step < topic.copies:
            yield (
                f"of {topic.copies} copies of {topic.name} only {topic.in_step} are in step"
                " everywhere: is a broker down?"
            )
        if topic.lost:
            yield (
                f"partitions {_listed(topic.lost)} of {topic.name} have lost messages that"
                f" the brokers had acknowledged: {MAKE_ANEW}"
            )


def _wrong_with_relay(relay: Relayed, lag_max: int) -> Iterator[str]:
    if relay.leader is None:
        yield "no relay leads: run `huiyin work`; one that runs says what it lacks"
    if relay.lag > lag_max:
        yield f"the relay is {relay.lag} facts behind the log (more than {lag_max})"


def _wrong_with(each: Taken, lag_max: int) -> Iterator[str]:
    if each.members is None:
        yield f"who works for {each.name} is not known: the broker that knows is down"
    elif not each.members:
        yield f"nobody works for {each.name}: run `huiyin work` on some machine"
    if each.lag > lag_max:
        yield f"{each.name} is {each.lag} messages behind (more than {lag_max})"
    elif each.behind is not None and each.behind > lag_max:
        yield f"{each.name} is {each.behind} facts behind the log (more than {lag_max})"
    if each.unreadable:
        yield (
            f"{each.unreadable} messages could not be read by {each.name}: the table"
            " kafka.unreadable has them, each with the reason"
        )
    others = sorted(view for view, feed in each.views.items() if feed == LOG)
    if others:
        yield f"still fed from the log: {', '.join(others)}"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
