"""What time will do next: a row a case that has something coming, gone when it has not."""

from __future__ import annotations

from datetime import timedelta

from domain.fact import Fact
from domain.promise.coming import BREACH, ESCALATE, WARN, Coming
from projections.check import check
from projections.deadlines import DEADLINES, DeadlineRow, Deadlines
from projections.engine import Engine
from projections.reading import Held, Stored
from projections.rebuild import make_ready, rebuild
from store import Store
from tests.projections import telling
from tests.projections.telling import in_stream, minutes, record, stream
from tests.support.scenario import CASE_ID
from tests.support.story import ACCEPTED, ARCHIVE, DISPATCHED, HANDLING, received

WARNING = Coming(
    at=minutes(10),
    what=WARN,
    clock="dispatch.1",
    unit="95598",
    person="dan",
    due=minutes(20),
    due_clock="dispatch.1",
)
BREACHING = Coming(at=minutes(20), what=BREACH, clock="dispatch.1", unit="95598")
CLIMBING = Coming(
    at=minutes(60),
    what=ESCALATE,
    clock="overdue:dispatch.1",
    rung=2,
    unit="bailu",
    post="bailu.leader",
    person="lan",
)


def coming(what: Coming | None, fact: Fact) -> Fact:
    """The fact, of a command after which this is what time does next."""
    return fact.stamped(coming=what)


def deadlines(*facts: Fact) -> Deadlines:
    found = telling.folded(DEADLINES, *facts)
    assert not found.parked
    assert not found.broken_promises
    return Deadlines(Held(found))


def test_the_row_is_what_time_does_after_the_last_command() -> None:
    row = deadlines(coming(WARNING, received()), coming(CLIMBING, DISPATCHED)).of(CASE_ID)
    assert row == DeadlineRow(
        position=2,
        case_id=CASE_ID,
        version=2,
        next_at=minutes(60),
        what="escalate",
        clock="overdue:dispatch.1",
        rung=2,
        unit="bailu",
        post="bailu.leader",
        person="lan",
    )


def test_what_is_due_stands_beside_what_happens_first() -> None:
    row = deadlines(coming(WARNING, received())).of(CASE_ID)
    assert row is not None
    assert (row.next_at, row.what) == (minutes(10), "warn")
    assert (row.due, row.due_clock) == (minutes(20), "dispatch.1")


def test_nothing_coming_is_no_row() -> None:
    asked = deadlines(coming(WARNING, received()), coming(None, DISPATCHED))
    assert asked.of(CASE_ID) is None


def test_a_case_that_is_done_has_nothing_coming() -> None:
    facts = [coming(WARNING, fact) for fact in ARCHIVE]
    assert deadlines(*facts[:-1]).of(CASE_ID) is not None
    assert deadlines(*facts).of(CASE_ID) is None


def test_facts_from_before_there_were_clocks_have_nothing_coming() -> None:
    assert deadlines(*HANDLING).of(CASE_ID) is None


def test_what_has_fallen_due_comes_oldest_first_and_not_what_falls_due_just_now() -> None:
    facts = [
        fact
        for n, due in ((1, 30), (2, 5), (3, 20), (4, 40))
        for fact in in_stream(
            stream(n), [coming(Coming(at=minutes(due), what=BREACH), received())]
        )
    ]
    asked = deadlines(*facts)
    assert [row.case_id for row in asked.fallen(minutes(40))] == [
        stream(2),
        stream(3),
        stream(1),
    ]
    assert len(asked.fallen(minutes(40), limit=2)) == 2
    assert asked.fallen(minutes(5)) == []
    assert set(asked.of_many([stream(1), stream(9)])) == {stream(1)}


def test_the_stored_rows_are_those_of_the_log_after_following_and_after_a_rebuild(
    store: Store,
) -> None:
    make_ready(store, [DEADLINES])
    engine = Engine(store, [DEADLINES])
    first, second = coming(WARNING, received()), coming(BREACHING, DISPATCHED)
    record(store, in_stream(stream(1), [first, second, coming(None, ACCEPTED)]))
    record(store, in_stream(stream(2), [first]))
    assert engine.step() == 4
    record(store, in_stream(stream(3), [first, second]))
    assert engine.step() == 2
    engine.close()
    asked = Deadlines(Stored(store.pool))
    late = minutes(20) + timedelta(seconds=1)
    rows = asked.fallen(late)
    assert [(row.case_id, row.what) for row in rows] == [
        (stream(2), "warn"),
        (stream(3), "breach"),
    ]
    assert check(store, [DEADLINES]).sound
    rebuild(store, [DEADLINES])
    assert [row.case_id for row in asked.fallen(late)] == [stream(2), stream(3)]
    assert check(store, [DEADLINES]).sound
