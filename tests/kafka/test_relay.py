"""The relay on a real broker: one leads, all facts of cases come out, none is lost."""

from __future__ import annotations

from contextlib import ExitStack
from importlib import import_module
from typing import Any

import pytest

from consumers import relay, wire
from consumers.brokers import make_topics, topic
from consumers.marks import Deposed
from domain.fact import Fact
from domain.organisation.open_unit import UnitOpened
from domain.organisation.organisation import ORGANISATION_ID
from projections.ground import make_ground
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import MONDAY, journeys, record
from tests.contract.processes import at_work
from tests.support.kafka import KAFKA_TIER, Brokers

pytestmark = KAFKA_TIER


def relayed(store: Store) -> int:
    """Up to which position the relay has been acknowledged."""
    with store.pool.connection() as connection:
        row = connection.execute(
            "SELECT position FROM kafka.relayed ORDER BY position DESC LIMIT 1"
        ).fetchone()
    return int(row[0]) if row else 0


def messages(settings: Settings) -> list[Any]:
    """Every message of the topic as it stands, partition by partition."""
    kafka = import_module("kafka")
    consumer = kafka.KafkaConsumer(bootstrap_servers=settings.kafka)
    try:
        name = topic(settings).name
        parts = [kafka.TopicPartition(name, p) for p in consumer.partitions_for_topic(name)]
        consumer.assign(parts)
        consumer.seek_to_beginning()
        left = consumer.end_offsets(parts)
        found: list[Any] = []
        while any(consumer.position(part) < left[part] for part in parts):
            for records in consumer.poll(timeout_ms=500).values():
                found.extend(records)
    finally:
        consumer.close()
    return found


def test_every_fact_of_a_case_is_published_in_the_order_of_its_case(
    store: Store, kafka: Settings
) -> None:
    facts = journeys(1, 40)
    record(store, facts)
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == len(facts))

    found = messages(kafka)
    positions = sorted(wire.entry(message.value).position for message in found)
    assert positions == [*range(1, len(facts) + 1)]
    by_case: dict[bytes, list[int]] = {}
    for message in found:
        by_case.setdefault(message.key, []).append(wire.entry(message.value).position)
        assert dict(message.headers)["ce_id"] == str(by_case[message.key][-1]).encode()
    assert len(by_case) == 40
    assert all(positions == sorted(positions) for positions in by_case.values())


def test_what_is_recorded_while_it_runs_goes_out_too(store: Store, kafka: Settings) -> None:
    record(store, journeys(1, 5))
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == store.log.head())
        record(store, journeys(6, 5))
        until(lambda: relayed(store) == store.log.head())

    assert len(messages(kafka)) == store.log.head()


def test_of_several_relays_one_publishes_and_another_takes_over(
    store: Store, kafka: Settings
) -> None:
    record(store, journeys(1, 10))
    with ExitStack() as first, ExitStack() as others:
        first.enter_context(at_work("relay", store, kafka))
        until(lambda: relayed(store) == store.log.head())
        others.enter_context(at_work("relay", store, kafka))
        others.enter_context(at_work("relay", store, kafka))
        first.close()
        record(store, journeys(11, 10))
        until(lambda: relayed(store) == store.log.head())

    assert len(messages(kafka)) == store.log.head()


def test_a_relay_whose_position_was_moved_by_another_leads_no_longer(
    store: Store, kafka: Settings
) -> None:
    record(store, journeys(1, 5))
    with relay.leadership(store.dsn) as leader, relay.leadership(store.dsn) as second:
        assert leader is not None
        assert second is None
        make_ground(leader)
        target = topic(kafka)
        mine = relay.Relay(store, kafka, leader)
        assert mine.begin(target) == 0
        mine.save(target, 3, [0] * target.partitions)
        leader.execute("UPDATE kafka.relayed SET position = 4")
        with pytest.raises(Deposed):
            mine.save(target, 5, [0] * target.partitions)
    assert relayed(store) == 4


def test_a_topic_that_was_deleted_is_published_again_from_the_log(
    store: Store, kafka: Settings, broker: Brokers
) -> None:
    record(store, journeys(1, 5))
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == store.log.head())
    broker.forget_topics()
    make_topics(kafka)
    before = topic(kafka).topic_id

    with at_work("relay", store, kafka):
        until(lambda: len(messages(kafka)) == store.log.head())
    assert topic(kafka).topic_id == before


def test_facts_that_are_not_about_cases_stay_and_do_not_hold_it_up(
    store: Store, kafka: Settings
) -> None:
    record(store, [other_fact(), *journeys(1, 3)])
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == store.log.head())
    assert len(messages(kafka)) == store.log.head() - 1


def test_while_the_broker_is_away_facts_are_recorded_and_go_out_later(
    store: Store, kafka: Settings, broker: Brokers, caplog: pytest.LogCaptureFixture
) -> None:
    record(store, journeys(1, 5))
    with at_work("relay", store, kafka) as thread:
        until(lambda: relayed(store) == store.log.head())
        broker.stop()
        record(store, journeys(6, 5))
        until(lambda: "does the broker run" in caplog.text)
        broker.start()
        until(lambda: relayed(store) == store.log.head())
        assert thread.is_alive()
    caplog.clear()  # its records hold on to sockets
    positions = {wire.entry(m.value).position for m in messages(kafka)}
    assert positions == {*range(1, store.log.head() + 1)}


def other_fact() -> Fact:
    """One about the organisation."""
    return UnitOpened(
        unit="chifeng",
        name="赤峰",
        block="supply",
        kind="city",
        parent=None,
        effective_from=MONDAY,
    ).stamped(originator_id=ORGANISATION_ID, originator_version=1, occurred_at=MONDAY)
