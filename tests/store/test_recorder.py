"""What is acknowledged is stored, once, in one gapless order, whoever else writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from domain.desk import Answer, Voiced
from store import Store, open_store
from store.bulk import VoicedAmong
from store.settings import Settings
from store.writer import Request, Writer
from tests.store.diary import note, positions, stored, write

WRITERS = 8


def together(work: Callable[[int], Any], times: int = WRITERS) -> list[Any]:
    """Run ``work(0)``, ``work(1)``, ... in threads that start at once."""
    start = Barrier(times)

    def run(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_racing_writers_store_exactly_what_was_acknowledged(
    store: Store, dsn: str, settings: Settings
) -> None:
    streams = [uuid4() for _ in range(5)]
    with open_store(dsn, settings) as other:

        def race(number: int) -> list[tuple[UUID, int, int]]:
            """Append to random streams at the version believed next, half of it in vain."""
            mine, dice = (store, other)[number % 2], Random(number)  # noqa: S311
            acknowledged = []
            for _ in range(60):
                stream = dice.choice(streams)
                version = len(mine.log.stream(stream)) + 1
                try:
                    (position,) = write(mine, note(stream, version), command=uuid4())
                except IntegrityError:
                    continue
                acknowledged.append((stream, version, position))
            return acknowledged

        acknowledged = [each for one in together(race) for each in one]

    found = [
        (entry.fact.originator_id, entry.fact.originator_version, entry.position)
        for entry in store.log.scan()
    ]
    assert sorted(acknowledged) == sorted(found)
    assert [position for _, _, position in found] == list(range(1, len(found) + 1))
    for stream in streams:
        versions = [version for each, version, _ in found if each == stream]
        assert versions == list(range(1, len(versions) + 1))
    assert store.log.head() == len(found)


def test_of_two_who_append_the_same_version_one_wins(store: Store) -> None:
    for _ in range(20):
        stream = uuid4()

        def append(number: int, stream: UUID = stream) -> str:
            try:
                write(store, note(stream, 1, f"by {number}"))
            except IntegrityError:
                return "refused"
            return "stored"

        outcomes = Counter(together(append))
        assert outcomes == {"stored": 1, "refused": WRITERS - 1}
    assert positions(store) == list(range(1, 21))


def test_of_two_with_the_same_command_id_one_wins(store: Store) -> None:
    command = uuid4()

    def append(_: int) -> str:
        try:
            write(store, note(uuid4(), 1), command=command)
        except IntegrityError:
            return "refused"
        return "stored"

    assert Counter(together(append)) == {"stored": 1, "refused": WRITERS - 1}
    assert positions(store) == [1]


def test_requests_whose_keys_clash_are_not_merged_and_keep_their_order(dsn: str) -> None:
    one, other, command = uuid4(), uuid4(), Voiced(uuid4(), b"")
    writer = Writer(dsn, lambda _: None)
    writer.close()

    def request(stream: UUID, version: int, *commands: Voiced) -> Request:
        return Request([StoredEvent(stream, version, "t", b"{}")], commands)

    first, second = request(one, 1), request(one, 2)
    third, apart = request(one, 3), request(other, 1, command)
    reused = request(uuid4(), 1, command)
    writer._queue.extend([first, second, apart, third, reused])
    assert writer._next_batch() == [first, apart]
    assert writer._next_batch() == [second, reused]
    assert writer._next_batch() == [third]


def test_a_conflict_in_a_merged_batch_is_that_requests_own_misfortune(store: Store) -> None:
    taken = uuid4()
    write(store, note(taken, 1))

    def append(number: int) -> str:
        try:
            write(store, note(taken if number % 3 == 0 else uuid4(), 1))
        except IntegrityError:
            return "refused"
        return "stored"

    outcomes = together(append, 12)
    assert outcomes == ["refused" if n % 3 == 0 else "stored" for n in range(12)]
    assert positions(store) == list(range(1, 10))


def write_at_once(dsn: str, batch: list[Request]) -> None:
    """Write a batch as the thread of a writer does."""
    writer = Writer(dsn, lambda _: None)
    writer.close()
    writer._write(batch)
    writer._disconnect()


def appends(store: Store) -> int:
    """How many appends the log was written in: each has one time of recording."""
    return len({entry.recorded_at for entry in store.log.scan()})


def test_those_without_a_conflict_are_still_written_together(
    store: Store, dsn: str
) -> None:
    taken, command = uuid4(), uuid4()
    write(store, note(taken, 1), command=command)
    batch = [Request([stored(note(uuid4(), 1), store)], ()) for _ in range(20)]
    batch[3] = Request([stored(note(taken, 1), store)], ())
    batch[11] = Request(
        [stored(note(uuid4(), 1), store)], [Voiced(uuid4(), b""), Voiced(command, b"")]
    )
    write_at_once(dsn, batch)
    refused = [n for n, request in enumerate(batch) if request.problem is not None]
    assert refused == [3, 11]
    assert all(isinstance(batch[n].problem, IntegrityError) for n in refused)
    told = [position for request in batch for position in request.positions]
    assert told == positions(store)[1:] == list(range(2, 20))
    assert appends(store) == 2


def test_what_the_database_cannot_hold_is_found_by_halves(store: Store, dsn: str) -> None:
    batch = [Request([stored(note(uuid4(), 1), store)], ()) for _ in range(16)]
    batch[5] = Request([StoredEvent(uuid4(), 1, "nul \0", b"{}")], ())
    write_at_once(dsn, batch)
    assert [n for n, request in enumerate(batch) if request.problem] == [5]
    assert positions(store) == list(range(1, 16))
    assert appends(store) == 4  # of eight, four, two and one


def test_a_refused_append_leaves_no_gap_and_no_command(store: Store) -> None:
    stream, command = uuid4(), uuid4()
    write(store, note(stream, 1))
    with pytest.raises(IntegrityError):
        write(store, note(uuid4(), 1), note(stream, 1), command=command)
    assert store.ledger.find(Voiced(command, b"body")) is None
    assert write(store, note(stream, 2)) == [2]


def test_a_command_leads_to_its_last_fact(store: Store) -> None:
    stream, command = uuid4(), uuid4()
    write(store, note(uuid4(), 1))
    assert write(store, note(stream, 1), note(stream, 2), command=command) == [2, 3]
    assert store.ledger.find(Voiced(command, b"body")) == Answer(stream, 2, 3)


def test_each_of_many_commands_in_one_append_leads_to_its_own_last_fact(
    store: Store,
) -> None:
    one, other = uuid4(), uuid4()
    first, second = VoicedAmong(uuid4(), b"", 2), VoicedAmong(uuid4(), b"", 3)
    facts = [note(one, 1), note(one, 2), note(other, 1)]
    store.recorder.insert_events(
        [stored(fact, store) for fact in facts], commands=[first, second]
    )
    assert store.ledger.find(first) == Answer(one, 2, 2)
    assert store.ledger.find(second) == Answer(other, 1, 3)


def test_recorded_time_never_falls_even_when_the_clock_does(store: Store, dsn: str) -> None:
    write(store, note(uuid4(), 1))
    with psycopg.connect(dsn) as owner:  # as if the clock had been an hour ahead
        owner.execute("UPDATE log.head SET recorded_at = recorded_at + interval '1 hour'")
    write(store, note(uuid4(), 1))
    write(store, note(uuid4(), 1))
    first, second, third = store.log.read(0, 10)
    assert (second.recorded_at - first.recorded_at).total_seconds() == 3600
    assert third.recorded_at >= second.recorded_at


def test_a_plain_stored_event_occurred_when_it_was_recorded(store: Store, dsn: str) -> None:
    store.recorder.insert_events([StoredEvent(uuid4(), 1, "t", b"{}")])
    with psycopg.connect(dsn) as owner:
        row = owner.execute("SELECT occurred_at = recorded_at FROM log.facts").fetchone()
    assert row == (True,)


def test_an_event_that_the_database_cannot_hold_is_refused_alone(store: Store) -> None:
    bad = StoredEvent(uuid4(), 1, "nul \0", b"{}")  # PostgreSQL has no NUL in text

    def append(number: int) -> str:
        try:
            if number == 0:
                store.recorder.insert_events([bad])
            else:
                write(store, note(uuid4(), 1))
        except Exception as problem:
            return type(problem).__name__
        return "stored"

    assert together(append) == ["DataError", *["stored"] * (WRITERS - 1)]


def test_what_is_queued_is_written_before_closing(dsn: str, settings: Settings) -> None:
    with open_store(dsn, settings) as closing:
        blocked, entered = Event(), Event()

        def hold(_: int) -> None:
            entered.set()
            blocked.wait(10)

        closing.listen(hold)
        with ThreadPoolExecutor(4) as pool:
            first = pool.submit(write, closing, note(uuid4(), 1))
            assert entered.wait(10)
            waiting = [pool.submit(write, closing, note(uuid4(), 1)) for _ in range(3)]
            while len(closing.recorder._writer._queue) < 3:
                pass
            closed = pool.submit(closing.recorder.close)
            blocked.set()
            closed.result(10)
        assert first.result() == [1]
        assert sorted(each.result()[0] for each in waiting) == [2, 3, 4]
        with pytest.raises(OperationalError, match="closed"):
            write(closing, note(uuid4(), 1))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_stops_by_a_fault_tells_everybody_who_waits(
    dsn: str, settings: Settings
) -> None:
    with open_store(dsn, settings) as faulty:
        queue = faulty.recorder._writer._queue
        blocked = Event()

        def hold(_: int) -> None:
            blocked.wait(10)

        faulty.listen(hold)
        with ThreadPoolExecutor(2) as pool:
            written = pool.submit(write, faulty, note(uuid4(), 1))
            while not positions(faulty):
                pass
            queue.append(object())  # type: ignore[arg-type]
            waiting = pool.submit(write, faulty, note(uuid4(), 1))
            while len(queue) < 2:
                pass
            blocked.set()
            assert written.result(10) == [1]
            with pytest.raises(OperationalError, match="outcome unknown"):
                waiting.result(10)
        with pytest.raises(OperationalError, match="closed"):
            write(faulty, note(uuid4(), 1))


def test_a_listener_that_fails_does_not_stop_the_writer(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[int] = []

    def fail(position: int) -> None:
        raise RuntimeError("listener")

    store.listen(fail)
    unlisten = store.listen(heard.append)
    write(store, note(uuid4(), 1))
    unlisten()
    write(store, note(uuid4(), 1))
    assert positions(store) == [1, 2]
    assert heard == [1]
    assert "listener" in caplog.text
