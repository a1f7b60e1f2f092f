"""Views that change hands between the log and Kafka hold the fold of the log throughout."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest

from consumers import marks, wire
from consumers.brokers import Topic
from consumers.delivery import Delivery
from consumers.kafka_feed import KafkaFeed
from consumers.marks import Holed
from projections.check import Report, check
from projections.engine import Engine, Fenced
from projections.feeds import by_case, take_back
from projections.ground import standings
from projections.rebuild import rebuild
from projections.views import VIEWS as ALL
from store import Store
from tests.contract.feed_contract import FOLLOWED
from tests.contract.journeys import journeys, record

PARTITIONS = 3
FEED = "kafka-test"


class Topics:
    """What a broker and a relay would do, in the hands of a test: partitions are lists."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made = 0
        self.make_anew()

    def make_anew(self) -> None:
        """Delete it and make it again, empty and under another id."""
        self._made += 1
        self.topic = Topic(wire.CASE_FACTS, UUID(int=self._made), PARTITIONS)
        self.first = [0] * PARTITIONS
        self.messages: list[list[Delivery]] = [[] for _ in range(PARTITIONS)]
        self.relayed = 0
        with self._line() as line:
            line.execute(
                "INSERT INTO kafka.relayed (topic_id, topic, position) VALUES (%s, %s, 0)",
                [self.topic.topic_id, self.topic.name],
            )

    def publish(self, limit: int = 10_000, *, lose: frozenset[int] = frozenset()) -> None:
        """Publish what comes next and mark it; positions to ``lose`` never arrive."""
        entries = self._store.log.read(self.relayed, limit)
        for entry in entries:
            if entry.position not in lose and wire.travels(entry.fact):
                partition = entry.fact.originator_id.int % PARTITIONS
                self._append(
                    partition,
                    wire.payload(entry),
                    wire.key(entry),
                    tuple(wire.headers(entry)),
                )
        if entries:
            last = entries[-1].position
            with self._line() as line:
                marks.mark(line, self.topic.topic_id, self.relayed, last, self.ends())
            self.relayed = last

    def publish_and_die(self, limit: int, *, lose: frozenset[int] = frozenset()) -> None:
        """What an unmarked batch leaves behind: messages that will come again."""
        for entry in self._store.log.read(self.relayed, limit):
            if entry.position not in lose and wire.travels(entry.fact):
                self._append(
                    entry.fact.originator_id.int % PARTITIONS,
                    wire.payload(entry),
                    wire.key(entry),
                    tuple(wire.headers(entry)),
                )

    def _append(
        self,
        partition: int,
        payload: bytes,
        key: bytes | None = None,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        offset = self.first[partition] + len(self.messages[partition])
        self.messages[partition].append(Delivery(partition, offset, payload, key, headers))

    def spoil(self, partition: int, at: int) -> None:
        """Garble the payload of a message; key and headers stay."""
        was = self.messages[partition][at]
        self.messages[partition][at] = Delivery(
            partition, was.offset, b"{garbled", was.key, was.headers
        )

    def litter(self, partition: int) -> None:
        """A message of somebody else, who has no business here."""
        self._append(partition, b"hello", None, (("ce_id", b"7"),))

    def forget(self, partition: int, count: int) -> None:
        """The retention of the topic removes its oldest messages."""
        gone = self.messages[partition][:count]
        self.messages[partition] = self.messages[partition][count:]
        self.first[partition] += len(gone)

    def ends(self) -> list[int]:
        return [self.first[p] + len(self.messages[p]) for p in range(PARTITIONS)]

    def after(self, partition: int, offset: int, limit: int) -> list[Delivery]:
        start = max(0, offset - self.first[partition])
        return self.messages[partition][start : start + limit]

    def _line(self) -> psycopg.Connection:
        return psycopg.connect(self._store.dsn, autocommit=True)


@pytest.fixture
def topics(store: Store) -> Topics:
    return Topics(store)


def fed(store: Store, topics: Topics) -> KafkaFeed:
    """A worker of the feed, once the views are its own."""
    feed = KafkaFeed(store, FOLLOWED, topics.topic, name=FEED)
    feed.prepare()
    return feed


def take(
    feed: KafkaFeed, topics: Topics, partitions: Sequence[int], limit: int = 10_000
) -> None:
    """What a worker does that has these partitions: fetch, take, settle, heal."""
    offsets = feed.next_offsets()
    batch = [each for p in partitions for each in topics.after(p, offsets.get(p, 0), limit)]
    if batch and feed.take(batch).missing:
        feed.level(dict(enumerate(topics.first)))
    try:
        feed.settle()
    except Holed:
        feed.level(dict(enumerate(topics.first)))


def take_all(feed: KafkaFeed, topics: Topics) -> None:
    for _ in range(3):  # a part, what was missing, and the settling of both
        take(feed, topics, range(PARTITIONS))


def from_the_log(store: Store) -> None:
    """A process without Kafka takes the views over and follows the log to its head."""
    engine = Engine(store, FOLLOWED)
    assert engine.own()
    take_back(store, FOLLOWED)
    while engine.step():
        pass
    engine.close()


def sound(store: Store) -> Report:
    report = check(store, FOLLOWED)
    assert report.differences == []
    return report


def position(store: Store) -> int:
    with store.pool.connection() as connection:
        stands = standings(connection)
    return min(stands[view.name].position for view in FOLLOWED)


def parked(store: Store) -> list[tuple[str, int]]:
    with store.pool.connection() as connection:
        rows = connection.execute(
            "SELECT view, position FROM views.parked ORDER BY view, position"
        )
        return [(view, at) for view, at in rows.fetchall()]


def test_the_views_of_one_case_each_can_be_fed_by_kafka_and_the_others_cannot() -> None:
    assert {view.name for view in ALL if not by_case(view)} >= {"calls", "units"}
    assert {"boards", "chains", "deadlines"} <= {v.name for v in ALL if by_case(v)}


def test_it_stands_where_everything_is_folded_though_some_cases_are_further(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 30))
    topics.publish(40)
    topics.publish(40)
    assert position(store) == 0
    take(feed, topics, [0, 1])
    assert position(store) == 0
    sound(store)
    take(feed, topics, [2], limit=len(topics.messages[2]) - 1)
    assert position(store) == 40
    sound(store)
    take(feed, topics, [2])
    assert position(store) == 80


def test_from_the_log_to_kafka_and_back_nothing_is_lost_or_folded_twice(
    store: Store, topics: Topics
) -> None:
    record(store, journeys(1, 20))
    feed = fed(store, topics)
    record(store, journeys(21, 20))
    topics.publish()
    take(feed, topics, [0, 2])  # one partition is left behind
    from_the_log(store)
    assert position(store) == store.log.head()
    sound(store)
    with pytest.raises(Fenced, match="fed by log"):
        feed.take(topics.after(1, 0, 5))

    record(store, journeys(41, 10))
    again = fed(store, topics)
    topics.publish()
    take_all(again, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_views_built_from_the_log_go_on_in_the_topic_where_that_ended(
    store: Store, topics: Topics
) -> None:
    record(store, journeys(1, 20))
    topics.publish()
    feed = fed(store, topics)
    assert sum(feed.next_offsets().values()) == store.log.head()
    record(store, journeys(21, 5))
    topics.publish()
    take_all(feed, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_a_view_that_is_built_anew_meanwhile_folds_nothing_twice(
    store: Store, topics: Topics
) -> None:
    record(store, journeys(1, 20))
    feed = fed(store, topics)
    record(store, journeys(21, 20))
    topics.publish()
    take(feed, topics, [0])
    rebuild(store, [FOLLOWED[0]])
    sound(store)
    take_all(feed, topics)
    record(store, journeys(41, 10))
    topics.publish()
    take_all(feed, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_a_topic_wiped_and_published_again_leads_to_the_same(
    store: Store, topics: Topics
) -> None:
    record(store, journeys(1, 30))
    feed = fed(store, topics)
    topics.publish(60)
    take(feed, topics, [0, 1])
    topics.make_anew()
    anew = fed(store, topics)
    topics.publish()
    take_all(anew, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_what_the_retention_of_the_topic_removed_is_read_from_the_log(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 30))
    topics.publish()
    topics.forget(1, 10)
    record(store, journeys(31, 10))
    topics.publish()
    take_all(feed, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_nothing_is_settled_beyond_a_hole_in_the_topic_and_the_log_fills_it(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 30))
    second = next(e.position for e in store.log.scan() if e.fact.originator_version == 2)
    topics.publish(lose=frozenset({second}))
    for p in range(PARTITIONS):
        feed.take(topics.after(p, 0, 10_000))
    with pytest.raises(Holed):
        feed.settle()
    assert position(store) == 0
    take_all(feed, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_what_came_too_early_and_came_again_is_no_hole(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 30))
    topics.publish_and_die(100, lose=frozenset(range(20, 40)))
    take_all(feed, topics)
    sound(store)
    topics.publish()
    for p in range(PARTITIONS):
        feed.take(topics.after(p, feed.next_offsets()[p], 10_000))
    assert feed.settle() == store.log.head()
    sound(store)


def test_a_fact_whose_message_cannot_be_read_is_parked_by_its_place_in_the_log(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 30))
    topics.publish()
    spoilt = next(
        n
        for n, each in enumerate(topics.messages[0])
        if wire.entry(each.payload).fact.originator_version == 2
    )
    fact = wire.entry(topics.messages[0][spoilt].payload)
    topics.spoil(0, spoilt)
    take_all(feed, topics)

    behind = [
        entry.position
        for entry in store.log.stream(fact.fact.originator_id)
        if entry.fact.originator_version >= 2
    ]
    assert [at for view, at in parked(store) if view == "trails"] == behind
    assert position(store) == store.log.head()
    assert len(sound(store).parked) == 2 * len(behind)


def test_a_message_of_a_stranger_is_noted_and_passed_over(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    topics.litter(1)
    record(store, journeys(1, 10))
    topics.publish()
    take_all(feed, topics)
    with store.pool.connection() as connection:
        noted = connection.execute(
            "SELECT feed, partition, message_offset, id FROM kafka.unreadable"
        ).fetchall()
    assert noted == [(FEED, 1, 0, "7")]
    assert position(store) == store.log.head()
    assert sound(store).parked == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_views_are_the_fold_of_the_log(
    store: Store, topics: Topics, seed: int
) -> None:
    """A walk through everything that brokers, relays, workers and people may do."""
    dice = random.Random(seed)  # noqa: S311 - the same walk every time
    workers = [fed(store, topics), fed(store, topics)]
    cases = 1

    def some(upto: int) -> int:
        return dice.randint(1, upto)

    for _ in range(120):
        match dice.choices(
            ["record", "publish", "die", "take", "swap", "rebuild", "log", "wipe", "lose"],
            [6, 8, 3, 20, 2, 1, 1, 1, 1],
        )[0]:
            case "record":
                record(store, journeys(cases, 4))
                cases += 4
            case "publish":
                topics.publish(some(60))
            case "die":
                first = topics.relayed + some(20)
                topics.publish_and_die(
                    some(60), lose=frozenset(range(first, first + some(10)))
                )
            case "take":
                mine = dice.sample(range(PARTITIONS), some(PARTITIONS))
                take(dice.choice(workers), topics, mine, some(50))
            case "swap":
                workers[dice.randrange(2)] = fed(store, topics)
            case "rebuild":
                rebuild(store, [dice.choice(FOLLOWED)])
            case "log":
                from_the_log(store)
                workers = [fed(store, topics), fed(store, topics)]
            case "wipe":
                topics.make_anew()
                workers = [fed(store, topics), fed(store, topics)]
            case "lose":
                partition = dice.randrange(PARTITIONS)
                topics.forget(partition, some(10))
        if dice.random() < 0.15:
            sound(store)
    topics.publish()
    for worker in workers:
        take_all(worker, topics)
    assert position(store) == store.log.head()
    assert sound(store).parked == []
