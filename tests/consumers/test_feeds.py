"""Views that change hands between the log and Kafka hold the fold of the log throughout."""

from __future__ import annotations

import psycopg
import pytest

from consumers import wire
from consumers.feed.kafka_feed import KafkaFeed
from consumers.relay.marks import Holed
from projections.check import check
from projections.engine import Engine, Fenced, NotReady
from projections.feeds import by_case
from projections.rebuild import make_ready, rebuild
from projections.views import VIEWS as ALL
from store import Store
from tests.contract.feed_contract import FOLLOWED
from tests.contract.journeys import journeys, record
from tests.support.topics import (
    FEED,
    PARTITIONS,
    Topics,
    fed,
    from_the_log,
    parked,
    position,
    sound,
    take,
    take_all,
)


@pytest.fixture
def topics(store: Store) -> Topics:
    return Topics(store)


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


def test_what_came_early_and_never_came_again_is_a_hole_though_its_case_went_on(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 10))
    last = store.log.stream(next(store.log.scan()).fact.originator_id)[-1]
    # It is brought by another partition, before the facts that precede it, and only there.
    topics.publish(lose=frozenset({last.position}))
    elsewhere = (last.fact.originator_id.int + 1) % PARTITIONS
    topics.bring_first(last, elsewhere)
    feed.take(topics.after(elsewhere, 0, 10_000))
    for p in range(PARTITIONS):
        feed.take(topics.after(p, feed.next_offsets().get(p, 0), 10_000))
    with pytest.raises(Holed):
        feed.settle()
    take_all(feed, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_early_facts_that_come_again_in_the_same_batch_are_waited_for_no_longer(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 10))
    topics.publish_and_die(60, lose=frozenset(range(10, 30)))
    topics.publish()
    for p in range(PARTITIONS):
        feed.take(topics.after(p, 0, 10_000))
    assert feed.settle() == store.log.head()
    sound(store)


def test_a_position_that_is_claimed_and_not_folded_is_found_by_the_check(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 10))
    topics.publish()
    take(feed, topics, [0])
    with store.pool.connection() as connection:
        connection.execute("UPDATE views.positions SET position = %s", [store.log.head()])
    assert check(store, FOLLOWED).differing > 0


def test_workers_of_two_versions_do_not_feed_side_by_side(
    store: Store, topics: Topics
) -> None:
    """The one that came first would move on without the view that it does not know."""
    older = KafkaFeed(store, FOLLOWED[:1], topics.topic, name=FEED)
    older.prepare()
    record(store, journeys(1, 10))
    topics.publish()
    take(older, topics, [0])
    newer = fed(store, topics)
    record(store, journeys(11, 10))
    topics.publish()
    with pytest.raises(Fenced, match="another program"):
        take(older, topics, [0, 1])
    take_all(newer, topics)
    assert position(store) == store.log.head()
    sound(store)


def test_a_view_that_a_feed_leaves_is_built_anew_by_whoever_follows_it(
    store: Store, topics: Topics
) -> None:
    fed(store, topics)
    fewer = KafkaFeed(store, FOLLOWED[:1], topics.topic, name=FEED)
    fewer.prepare()
    record(store, journeys(1, 10))
    topics.publish()
    take(fewer, topics, range(PARTITIONS))
    engine = Engine(store, FOLLOWED[1:])
    with pytest.raises(NotReady):
        engine.step()
    engine.close()
    make_ready(store, FOLLOWED[1:])
    from_the_log(store)
    assert position(store) == store.log.head()
    sound(store)


def test_an_unreadable_message_of_what_the_log_has_brought_parks_nothing(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 30))
    topics.publish()
    topics.spoil(0, len(topics.messages[0]) // 2)
    rebuild(store, [FOLLOWED[0]])
    take_all(feed, topics)
    assert {view for view, _ in parked(store)} == {FOLLOWED[1].name}
    assert position(store) == store.log.head()
    sound(store)


def test_a_rebuild_that_holds_the_views_keeps_nobody_from_settling_later(
    store: Store, topics: Topics
) -> None:
    feed = fed(store, topics)
    record(store, journeys(1, 10))
    topics.publish()
    with psycopg.connect(store.dsn) as held:
        held.execute("SELECT 1 FROM views.positions FOR UPDATE")
        assert feed.settle() is None
    take_all(feed, topics)
    assert position(store) == store.log.head()


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
