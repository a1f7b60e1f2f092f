"""Reading: in order, by stream, and as the log stood at a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from store import Store
from store.log import Entry, Log
from tests.store.diary import NOON, begun, note, write

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def told(store: Store) -> Store:
    """Two streams interleaved; the last fact says it happened before those it rests on."""
    write(store, begun(ONE, ONE))
    write(store, note(OTHER, 1), note(OTHER, 2))
    write(store, note(ONE, 2), note(ONE, 3, occurred_at=NOON - timedelta(days=900)))
    return store


def places(entries: list[Entry]) -> list[tuple[int, int]]:
    return [(each.position, each.fact.originator_version) for each in entries]


def test_an_empty_log_has_nothing_anywhere(store: Store) -> None:
    assert store.log.head() == 0
    assert store.log.known_at(datetime.now(UTC)) == 0
    assert store.log.read(0, 10) == store.log.stream(ONE) == []
    assert list(store.log.scan()) == list(store.log.by_stream()) == []
    assert list(store.log.happened_by(NOON)) == []


def test_reading_goes_on_behind_a_position(told: Store) -> None:
    assert places(told.log.read(0, 2)) == [(1, 1), (2, 1)]
    assert places(told.log.read(2, 100)) == [(3, 2), (4, 2), (5, 3)]
    assert told.log.read(5, 100) == []


def test_reading_may_be_limited_to_topics(told: Store) -> None:
    beginnings = told.log.read(0, 10, topics=["diary.begun", "diary.unknown"])
    assert places(beginnings) == [(1, 1)]
    assert places(told.log.read(1, 2, topics=["diary.note_written"])) == [(2, 1), (3, 2)]


def test_a_stream_is_read_in_order_and_up_to_a_position(told: Store) -> None:
    assert places(told.log.stream(ONE)) == [(1, 1), (4, 2), (5, 3)]
    assert places(told.log.stream(ONE, upto_position=4)) == [(1, 1), (4, 2)]


def test_a_scan_ends_at_the_position_given_or_at_todays_head(told: Store) -> None:
    assert [each.position for each in told.log.scan(upto=3)] == [1, 2, 3]
    running = told.log.scan()
    first = next(running)
    write(told, note(ONE, 4))
    assert [first.position, *(each.position for each in running)] == [1, 2, 3, 4, 5]


def test_a_scan_goes_over_many_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.log.PAGE", 7)
    write(store, *(note(ONE, version) for version in range(1, 31)))
    assert [each.position for each in store.log.scan()] == list(range(1, 31))
    assert [each.position for each in store.log.by_stream()] == list(range(1, 31))
    assert len(list(store.log.happened_by(NOON + timedelta(minutes=20)))) == 20


def test_whole_streams_come_one_after_the_other(told: Store) -> None:
    assert places(list(told.log.by_stream())) == [(1, 1), (4, 2), (5, 3), (2, 1), (3, 2)]
    assert places(list(told.log.by_stream(upto=4))) == [(1, 1), (4, 2), (2, 1), (3, 2)]


def happened(log: Log, minutes: int, upto: int | None = None) -> list[int]:
    moment = NOON + timedelta(minutes=minutes)
    return [each.position for each in log.happened_by(moment, upto)]


def test_what_had_happened_comes_in_the_order_of_occurrence(store: Store) -> None:
    write(store, note(ONE, 1, occurred_at=NOON + timedelta(minutes=9)))
    write(store, note(OTHER, 1, occurred_at=NOON + timedelta(minutes=3)))
    write(store, note(OTHER, 2, occurred_at=NOON + timedelta(minutes=9)))
    assert happened(store.log, 8) == [2]
    assert happened(store.log, 9) == [2, 1, 3]
    assert happened(store.log, 9, upto=2) == [2, 1]


def test_a_stream_whose_times_fall_keeps_its_own_order(told: Store) -> None:
    """Its last fact counts from when the one before it had happened."""
    assert happened(told.log, 1) == [1, 2]
    assert happened(told.log, 2) == [1, 2, 3, 4, 5]
    assert happened(told.log, 2, upto=4) == [1, 2, 3, 4]


def test_a_reader_that_leaves_in_the_middle_gives_its_connection_back(told: Store) -> None:
    for _ in range(60):  # more than the pool has
        entries = told.log.by_stream()
        next(entries)
        entries.close()  # type: ignore[attr-defined]
    assert told.log.head() == 5


def test_what_was_known_at_a_moment_ends_at_its_last_position(told: Store) -> None:
    entries = told.log.read(0, 10)
    moments = sorted({each.recorded_at for each in entries})
    assert len(moments) == 3  # one a request
    assert [told.log.known_at(moment) for moment in moments] == [1, 3, 5]
    before = moments[0] - timedelta(microseconds=1)
    assert told.log.known_at(before) == 0
    assert told.log.known_at(moments[1] - timedelta(microseconds=1)) == 1
    assert told.log.known_at(datetime.now(UTC) + timedelta(days=1)) == 5


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(-1, 40))
def test_known_at_finds_the_last_of_any_times_that_never_fall(
    steps: list[int], second: int
) -> None:
    times, at = [], 0
    for step in steps:
        at += step
        times.append(at)
    # The same halving as the query, on a list.
    lo, hi = 0, len(times)
    while lo < hi:
        mid = (lo + hi + 1) // 2
        lo, hi = (mid, hi) if times[mid - 1] <= second else (lo, mid - 1)
    assert lo == sum(1 for each in times if each <= second)


def test_a_fact_that_cannot_be_read_is_named_by_its_position(told: Store) -> None:
    stream = uuid4()
    told.recorder.insert_events([StoredEvent(stream, 1, "diary.from_the_future", b"{}")])
    reads: list[Callable[[], list[Entry]]] = [
        lambda: told.log.read(0, 10),
        lambda: told.log.stream(stream),
        lambda: list(told.log.scan()),
        lambda: list(told.log.by_stream()),
    ]
    for read in reads:
        with pytest.raises(
            MapperDeserialisationError, match=rf"position 6: .*; stream {stream}"
        ):
            read()
    assert len(told.log.read(0, 5)) == 5


def test_times_are_utc_whatever_the_server_thinks(told: Store, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        name = owner.info.dbname
        owner.execute(f"ALTER DATABASE {name} SET timezone TO 'Asia/Shanghai'".encode())
    told.pool.close()
    with psycopg.connect(told.dsn) as fresh:
        assert fresh.execute("SHOW timezone").fetchone() == ("UTC",)
