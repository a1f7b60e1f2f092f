"""Brokers that speak TLS and ask for a password: whoever lacks it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumers.brokers.clients import KafkaUnusable
from consumers.brokers.topics import topic
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import journeys, record
from tests.contract.processes import at_work
from tests.kafka.test_kafka_feed_contract import KafkaAtWork
from tests.support.kafka import KAFKA_TIER, Brokers, both_said

pytestmark = KAFKA_TIER


def test_relay_and_fold_worker_keep_the_views_through_tls_and_scram(
    store: Store, guarded: Settings
) -> None:
    feed = KafkaAtWork(store, guarded)
    with feed.running():
        record(store, journeys(1, 40), at_once=50)
        until(feed.nothing_is_left)
    assert feed.differences() == []
    assert feed.folded() == store.log.head()


def test_when_one_of_three_brokers_is_killed_the_other_two_go_on(
    store: Store, guarded: Settings, cluster: Brokers
) -> None:
    feed = KafkaAtWork(store, guarded)
    with feed.running():
        record(store, journeys(1, 20), at_once=20)
        until(feed.nothing_is_left)
        cluster.kill(1)
        try:
            record(store, journeys(21, 20), at_once=20)
            until(feed.nothing_is_left)
        finally:
            cluster.start_one(1)
    assert feed.differences() == []
    assert feed.folded() == store.log.head()


def test_with_a_wrong_password_it_is_said_and_facts_go_on_being_recorded(
    store: Store, guarded: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    feed = KafkaAtWork(store, guarded)
    wrong = replace(guarded, kafka_password="not-the-password")
    with at_work("relay", store, wrong), at_work("fold", store, wrong):
        record(store, journeys(1, 10))
        until(lambda: both_said("HUIYIN_KAFKA_PASSWORD must be", caplog))
        record(store, journeys(11, 10))
    assert feed.folded() == 0
    assert "not-the-password" not in caplog.text

    with feed.running():  # the setting is mended
        until(feed.nothing_is_left)
    assert feed.differences() == []
    assert feed.folded() == store.log.head()


def test_who_does_not_speak_tls_is_told_to(guarded: Settings) -> None:
    with pytest.raises(KafkaUnusable, match="HUIYIN_KAFKA_CA"):
        topic(replace(guarded, kafka_ca=None))
