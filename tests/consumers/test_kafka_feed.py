"""The Kafka feed takes what is new, once and in turn, however it is delivered."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from consumers import wire
from consumers.brokers.topics import Topic
from consumers.feed.delivery import Delivery
from consumers.feed.kafka_feed import KafkaFeed
from domain.case.case import CaseFact
from domain.case.receive import CaseReceived
from domain.fact import Fact
from projections.engine import Fenced
from projections.reading import Stored
from projections.table import Row, Table
from projections.view import View, on
from store import Store
from store.log import Entry
from tests.contract.journeys import (
    MONDAY,
    TRAILS,
    Trail,
    case_id,
    follow,
    journeys,
    record,
)

TOPIC = Topic(wire.CASE_FACTS, UUID(int=0xA), 4)
ANEW = Topic(wire.CASE_FACTS, UUID(int=0xB), 4)
RECORDED = [*journeys(1, 1), *journeys(2, 1)]
ONE, TWO, THREE = RECORDED[:3]


@pytest.fixture
def feed(store: Store) -> KafkaFeed:
    return fed(store, TRAILS)


def fed(store: Store, view: View[Any]) -> KafkaFeed:
    """A feed of a view that began when nothing was recorded."""
    made = KafkaFeed(store, [view], TOPIC, name="trails")
    made.prepare()
    record(store, RECORDED)
    return made


def delivered(offset: int, fact: Fact, *, partition: int = 0) -> Delivery:
    entry = Entry(RECORDED.index(fact) + 1, MONDAY, fact)
    return Delivery(
        partition,
        offset,
        wire.payload(entry),
        wire.key(entry),
        tuple(wire.headers(entry)),
    )


def trail(store: Store, number: int = 1) -> tuple[int, ...]:
    row = Stored(store.pool).get(TRAILS.table, (case_id(number),))
    return row.versions if row else ()


def test_what_was_taken_is_folded_and_the_offset_saved_with_it(
    store: Store, feed: KafkaFeed
) -> None:
    taken = feed.take([delivered(0, ONE), delivered(1, TWO)])

    assert (taken.folded, taken.seen) == (2, 0)
    assert trail(store) == (1, 2)
    assert feed.next_offsets() == {0: 2}


def test_a_second_delivery_of_the_same_offsets_is_skipped(
    store: Store, feed: KafkaFeed
) -> None:
    batch = [delivered(0, ONE), delivered(1, TWO)]
    feed.take(batch)
    taken = feed.take([*batch, delivered(2, THREE)])

    assert (taken.folded, taken.seen) == (1, 2)
    assert trail(store) == (1, 2, 3)
    assert feed.next_offsets() == {0: 3}


def test_a_second_publication_of_the_same_facts_is_skipped(
    store: Store, feed: KafkaFeed
) -> None:
    feed.take([delivered(0, ONE), delivered(1, TWO)])
    taken = feed.take([delivered(2, ONE), delivered(3, TWO), delivered(4, THREE)])

    assert (taken.folded, taken.seen) == (1, 2)
    assert trail(store) == (1, 2, 3)
    assert feed.next_offsets() == {0: 5}


def test_a_fact_that_comes_before_its_turn_is_left_until_it_comes_again(
    store: Store, feed: KafkaFeed
) -> None:
    taken = feed.take([delivered(0, ONE), delivered(1, THREE)])
    assert (taken.folded, taken.early) == (1, 1)
    assert trail(store) == (1,)

    feed.take([delivered(2, TWO), delivered(3, THREE)])
    assert trail(store) == (1, 2, 3)


def test_what_lies_behind_a_gap_in_the_offsets_is_not_taken(
    store: Store, feed: KafkaFeed
) -> None:
    taken = feed.take([delivered(0, ONE), delivered(2, THREE)])

    assert taken.missing == {0: 1}
    assert feed.next_offsets() == {0: 1}
    assert trail(store) == (1,)


def test_a_topic_made_anew_is_read_from_its_beginning(
    store: Store, feed: KafkaFeed
) -> None:
    feed.take([delivered(0, ONE), delivered(1, TWO)])
    anew = KafkaFeed(store, [TRAILS], ANEW, name="trails")
    anew.prepare()
    assert anew.next_offsets() == {}

    anew.take([delivered(0, ONE), delivered(1, TWO), delivered(2, THREE)])
    assert trail(store) == (1, 2, 3)


def test_a_message_that_is_no_fact_is_named_and_passed_over(
    store: Store, feed: KafkaFeed, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        taken = feed.take([delivered(0, ONE), Delivery(0, 1, b"?"), delivered(2, TWO)])

    assert (taken.folded, taken.unreadable) == (2, 1)
    assert "partition 0, offset 1" in caplog.text
    assert trail(store) == (1, 2)


def test_what_the_log_does_not_have_is_no_fact_whatever_it_says(
    store: Store, feed: KafkaFeed
) -> None:
    """Forged, or published before the database was restored from a backup."""
    head = len(RECORDED)
    forged = [
        Entry(head + 1, MONDAY, THREE),  # beyond the log
        Entry(10**18, MONDAY, THREE),
        Entry(head, MONDAY, THREE),  # in the place of another case's
        Entry(2, MONDAY, THREE),  # in the place of another of its case
        Entry(2, MONDAY, ONE.stamped(originator_version=2)),  # of another kind
    ]
    batch = [delivered(0, ONE)]
    batch += [Delivery(0, n, wire.payload(each)) for n, each in enumerate(forged, 1)]
    taken = feed.take([*batch, delivered(6, TWO)])

    assert (taken.folded, taken.unreadable) == (2, 5)
    assert trail(store) == (1, 2)
    with store.pool.connection() as connection:
        noted = connection.execute("SELECT message_offset, reason FROM kafka.unreadable")
        assert {offset for offset, why in noted if "no such fact" in why} == {1, 2, 3, 4, 5}


def test_what_strangers_say_is_neither_kept_nor_logged(
    store: Store, feed: KafkaFeed, caplog: pytest.LogCaptureFixture
) -> None:
    telling = msgspec.json.decode(wire.payload(Entry(1, MONDAY, ONE)))
    typed = msgspec.json.encode(telling | {"type": "13812345678 张三" * 1000})
    headers = (("ce_id", b"13812345678"),)
    feed.take([Delivery(0, 0, typed, "13812345678 张三".encode(), headers)])

    with store.pool.connection() as connection:
        [kept] = connection.execute("SELECT id, key, reason FROM kafka.unreadable")
    assert kept[:2] == ("[11]", "[14]")
    assert "138" not in caplog.text + kept[2]


@pytest.mark.parametrize("claim", [b"2", b"9" * 30, b"-1", b"0", b"two", b"\xff", b""])
def test_no_claim_of_an_unreadable_message_stops_the_feed(
    store: Store, feed: KafkaFeed, claim: bytes
) -> None:
    entry = Entry(2, MONDAY, TWO)
    said = tuple((n, claim if n == "ce_id" else v) for n, v in wire.headers(entry))
    feed.take([delivered(0, ONE), Delivery(0, 1, b"{", wire.key(entry), said)])
    feed.take([delivered(2, TWO)])

    assert feed.next_offsets() == {0: 3}
    assert trail(store) == ((1,) if claim == b"2" else (1, 2))


def test_a_fact_that_no_fold_takes_is_parked_and_the_rest_flows(store: Store) -> None:
    def fussy(row: Trail | None, fact: Any) -> Trail:
        if fact.originator_version == TWO.originator_version:
            raise ValueError("this one is too much")
        return follow(row, fact)

    feed = fed(store, view_of(fussy))
    other = RECORDED[-len(journeys(2, 1)) :]
    feed.take([delivered(0, ONE), delivered(1, TWO), delivered(2, THREE)])
    feed.take([delivered(3 + n, fact) for n, fact in enumerate(other[:1])])

    assert parked(store) == [2, 3]
    assert trail(store) == (1,)
    assert trail(store, 2) == (1,)


def test_a_row_that_its_table_cannot_keep_is_parked_too(store: Store) -> None:
    def with_nul(row: Trail | None, fact: Any) -> Trail:
        made = follow(row, fact)
        bad = fact.originator_version == TWO.originator_version
        return Trail(case_id=made.case_id, holder="\0" if bad else "x", versions=(1,))

    feed = fed(store, view_of(with_nul))
    feed.take([delivered(0, ONE), delivered(1, TWO)])

    assert parked(store) == [2]
    assert feed.next_offsets() == {0: 2}


def test_a_worker_of_another_shape_is_fenced_off(store: Store, feed: KafkaFeed) -> None:
    feed.take([delivered(0, ONE)])
    changed = replace(TRAILS, version=2)
    KafkaFeed(store, [changed], TOPIC, name="trails").prepare()

    with pytest.raises(Fenced):
        feed.take([delivered(1, TWO)])
    assert len(trail(store)) == len(journeys(1, 1))  # as the log has them


def test_preparing_twice_keeps_what_is_there(store: Store, feed: KafkaFeed) -> None:
    feed.take([delivered(0, ONE)])
    feed.prepare()
    assert trail(store) == (1,)


def test_a_view_that_mixes_cases_in_one_row_is_refused(store: Store) -> None:
    by_unit = on(CaseReceived, follow, key=lambda fact: (fact.holder_unit,))
    with pytest.raises(ValueError, match="case by case"):
        KafkaFeed(store, [View(TRAILS.table, "", (by_unit,))], TOPIC, name="units")


def view_of(fold: Any) -> View[Row]:
    table = Table("trails", Trail, ("case_id",))
    return View(table=table, docs="", handlers=(on(CaseFact, fold),))


def parked(store: Store) -> Sequence[int]:
    with store.pool.connection() as connection:
        rows = connection.execute("SELECT position FROM views.parked ORDER BY position")
        return [position for (position,) in rows.fetchall()]
