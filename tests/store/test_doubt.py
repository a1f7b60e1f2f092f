"""When the answer to a commit is lost, the fact is neither lost nor written twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from domain.desk import Answer, Voiced
from store import Store
from store.writer import Writer
from tests.store.diary import note, positions, stored
from tests.support.proxy import Wire

LONG = 20.0  # seconds; a test that waits that long has failed


@pytest.fixture
def wire(store: Store) -> Iterator[Wire]:
    with Wire(store.dsn) as opened:
        yield opened


@pytest.fixture
def writer(store: Store, wire: Wire) -> Iterator[Writer]:
    """A writer behind the wire, its statement already prepared."""
    opened = Writer(wire.dsn, lambda _: None)
    opened.append([event(store)], [Voiced(uuid4(), b"body")])
    yield opened
    opened.close()


def event(store: Store) -> StoredEvent:
    return stored(note(uuid4(), 1), store)


def test_a_lost_answer_is_found_out_and_acknowledged(
    store: Store, wire: Wire, writer: Writer
) -> None:
    fact, command = event(store), Voiced(uuid4(), b"body")
    wire.cut_answers = 1
    assert writer.append([fact], [command]) == [2]
    assert positions(store) == [1, 2]
    assert store.ledger.find(command) == Answer(fact.originator_id, 1, 2)  # type: ignore[arg-type]


def test_a_lost_request_is_sent_again(store: Store, wire: Wire, writer: Writer) -> None:
    wire.cut_requests = 1
    assert writer.append([event(store)], [Voiced(uuid4(), b"")]) == [2]
    assert positions(store) == [1, 2]


def test_every_request_of_a_lost_batch_gets_its_own_positions(
    store: Store, wire: Wire
) -> None:
    busy, go_on = Event(), Event()

    def hold(_: int) -> None:
        busy.set()
        go_on.wait(LONG)

    writer = Writer(wire.dsn, hold)
    facts = [[event(store) for _ in range(count)] for count in (1, 2, 3)]
    with ThreadPoolExecutor(4) as pool:
        pool.submit(writer.append, [event(store)], [Voiced(uuid4(), b"")])
        assert busy.wait(LONG)
        # While the writer is busy, these queue up: they are its next batch.
        waiting = [
            pool.submit(writer.append, each, [Voiced(uuid4(), b"")]) for each in facts
        ]
        while len(writer._queue) < len(facts):
            sleep(0.01)
        wire.cut_answers = 1
        go_on.set()
        told = [each.result(LONG) for each in waiting]
    writer.close()
    assert wire.cut_answers == 0
    assert sorted(position for each in told for position in each) == [2, 3, 4, 5, 6, 7]
    stored_at = {entry.position: entry.fact.originator_id for entry in store.log.scan()}
    assert [stored_at[place] for each in told for place in each] == [
        fact.originator_id for each in facts for fact in each
    ]
    assert sorted(stored_at) == list(range(1, 8))


def test_a_commit_that_arrives_after_the_retry_has_looked_is_not_doubled(
    dsn: str, store: Store, wire: Wire, writer: Writer
) -> None:
    """The old session still waits for the head when the new one looks, and then wins it."""
    fact = event(store)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(dsn) as blocker:
        hold_the_head(blocker)
        waiting = pool.submit(writer.append, [fact], [Voiced(uuid4(), b"")])
        until_waiting(dsn, sessions=1)
        wire.hang_up()
        until_waiting(dsn, sessions=2)
        blocker.rollback()
        assert waiting.result() == [2]
    assert positions(store) == [1, 2]


def test_a_doubtful_request_whose_place_somebody_else_took_is_a_conflict(
    dsn: str, store: Store, wire: Wire, writer: Writer
) -> None:
    stream = uuid4()
    with ThreadPoolExecutor(2) as pool, psycopg.connect(dsn) as blocker:
        hold_the_head(blocker)
        other = pool.submit(
            store.recorder.insert_events, [stored(note(stream, 1, "other"), store)]
        )
        until_waiting(dsn, sessions=1)
        wire.cut_requests = 1
        mine = pool.submit(writer.append, [stored(note(stream, 1, "mine"), store)], [])
        until_waiting(dsn, sessions=2)
        blocker.rollback()
        assert other.result() == [2]
        with pytest.raises(IntegrityError):
            mine.result()
    assert positions(store) == [1, 2]


def test_a_database_that_stays_away_is_said_so_in_the_end(
    store: Store, wire: Wire, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.writer.PATIENCE_SECONDS", 0.3)
    fact, command = event(store), Voiced(uuid4(), b"body")
    wire.cut_requests = 1_000_000
    with pytest.raises(OperationalError, match="outcome unknown"):
        writer.append([fact], [command])
    wire.cut_requests = 0
    assert store.ledger.find(command) is None
    assert writer.append([fact], [command]) == [2]


def hold_the_head(connection: psycopg.Connection) -> None:
    """Make every append wait. The application may not lock the row, but its owner can."""
    connection.execute("SELECT FROM log.head FOR UPDATE")


def until_waiting(dsn: str, sessions: int) -> None:
    """Return when that many sessions wait for the head."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database() AND query LIKE '%log.append%'"
    )
    with psycopg.connect(dsn, autocommit=True) as owner:
        while owner.execute(query.encode()).fetchone() != (sessions,):
            sleep(0.01)
