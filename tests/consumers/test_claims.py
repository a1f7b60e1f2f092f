"""Claims: the oldest due first, each for one at a time, none lost when its claimer dies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from consumers.timekeeping.claims import claim, database_now, next_due
from domain.promise.coming import BREACH, Coming
from projections.deadlines import DEADLINES
from projections.engine import Engine
from projections.rebuild import make_ready
from store import Store
from tests.projections.telling import in_stream, minutes, record, stream
from tests.support.story import DISPATCHED, received

NOW = minutes(1_000)
Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    make_ready(store, [DEADLINES])
    following = Engine(store, [DEADLINES])
    yield following
    following.close()


@pytest.fixture
def line(store: Store) -> Iterator[Connection]:
    with psycopg.connect(store.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def other(store: Store) -> Iterator[Connection]:
    with psycopg.connect(store.dsn, autocommit=True) as connection:
        yield connection


def due(store: Store, engine: Engine, *cases: tuple[int, datetime]) -> None:
    """Each of these cases has something due at its moment."""
    for number, at in cases:
        coming = Coming(at=at, what=BREACH, clock="answer.1")
        record(store, in_stream(stream(number), [received().stamped(coming=coming)]))
    while engine.step():
        pass


def numbers(found: list[Any], among: range) -> list[int]:
    by_id = {stream(n): n for n in among}
    return [by_id[each.case_id] for each in found]


def test_the_first_batch_is_exactly_the_oldest_while_newer_ones_arrive(
    store: Store, engine: Engine, line: Connection
) -> None:
    # The later the number, the older the deadline; the last fifty are the oldest.
    due(store, engine, *((n, minutes(150 - n)) for n in range(150)))
    with line.transaction():
        due(store, engine, *((n, minutes(n)) for n in range(150, 200)))
        first = claim(line, NOW, 50)
        assert numbers(first, range(200)) == list(range(149, 99, -1))
    assert [each.next_at for each in first] == sorted(each.next_at for each in first)


def test_what_another_has_claimed_is_passed_over_until_it_lets_go(
    store: Store, engine: Engine, line: Connection, other: Connection
) -> None:
    due(store, engine, *((n, minutes(n)) for n in range(4)))
    with other.transaction():
        with line.transaction():
            assert numbers(claim(line, NOW, 2), range(4)) == [0, 1]
            assert numbers(claim(other, NOW, 3), range(4)) == [2, 3]
        with line.transaction():
            assert numbers(claim(line, NOW, 3), range(4)) == [0, 1]
    assert numbers(claim(line, NOW, 9), range(4)) == [0, 1, 2, 3]


def test_the_claims_of_one_that_died_are_free_again(
    store: Store, engine: Engine, line: Connection, other: Connection
) -> None:
    due(store, engine, (1, minutes(1)))
    other.execute("BEGIN")
    assert numbers(claim(other, NOW, 9), range(2)) == [1]
    assert claim(line, NOW, 9) == []
    other.close()  # without a word of commit or rollback
    while not (found := claim(line, NOW, 9)):
        pass
    assert numbers(found, range(2)) == [1]


def test_what_is_due_just_now_or_later_is_left(
    store: Store, engine: Engine, line: Connection
) -> None:
    due(store, engine, (1, minutes(1)), (2, minutes(2)), (3, minutes(3)))
    assert numbers(claim(line, minutes(2), 9), range(4)) == [1]
    assert next_due(line) == minutes(1)
    assert next_due(line, without=[stream(1)]) == minutes(2)
    assert next_due(line, without=[stream(n) for n in range(4)]) is None


def test_cases_that_rest_make_room_for_those_behind_them(
    store: Store, engine: Engine, line: Connection
) -> None:
    due(store, engine, *((n, minutes(n)) for n in range(5)))
    resting = [stream(0), stream(1)]
    assert numbers(claim(line, NOW, 2, without=resting), range(5)) == [2, 3]


def test_the_command_is_the_same_for_whoever_claims_a_case_in_that_state(
    store: Store, engine: Engine, line: Connection
) -> None:
    due(store, engine, (1, minutes(1)), (2, minutes(1)))
    first, second = claim(line, NOW, 9)
    assert [each.command_id for each in claim(line, NOW, 9)] == [
        first.command_id,
        second.command_id,
    ]
    assert first.command_id != second.command_id


def test_a_deadline_that_comes_back_to_the_same_moment_is_another_command(
    store: Store, engine: Engine, line: Connection
) -> None:
    coming = Coming(at=minutes(1), what=BREACH, clock="answer.1")
    there = received().stamped(coming=coming)
    away = DISPATCHED.stamped(coming=Coming(at=minutes(900), what=BREACH))
    back = DISPATCHED.stamped(coming=coming)
    facts = in_stream(stream(1), [there, away, back])
    record(store, facts[:1])
    engine.step()
    [before] = claim(line, NOW, 9)
    record(store, facts[1:])
    engine.step()
    [after] = claim(line, NOW, 9)
    assert (before.next_at, before.clock) == (after.next_at, after.clock)
    assert before.command_id != after.command_id


def test_the_time_is_that_of_the_database(line: Connection) -> None:
    first, second = database_now(line), database_now(line)
    assert timedelta() < second - first
    assert first.tzinfo is not None
