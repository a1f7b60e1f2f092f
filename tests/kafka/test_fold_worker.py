"""Fold workers come, go, die and begin again; the views bear it."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from consumers.brokers.topics import make_topics
from consumers.feed import fold_worker
from consumers.feed.keeping import Share
from consumers.follower import Follower
from projections.check import check
from projections.engine import Replaced
from projections.ground import standings
from projections.parked import parked, retry
from projections.rebuild import make_ready, rebuild
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import FOLLOWED, until
from tests.contract.journeys import TRAILS, journeys, record
from tests.contract.processes import at_work, to_be_killed
from tests.kafka.test_kafka_feed_contract import KafkaAtWork
from tests.support.kafka import KAFKA_TIER, Brokers
from tests.support.messages import messages

pytestmark = KAFKA_TIER

# Ends the sessions that wait for a lock; a row for each.
BREAK_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


# The same to those that have a share in the views of a feed.
BREAK_SHARES = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND mode = 'ShareLock'"
)


@pytest.fixture
def feed(store: Store, kafka: Settings) -> KafkaAtWork:
    return KafkaAtWork(store, kafka)


def test_workers_that_come_and_go_share_the_partitions(
    feed: KafkaAtWork, kafka: Settings
) -> None:
    with at_work("relay", feed.store, kafka):
        with to_be_killed("fold", kafka):
            with at_work("fold", feed.store, kafka):
                for first in range(1, 101, 20):
                    record(feed.store, journeys(first, 20), at_once=5)
                until(feed.nothing_is_left)
            record(feed.store, journeys(101, 40), at_once=5)
            until(feed.nothing_is_left)  # by the other one, which has all partitions now
            record(feed.store, journeys(141, 40), at_once=5)
        with at_work("fold", feed.store, kafka):
            until(feed.nothing_is_left)
    assert feed.differences() == []


def test_a_relay_killed_in_the_middle_neither_loses_nor_doubles(
    feed: KafkaAtWork, kafka: Settings
) -> None:
    facts = journeys(1, 200)
    with at_work("fold", feed.store, kafka):
        for part in (facts[:500], facts[500:]):
            with to_be_killed("relay", kafka) as kill:
                record(feed.store, part[:100], at_once=10)
                until(lambda: feed.folded() > 0)
                record(feed.store, part[100:], at_once=20)
                kill()
        with at_work("relay", feed.store, kafka):
            until(feed.nothing_is_left)
    assert feed.differences() == []
    assert feed.folded() == len(facts)


def test_a_topic_that_is_wiped_under_their_feet_leads_to_the_same_views(
    feed: KafkaAtWork, kafka: Settings, broker: Brokers
) -> None:
    record(feed.store, journeys(1, 60))
    with feed.running():
        until(feed.nothing_is_left)
        broker.forget_topics()
        record(feed.store, journeys(61, 20))
        make_topics(kafka)
        until(feed.nothing_is_left)
        # What the log has is in the topic again, to the last fact.
        until(lambda: messages(kafka) >= feed.store.log.head())
    assert feed.differences() == []


def test_a_member_whose_connection_broke_begins_again(
    feed: KafkaAtWork, kafka: Settings, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its name and its share in the views went with the connection."""
    with feed.running(), psycopg.connect(dsn, autocommit=True) as admin:
        record(feed.store, journeys(1, 10))
        until(feed.nothing_is_left)
        assert admin.execute(BREAK_SHARES).fetchall()
        until(lambda: "held the name contract-1 broke" in caplog.text)
        record(feed.store, journeys(11, 10))
        until(feed.nothing_is_left)
    caplog.clear()
    assert feed.differences() == []


def test_while_the_broker_is_away_it_waits_and_then_goes_on(
    feed: KafkaAtWork, broker: Brokers
) -> None:
    record(feed.store, journeys(1, 10))
    with feed.running():
        until(feed.nothing_is_left)
        broker.stop()
        record(feed.store, journeys(11, 10))
        broker.start()
        until(feed.nothing_is_left)
    assert feed.differences() == []


def test_a_database_that_breaks_off_is_tried_again(
    feed: KafkaAtWork, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    record(feed.store, journeys(1, 10))
    with feed.running(), psycopg.connect(dsn) as admin:
        until(feed.nothing_is_left)
        admin.execute("LOCK TABLE kafka.streams IN ACCESS EXCLUSIVE MODE")
        record(feed.store, journeys(11, 10))
        until(lambda: admin.execute(BREAK_OFF).fetchone() is not None)
        admin.commit()
        until(feed.nothing_is_left)
    assert "begins again" in caplog.text
    assert feed.differences() == []


def test_views_built_anew_while_workers_run_are_the_fold_of_the_log(
    feed: KafkaAtWork,
) -> None:
    record(feed.store, journeys(1, 100))
    with feed.running():
        for first in (101, 131, 161):
            record(feed.store, journeys(first, 30), at_once=20)
            rebuild(feed.store, FOLLOWED)
        until(feed.nothing_is_left)
    assert feed.differences() == []


def test_a_follower_of_the_log_and_a_worker_never_feed_a_view_at_once(
    feed: KafkaAtWork, kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever comes second waits; when the first goes, it takes over what is there."""
    record(feed.store, journeys(1, 20))
    stop = threading.Event()
    follower = Follower(feed.store, FOLLOWED)
    by_log = threading.Thread(target=follower.run, args=[stop])
    with at_work("relay", feed.store, kafka):
        with at_work("fold", feed.store, kafka):
            until(feed.nothing_is_left)
            by_log.start()
            record(feed.store, journeys(21, 20), at_once=5)
            until(feed.nothing_is_left)
            assert fed_by(feed.store) == {"contract"}
        until(lambda: fed_by(feed.store) == {"log"})
        record(feed.store, journeys(41, 20))
        until(feed.nothing_is_left)
        with at_work("fold", feed.store, kafka):
            until(lambda: "without HUIYIN_KAFKA" in caplog.text)
            record(feed.store, journeys(61, 20), at_once=5)
            stop.set()
            by_log.join()
            until(lambda: fed_by(feed.store) == {"contract"})
            until(feed.nothing_is_left)
    assert feed.differences() == []


def test_views_taken_from_a_worker_that_lost_its_share_come_back_to_it(
    feed: KafkaAtWork, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    record(feed.store, journeys(1, 20))
    stop = threading.Event()
    by_log = threading.Thread(target=Follower(feed.store, FOLLOWED).run, args=[stop])
    with feed.running(), psycopg.connect(dsn, autocommit=True) as admin:
        until(feed.nothing_is_left)
        by_log.start()

        def taken_away() -> bool:
            admin.execute(BREAK_SHARES)
            return fed_by(feed.store) == {"log"}

        until(taken_away)
        record(feed.store, journeys(21, 20))
        until(lambda: "without HUIYIN_KAFKA" in caplog.text)
        stop.set()
        by_log.join()
        until(lambda: fed_by(feed.store) == {"contract"})
        record(feed.store, journeys(41, 20))
        until(feed.nothing_is_left)
    caplog.clear()
    assert feed.differences() == []


def test_a_worker_of_an_older_version_stops_when_the_views_are_no_longer_its_own(
    feed: KafkaAtWork, kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    ended: list[BaseException] = []

    def older() -> None:
        try:
            fold_worker.run(feed.store, kafka, stop, views=FOLLOWED, feed="contract")
        except Replaced as why:
            ended.append(why)

    thread = threading.Thread(target=older)
    thread.start()
    with at_work("relay", feed.store, kafka), caplog.at_level(logging.CRITICAL):
        record(feed.store, journeys(1, 5))
        until(feed.nothing_is_left)
        rebuild(feed.store, [replace(TRAILS, version=2)])
        record(feed.store, journeys(6, 5))
        thread.join(60)
        stop.set()
    thread.join()
    assert len(ended) == 1


def test_one_that_begins_again_does_not_build_over_another_version(
    store: Store, kafka: Settings
) -> None:
    share = Share(store, kafka, "contract", FOLLOWED)
    with share.taken():
        assert fed_by(store) == {"contract"}
    rebuild(store, [replace(TRAILS, version=2)])
    with pytest.raises(Replaced, match="another program"), share.taken():
        pass
    with Share(store, kafka, "contract", FOLLOWED).taken():  # in a process started later
        assert check(store, FOLLOWED).sound


def test_a_fact_that_no_fold_takes_waits_with_its_case_and_is_folded_after_the_mend(
    store: Store, kafka: Settings
) -> None:
    broken = {"yes": True}
    poison = journeys(1, 30)[40]

    def fussy(row: Any, fact: Any) -> Any:
        if broken["yes"] and fact.command_id == poison.command_id:
            raise ValueError("this one is too much")
        return TRAILS.handlers[0].fold(row, fact)

    views = (replace(TRAILS, handlers=(replace(TRAILS.handlers[0], fold=fussy),)),)
    make_ready(store, views)
    stop = threading.Event()
    worker = threading.Thread(
        target=fold_worker.run, args=(store, kafka, stop), kwargs={"views": views}
    )
    worker.start()
    facts = journeys(1, 30)
    try:
        with at_work("relay", store, kafka):
            record(store, facts)
            until(lambda: stands(store) == store.log.head())
    finally:
        stop.set()
        worker.join()
    waiting = [p.position for p in parked(store.pool, views)]
    assert waiting == [
        n
        for n, fact in enumerate(facts, start=1)
        if fact.originator_id == poison.originator_id
        and fact.originator_version >= poison.originator_version
    ]
    broken["yes"] = False
    assert retry(store, views[0]) == []
    assert check(store, [TRAILS]).sound


def fed_by(store: Store) -> set[str]:
    with store.pool.connection() as connection:
        stands = standings(connection)
    return {stands[view.name].feed for view in FOLLOWED}


def stands(store: Store) -> int:
    with store.pool.connection() as connection:
        return standings(connection)[TRAILS.name].position
