"""The relay when Kafka is in trouble: says once what to do, and catches up by itself."""

from __future__ import annotations

import logging
from dataclasses import replace

import psycopg
import pytest

from consumers import relay, wire
from consumers.brokers import make_topics
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import journeys, record
from tests.contract.processes import at_work
from tests.kafka.test_relay import holds, messages, relayed
from tests.support.kafka import KAFKA_TIER, Brokers

pytestmark = KAFKA_TIER

Log = pytest.LogCaptureFixture

# Ends the session that holds an advisory lock.
BREAK_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    " AND (classid::bigint << 32 | objid::bigint) = %s AND granted AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def said(log: Log) -> list[str]:
    """What the relay has warned of."""
    return [r.getMessage() for r in log.records if r.name == "consumers.relay"]


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
