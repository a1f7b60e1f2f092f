"""The relay when Kafka is in trouble: says once what to do, and catches up by itself."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from dataclasses import replace

import psycopg
import pytest

from consumers import wire
from consumers.brokers.clients import administrator
from consumers.brokers.topics import make_topics, topic
from consumers.relay import relay
from projections.ground import standings
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import FeedAtWork, until
from tests.contract.journeys import journeys, record
from tests.contract.processes import at_work
from tests.kafka.test_kafka_feed_contract import KafkaAtWork
from tests.kafka.test_relay import holds, messages, relayed
from tests.support.kafka import KAFKA_TIER, Brokers

pytestmark = KAFKA_TIER

Log = pytest.LogCaptureFixture

LOST = "have lost messages that the brokers had acknowledged: `huiyin kafka wipe"
# Ends the session that holds an advisory lock.
BREAK_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    " AND (classid::bigint << 32 | objid::bigint) = %s AND granted AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def said(log: Log) -> list[str]:
    """What the relay has warned of."""
    return [r.getMessage() for r in log.records if r.name == "consumers.relay.relay"]


def published(store: Store) -> bool:
    return relayed(store) == store.log.head()


def everything_once_at_least(store: Store, settings: Settings) -> bool:
    """Whether all facts are in the topic, those of a case in order when doubles go."""
    told: dict[bytes, list[int]] = {}
    for message in messages(settings):
        versions = told.setdefault(message.key, [])
        version = wire.entry(message.value).fact.originator_version
        if version == len(versions) + 1:
            versions.append(version)
    return sum(map(len, told.values())) == store.log.head()


def test_a_missing_topic_is_not_made_behind_peoples_backs(
    store: Store, kafka: Settings, broker: Brokers, caplog: Log
) -> None:
    record(store, journeys(1, 5))
    broker.forget_topics()
    with at_work("relay", store, kafka):
        until(lambda: "run `huiyin kafka topics`" in caplog.text)
        record(store, journeys(6, 5))
        make_topics(kafka)
        until(lambda: published(store))
    assert len(messages(kafka)) == store.log.head()
    assert len([text for text in said(caplog) if "huiyin kafka topics" in text]) == 1


def test_a_topic_that_vanishes_under_its_feet_is_asked_for_and_filled_again(
    store: Store, kafka: Settings, broker: Brokers, caplog: Log
) -> None:
    with at_work("relay", store, kafka):
        record(store, journeys(1, 5))
        until(lambda: published(store))
        broker.forget_topics()
        record(store, journeys(6, 5))
        until(lambda: "run `huiyin kafka topics`" in caplog.text)
        make_topics(kafka)
        until(lambda: "the relay publishes again" in caplog.text)
        until(lambda: len(messages(kafka)) >= store.log.head())
    assert everything_once_at_least(store, kafka)
    assert holds(store, kafka)


def test_while_the_broker_is_away_facts_are_recorded_and_go_out_later(
    store: Store, kafka: Settings, broker: Brokers, caplog: Log
) -> None:
    record(store, journeys(1, 5))
    with at_work("relay", store, kafka) as thread:
        until(lambda: published(store))
        broker.stop()
        try:
            record(store, journeys(6, 5))
            until(lambda: "does the broker run" in caplog.text)
        finally:
            broker.start()
        until(lambda: published(store))
        assert thread.is_alive()
    assert everything_once_at_least(store, kafka)
    assert len(said(caplog)) == len(set(said(caplog)))


def test_a_relay_whose_lock_is_lost_stands_for_election_again(
    dsn: str, store: Store, kafka: Settings, caplog: Log
) -> None:
    with at_work("relay", store, kafka):
        record(store, journeys(1, 5))
        until(lambda: published(store))
        with psycopg.connect(dsn) as admin:
            broken = admin.execute(BREAK_OFF, [relay.LEADER_LOCK]).fetchall()
        assert broken == [(True,)]
        record(store, journeys(6, 5))
        until(lambda: published(store))
    assert "the relay has no database" in caplog.text
    assert everything_once_at_least(store, kafka)
    assert holds(store, kafka)


def test_a_wrong_password_is_said_and_not_shown(
    store: Store, guarded: Settings, caplog: Log
) -> None:
    caplog.set_level(logging.DEBUG)
    record(store, journeys(1, 5))
    with at_work("relay", store, replace(guarded, kafka_password="a wrong one")):
        until(lambda: "HUIYIN_KAFKA_PASSWORD" in caplog.text)
        record(store, journeys(6, 5))
    assert relayed(store) == 0
    with at_work("relay", store, guarded):
        until(lambda: published(store))
    assert len(messages(guarded)) == store.log.head()
    assert "a wrong one" not in caplog.text
    assert str(guarded.kafka_password) not in caplog.text


def test_a_broker_of_three_that_is_killed_costs_nothing(
    store: Store, guarded: Settings, cluster: Brokers, caplog: Log
) -> None:
    with at_work("relay", store, guarded):
        record(store, journeys(1, 100))
        until(lambda: relayed(store) > 0)
        cluster.kill(2)
        try:
            record(store, journeys(101, 100))
            until(lambda: published(store))
        finally:
            cluster.start_one(2)
        record(store, journeys(201, 100))
        until(lambda: published(store))
    assert everything_once_at_least(store, guarded)
    assert holds(store, guarded)


def test_no_view_claims_a_position_that_is_not_folded_while_the_topic_is_made_anew(
    store: Store, kafka: Settings, broker: Brokers
) -> None:
    """What waits to be acknowledged when the topic goes is acknowledged by the new one, at
    offsets that everybody is past."""
    feed = KafkaAtWork(store, kafka)
    record(store, journeys(1, 60))
    with feed.running():
        until(feed.nothing_is_left)
        broker.forget_topics()
        record(store, journeys(61, 2))
        make_topics(kafka)
        until(lambda: honest(feed) and feed.nothing_is_left())
        until(lambda: relayed_of(store, kafka) == store.log.head())
    assert feed.differences() == []
    assert holds(store, kafka)


def honest(feed: FeedAtWork) -> bool:
    """That every fact up to the position of the views is folded is so at any moment."""
    with feed.store.pool.connection() as connection:
        stands = standings(connection)
    claimed = max(stands[view.name].position for view in feed.views)
    assert feed.folded() >= claimed
    return True


def relayed_of(store: Store, settings: Settings) -> int:
    """How far the relay is in the topic as it stands."""
    with store.pool.connection() as connection:
        row = connection.execute(
            "SELECT position FROM kafka.relayed WHERE topic_id = %s",
            [topic(settings).topic_id],
        ).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("leads", [True, False])
def test_a_topic_that_has_lost_its_tail_is_marked_no_further_until_it_is_made_anew(
    leads: bool, store: Store, kafka: Settings, broker: Brokers, caplog: Log
) -> None:
    feed = KafkaAtWork(store, kafka)
    record(store, journeys(1, 40))
    with ExitStack() as relays, at_work("fold", store, kafka):
        relays.enter_context(at_work("relay", store, kafka))
        until(feed.nothing_is_left)
        known = store.log.head()
        if not leads:
            relays.close()
        broker.kill(1)
        try:
            record(store, journeys(41, 2))
            lose_tails(broker, feed.topic.name)
        finally:
            broker.start()
        if not leads:
            relays.enter_context(at_work("relay", store, kafka))
        until(lambda: LOST in caplog.text)
        relays.close()
        caplog.clear()
        relays.enter_context(at_work("relay", store, kafka))
        until(lambda: LOST in caplog.text)
        assert relayed_of(store, kafka) == known
        assert honest(feed)
        broker.forget_topics()
        make_topics(kafka)
        until(lambda: honest(feed) and feed.nothing_is_left())
    assert feed.differences() == []


def lose_tails(broker: Brokers, name: str) -> None:
    """What a broker that was killed loses of a topic when its disk had not yet written the
    later half."""
    for messages_of in broker.data.rglob(f"{name}-*/*.log"):
        os.truncate(messages_of, messages_of.stat().st_size // 2)
        for index in messages_of.parent.glob("*index"):
            index.unlink()


def test_a_topic_whose_partitions_were_added_to_is_left_alone_until_it_is_made_anew(
    store: Store, kafka: Settings, broker: Brokers, caplog: Log
) -> None:
    feed = KafkaAtWork(store, kafka)
    record(store, journeys(1, 20))
    with at_work("relay", store, kafka):
        until(lambda: published(store))
    before, held = topic(kafka), len(messages(kafka))
    with administrator(kafka) as admin:
        admin.create_partitions({before.name: before.partitions + 1})
    until(lambda: topic(kafka).partitions == before.partitions + 1)
    record(store, journeys(21, 20))
    with feed.running():
        until(lambda: f"had {before.partitions} partitions and has" in caplog.text)
        assert len(messages(kafka)) == held
        broker.forget_topics()
        make_topics(kafka)
        until(lambda: honest(feed) and feed.nothing_is_left())
    assert feed.differences() == []
