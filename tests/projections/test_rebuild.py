"""Rebuilding: beside the view that serves, under load, after failures, in another shape."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from time import sleep
from typing import Any

import pytest

from consumers.follower import Follower
from projections.check import check
from projections.engine import Engine
from projections.parked import parked
from projections.reading import Stored
from projections.rebuild import CannotRebuild, make_ready, rebuild
from projections.view import View
from store import Store
from tests.projections.sagas import (
    REPETITIONS,
    SAGAS,
    VIEWS,
    WITHDRAWN,
    dispatched,
    linked,
    reassigned,
    received,
)
from tests.projections.telling import record, stream, versioned


@contextmanager
def in_the_background(*works: Any) -> Iterator[None]:
    """Each ``work(stop)`` in a thread of its own, until the block is left."""
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=[stop]) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def writer(store: Store, first: int) -> Any:
    """Records lives of cases, one after the other, until told to stop."""

    def write(stop: threading.Event) -> None:
        for number in count(first):
            if stop.is_set():
                return
            told = [received(), dispatched("A"), linked(1), dispatched("B")]
            if number % 3 == 0:
                told.append(WITHDRAWN)
            if number % 7 == 0:
                told.insert(2, reassigned("poison"))
            record(store, versioned([(number, fact) for fact in told]), at_once=2)

    return write


def follow(store: Store, *views: View[Any]) -> None:
    """Build what was never built, and fold up to the head."""
    Follower(store, views).catch_up()


def sagas_in(store: Store) -> int:
    return Stored(store.pool).count(SAGAS.table)[()]


def test_a_rebuild_while_facts_come_in_and_are_followed_leaves_no_difference(
    store: Store,
) -> None:
    follower = Follower(store, VIEWS)
    follower.catch_up()
    with in_the_background(follower.run, writer(store, 1), writer(store, 1_000_000)):
        for _ in range(3):
            sleep(0.2)
            rebuild(store, VIEWS)
            assert check(store, VIEWS).differing == 0
    follower.catch_up()
    report = check(store, VIEWS)
    assert (report.differing, report.positions["sagas"]) == (0, store.log.head())
    assert report.rows > 100
    assert report.parked


def test_a_new_view_on_an_old_log_is_built_at_once(store: Store) -> None:
    record(store, versioned([(1, received()), (2, received()), (2, linked(1))]))
    assert make_ready(store, VIEWS) == ["sagas", "repetitions"]
    assert sagas_in(store) == 2
    assert check(store, [SAGAS]).positions == {"sagas": 3}
    follow(store, *VIEWS)
    assert check(store, VIEWS).sound


def test_a_view_in_another_shape_is_rebuilt_and_leaves_nothing_behind(store: Store) -> None:
    record(store, versioned([(1, received()), (1, dispatched("A"))]))
    follow(store, SAGAS)
    plainer = replace(SAGAS, tallies=(), occurrences=(), version=2)
    assert make_ready(store, [plainer]) == ["sagas"]
    assert check(store, [plainer]).sound
    with store.pool.connection() as connection:
        rows = connection.execute("SELECT relname FROM pg_stat_user_tables")
        names = {name for (name,) in rows.fetchall()}
    assert not {"saga_cells", "saga_moves", "sagas__next"} & names
    follow(store, SAGAS)
    assert check(store, [SAGAS]).sound


def test_the_old_view_serves_until_the_new_one_is_there(store: Store) -> None:
    record(store, versioned([(1, received())]))
    follow(store, SAGAS)
    with store.pool.connection() as connection:
        connection.execute("UPDATE views.sagas SET unit = 'wrong'")
    seen = []
    rebuild(store, [SAGAS], progress=lambda _: seen.append(check(store, [SAGAS]).differing))
    assert seen == [1]
    assert check(store, [SAGAS]).sound


def test_a_rebuild_that_died_harms_nobody_and_the_next_one_clears_up(store: Store) -> None:
    record(store, versioned([(1, received())]))
    follow(store, SAGAS)

    def die(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(store, [SAGAS], progress=die)
    assert check(store, [SAGAS]).sound
    rebuild(store, [SAGAS])
    assert check(store, [SAGAS]).sound


def test_what_comes_in_meanwhile_is_taken_up_before_the_swap(store: Store) -> None:
    told = [(1, received()), (2, received()), (1, reassigned("nul")), (2, dispatched("A"))]
    facts = versioned(told)
    record(store, facts[:2])
    follow(store, SAGAS)

    def more_comes_in(_: int) -> None:
        record(store, facts[2:])
        follow(store, SAGAS)

    rebuild(store, [SAGAS], progress=more_comes_in)
    report = check(store, [SAGAS])
    assert (report.positions, report.differing) == ({"sagas": 4}, 0)
    assert [p.position for p in report.parked] == [3]


def test_a_rebuild_waits_for_who_reads_the_old_tables(store: Store) -> None:
    record(store, versioned([(1, received())]))
    follow(store, SAGAS)
    done = threading.Event()

    def build(_: threading.Event) -> None:
        rebuild(store, [SAGAS])
        done.set()

    with store.pool.connection() as reader:
        reader.execute("SELECT * FROM views.sagas")
        with in_the_background(build):
            assert not done.wait(1.0)
            reader.rollback()
    assert done.is_set()
    assert check(store, [SAGAS]).sound


def test_whoever_follows_a_view_notices_that_it_was_rebuilt(store: Store) -> None:
    facts = versioned([(1, received()), (1, dispatched("A")), (1, dispatched("B"))])
    record(store, facts[:2])
    follow(store, SAGAS)
    engine = Engine(store, [SAGAS])
    assert engine.position == 2
    with store.pool.connection() as connection:
        connection.execute("UPDATE views.sagas SET unit = 'wrong', path = '[]'")
    rebuild(store, [SAGAS])
    record(store, facts[2:])
    with pytest.raises(Exception, match="no longer stand"):
        engine.step()
    assert engine.step() == 1
    engine.close()
    assert check(store, [SAGAS]).sound


def test_a_view_over_many_streams_is_rebuilt_in_the_order_of_the_log(store: Store) -> None:
    told = [(n, linked(1)) for n in (5, 4, 9, 2, 7)]
    record(store, versioned(told))
    follow(store, REPETITIONS)
    rebuild(store, [REPETITIONS])
    row: Any = Stored(store.pool).get(REPETITIONS.table, (stream(1),))
    assert (row.times, row.last) == (5, stream(7))
    assert check(store, [REPETITIONS]).sound


def test_a_view_over_many_streams_that_does_not_say_so_cannot_be_rebuilt(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.rebuild.PAGE_FACTS", 1)
    record(store, versioned([(n, linked(1)) for n in (5, 4)]))
    with pytest.raises(CannotRebuild, match="log_order"):
        rebuild(store, [replace(REPETITIONS, log_order=False)])


def test_a_rebuild_takes_up_what_was_parked_once_the_fold_is_mended(store: Store) -> None:
    told = [(1, received()), (1, reassigned("poison")), (1, dispatched("A"))]
    record(store, versioned(told))
    follow(store, SAGAS)
    assert len(parked(store.pool, [SAGAS])) == 2
    without_poison = replace(SAGAS, handlers=(*SAGAS.handlers[:2], *SAGAS.handlers[3:]))
    rebuild(store, [without_poison])
    assert parked(store.pool, [SAGAS]) == []
    assert check(store, [without_poison]).sound
