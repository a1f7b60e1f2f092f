"""The relay on a real broker: one leads, all facts of cases come out, none is lost."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest

from consumers import wire
from consumers.brokers.clients import access, client
from consumers.brokers.topics import INTAKE, make_topics, topic
from consumers.relay import relay
from consumers.relay.marks import Deposed
from domain.fact import Fact
from domain.organisation.open_unit import UnitOpened
from domain.organisation.organisation import ORGANISATION_ID
from projections.ground import make_ground
from store import Store
from store.mapper import StoredFact
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


def leader(store: Store) -> str | None:
    with store.pool.connection() as connection:
        row = connection.execute("SELECT leader FROM kafka.relayed").fetchone()
    return row[0] if row else None


def marks(store: Store, settings: Settings) -> list[tuple[int, list[int]]]:
    """The marks of the topic as it stands."""
    with store.pool.connection() as connection:
        return connection.execute(
            "SELECT position, ends FROM kafka.marks WHERE topic_id = %s",
            [topic(settings).topic_id],
        ).fetchall()


def holds(store: Store, settings: Settings) -> bool:
    """Whether everything up to each mark is in the topic before its ends."""
    first: dict[int, tuple[int, int]] = {}
    for message in messages(settings):
        position = wire.entry(message.value).position
        first.setdefault(position, (message.partition, message.offset))
    travels = {e.position for e in store.log.scan() if wire.travels(e.fact)}
    return all(
        first[p][1] < ends[first[p][0]]
        for position, ends in marks(store, settings)
        for p in travels
        if p <= position
    )


def messages(settings: Settings) -> list[Any]:
    """Every message of the topic as it stands, partition by partition."""
    kafka = client("kafka")
    consumer = kafka.KafkaConsumer(**access(settings))
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


@pytest.mark.parametrize("meanwhile", ["idle", "stopped"])
def test_a_topic_that_was_made_anew_is_published_again_from_the_log(
    meanwhile: str, store: Store, kafka: Settings, broker: Brokers
) -> None:
    record(store, journeys(1, 5))
    with ExitStack() as first:
        first.enter_context(at_work("relay", store, kafka))
        until(lambda: relayed(store) == store.log.head())
        if meanwhile == "stopped":
            first.close()
        broker.forget_topics()
        make_topics(kafka)
        if meanwhile == "stopped":
            first.enter_context(at_work("relay", store, kafka))
        until(lambda: len(messages(kafka)) == store.log.head())
    assert holds(store, kafka)


def test_what_is_marked_is_in_the_topic(store: Store, kafka: Settings) -> None:
    with at_work("relay", store, kafka):
        record(store, [other_fact()])
        for first in range(1, 81, 20):
            record(store, journeys(first, 20), at_once=7)
            until(lambda: relayed(store) == store.log.head())
    with at_work("relay", store, kafka):
        record(store, journeys(81, 5))
        until(lambda: relayed(store) == store.log.head())

    assert len(marks(store, kafka)) > 4
    assert holds(store, kafka)


def test_without_marks_of_old_the_first_one_covers_what_was_published_before(
    store: Store, kafka: Settings
) -> None:
    record(store, journeys(1, 20))
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == store.log.head())
    with store.pool.connection() as connection:
        connection.execute("DELETE FROM kafka.marks")
    with at_work("relay", store, kafka):
        record(store, journeys(21, 1))
        until(lambda: relayed(store) == store.log.head())

    assert marks(store, kafka)
    assert holds(store, kafka)


def test_whoever_leads_is_known_by_name_and_since_when(
    store: Store, kafka: Settings
) -> None:
    with at_work("relay", store, kafka):
        until(lambda: leader(store) is not None)
        assert leader(store) == f"{socket.gethostname()}:{os.getpid()}"


def test_told_to_stop_in_the_middle_it_has_published_nothing_twice(
    store: Store, kafka: Settings
) -> None:
    facts = journeys(1, 2_000)
    record(store, facts)
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) > 0)
    assert relayed(store) < len(facts)
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == len(facts))
    positions = [wire.entry(message.value).position for message in messages(kafka)]
    assert sorted(positions) == [*range(1, len(facts) + 1)]


def test_a_message_says_when_it_was_recorded_and_lies_where_any_client_would_look(
    store: Store, kafka: Settings
) -> None:
    record(store, journeys(1, 30))
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == store.log.head())
    found = messages(kafka)
    producer = client("kafka").KafkaProducer(**access(kafka))
    chosen = [producer.send(INTAKE, b"", key=message.key) for message in found]
    for message, choice in zip(found, chosen, strict=True):
        entry = wire.entry(message.value)
        assert message.timestamp == int(entry.recorded_at.timestamp() * 1000)
        assert message.partition == choice.get(timeout=30).partition
    producer.close()


def test_facts_before_one_that_this_program_does_not_know_still_go_out(
    store: Store, kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    record(store, journeys(1, 5))
    known = store.log.head()
    later = StoredFact(UUID(int=1), 1, "case.later", b"{}", occurred_at=MONDAY)
    store.recorder.insert_events([later])
    with at_work("relay", store, kafka):
        until(lambda: "case.later" in caplog.text)
    assert relayed(store) == known
    assert len(messages(kafka)) == known


def test_facts_that_are_not_about_cases_stay_and_do_not_hold_it_up(
    store: Store, kafka: Settings
) -> None:
    record(store, [other_fact(), *journeys(1, 3)])
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == store.log.head())
    assert len(messages(kafka)) == store.log.head() - 1


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
