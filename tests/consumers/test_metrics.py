"""What Prometheus is told: of the views, of Kafka, of this process, of a lost database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from consumers import metrics
from consumers.follower import Follower
from consumers.wire import CASE_FACTS
from store import Store, open_store
from store.settings import Settings
from tests.consumers.test_follower import until
from tests.projections.sagas import VIEWS, dispatched, reassigned, received
from tests.projections.telling import record, versioned
from tests.projections.test_rebuild import in_the_background
from tests.support.proxy import Wire
from tests.support.timekeeping import hotline_on

TOPIC, EARLIER = UUID(int=1), UUID(int=2)
FED_BY_KAFKA: LiteralString = """
    UPDATE views.positions SET feed = 'kafka-views', position = 1 WHERE view = 'sagas'"""
WAITING: LiteralString = """
    INSERT INTO signals.raised (id, kind, key, at, since, until, n, position, last_at,
        peak, policy, sent_position, refused)
    SELECT gen_random_uuid(), 'stall', '', now(), now(), now(), 1, 1, now(), 1, '', *
    FROM (VALUES (NULL::bigint, NULL::text), (NULL, NULL), (7, NULL), (NULL, 'no')) AS v"""


def told(store: Store) -> dict[str, float]:
    """A scrape: the value of each sample by its name and the values of its labels."""
    text = generate_latest(metrics.registry(store)).decode()
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def said(store: Store, statement: LiteralString, *rows: tuple[Any, ...]) -> None:
    with store.pool.connection() as connection, connection.cursor() as cursor:
        cursor.executemany(statement, rows or [()])


@pytest.fixture
def with_kafka(dsn: str, settings: Settings) -> Iterator[Store]:
    with open_store(dsn, replace(settings, kafka="127.0.0.1:1")) as opened:
        yield opened


def test_a_view_lags_by_the_facts_that_it_has_not_folded(store: Store) -> None:
    follower = Follower(store, VIEWS)
    record(store, versioned([(1, received())]))
    follower.catch_up()
    record(store, versioned([(2, received()), (2, dispatched("A"))]))
    behind = told(store)
    assert (behind["huiyin_up"], behind["huiyin_log_facts_total"]) == (1, 3)
    assert behind["huiyin_view_lag_facts log sagas"] == 2
    assert behind["huiyin_view_lag_facts log repetitions"] == 2
    follower.catch_up()
    assert told(store)["huiyin_view_lag_facts log sagas"] == 0


def test_parked_facts_are_counted_by_view(store: Store) -> None:
    follower = Follower(store, VIEWS)
    record(store, versioned([(1, received()), (1, reassigned("poison")), (1, received())]))
    follower.catch_up()
    found = told(store)
    assert found["huiyin_parked_facts sagas"] == 2
    assert found["huiyin_parked_facts repetitions"] == 0


def test_the_relay_and_a_feed_lag_by_what_is_not_published_and_not_taken(
    with_kafka: Store,
) -> None:
    store = with_kafka
    record(store, versioned([(1, received()), (2, received()), (3, received())]))
    Follower(store, VIEWS).catch_up()
    said(store, FED_BY_KAFKA)
    # The topic was made anew: what was published to the earlier one is of no account.
    said(
        store,
        "INSERT INTO kafka.relayed VALUES (%s, %s, %s, %s, %s)",
        (EARLIER, CASE_FACTS, 3, "a", datetime(2026, 1, 1, tzinfo=UTC)),
        (TOPIC, CASE_FACTS, 2, "b", datetime(2026, 1, 2, tzinfo=UTC)),
    )
    said(
        store,
        "INSERT INTO kafka.marks VALUES (%s, %s, %s)",
        (EARLIER, 3, [90, 90]),
        (TOPIC, 1, [1, 0]),
        (TOPIC, 2, [5, 4]),
    )
    said(
        store,
        "INSERT INTO kafka.offsets VALUES (%s, %s, %s, %s)",
        ("kafka-views", EARLIER, 1, 9),
        ("kafka-views", TOPIC, 0, 3),
        ("another", TOPIC, 1, 4),
    )
    said(
        store,
        "INSERT INTO kafka.unreadable (feed, topic_id, partition, message_offset, reason)"
        " VALUES (%s, %s, %s, %s, %s)",
        ("kafka-views", TOPIC, 0, 2, "no JSON"),
    )
    said(store, "INSERT INTO kafka.early VALUES (%s, %s, 3)", ("kafka-views", UUID(int=3)))
    found = told(store)
    assert found["huiyin_feed_waiting_cases kafka-views"] == 1
    assert found["huiyin_relay_lag_facts"] == 1
    assert found["huiyin_feed_lag_messages kafka-views"] == 2 + 4
    assert found["huiyin_view_lag_facts kafka-views sagas"] == 2
    assert found["huiyin_view_lag_facts log repetitions"] == 0
    assert found["huiyin_unreadable_messages kafka-views"] == 1


def test_a_kafka_that_was_switched_off_does_not_lag_behind_for_ever(store: Store) -> None:
    record(store, versioned([(1, received())]))
    said(
        store,
        "INSERT INTO kafka.relayed VALUES (%s, %s, 0, 'a', now())",
        (TOPIC, CASE_FACTS),
    )
    assert "huiyin_relay_lag_facts" not in told(store)


def test_signals_that_are_no_alert_yet_and_refused_commands_are_counted(
    store: Store,
) -> None:
    said(store, WAITING)
    for _ in range(3):
        store.refusals.record("role_may_not", "dispatch", "agent", None, None)
    found = told(store)
    assert found["huiyin_alerts_unsent"] == 2
    assert found["huiyin_commands_refused_total"] == 3


def test_batches_are_counted_with_their_size_and_time_by_feed(store: Store) -> None:
    metrics.batch("a feed", 40, 0.03)
    metrics.batch("a feed", 700, 0.2)
    found = told(store)
    assert found["huiyin_batch_facts_count a feed"] == 2
    assert found["huiyin_batch_facts_sum a feed"] == 740
    assert found["huiyin_batch_facts_bucket a feed 50.0"] == 1
    assert found["huiyin_batch_duration_seconds_sum a feed"] == pytest.approx(0.23)


def test_who_leads_says_so_until_it_leads_no_longer(store: Store) -> None:
    metrics.leading("relay", leads=True)
    assert told(store)["huiyin_leader relay"] == 1
    metrics.leading("relay", leads=False)
    assert told(store)["huiyin_leader relay"] == 0


def test_the_timekeeper_tells_what_it_served_and_when_it_looked(
    dsn: str, tmp_path: Path
) -> None:
    with hotline_on(dsn, tmp_path) as hotline:
        hotline.found()
        hotline.receive(1, 2)
        before = told(hotline.store)
        assert "huiyin_timekeeper_last_scan_timestamp_seconds" not in before
        hotline.clock.at = hotline.clock.at.replace(hour=23)
        keeper = hotline.timekeeper()
        with in_the_background(hotline.follower.run, keeper.run):
            until(lambda: keeper.health().served >= 2)
            until(
                lambda: (
                    "huiyin_timekeeper_last_scan_timestamp_seconds" in told(hotline.store)
                )
            )
        after = told(hotline.store)
        served = "huiyin_timekeeper_commands_total"
        assert after[served] - before[served] == keeper.health().served
        assert after["huiyin_timekeeper_failing_cases"] == 0
        batches = "huiyin_batch_facts_count timekeeper"
        assert after[batches] > before.get(batches, 0)


def test_a_scrape_says_that_the_database_is_away_and_tells_the_rest(
    dsn: str, tmp_path: Path
) -> None:
    metrics.batch("another feed", 1, 0.01)
    with Wire(dsn) as wire:
        settings = Settings(home=tmp_path, database_url=wire.dsn)
        with open_store(wire.dsn, settings) as store:
            assert told(store)["huiyin_up"] == 1
            wire.__exit__()
            found = told(store)
            assert found["huiyin_up"] == 0
            assert found["huiyin_batch_facts_count another feed"] == 1
            assert "huiyin_log_facts_total" not in found


def test_names_are_as_prometheus_has_them(store: Store) -> None:
    text = generate_latest(metrics.registry(store)).decode()
    for family in text_string_to_metric_families(text):
        assert family.name.startswith(("huiyin_", "process_")), family.name
        assert family.documentation, family.name
        assert family.name == family.name.lower()
        units = ("_ms", "_milliseconds", "_minutes", "_kilobytes", "_percent")
        assert not family.name.endswith(units), family.name
