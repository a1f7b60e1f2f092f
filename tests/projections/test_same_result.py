"""However facts reach a view, its rows are the same: in any batches, after any restart,
rebuilt stream by stream, or folded in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.fact import Fact
from projections.check import check
from projections.engine import Engine
from projections.folding import Folding, fold_in_memory
from projections.parked import parked
from projections.reading import Stored
from projections.rebuild import make_ready, rebuild
from store import Store
from tests.projections.sagas import (
    URGED,
    VIEWS,
    WITHDRAWN,
    dispatched,
    linked,
    reassigned,
    received,
)
from tests.projections.telling import logged, record, versioned

ANYTHING = st.sampled_from(
    [
        received(),
        received(),
        dispatched("A"),
        dispatched("A"),
        dispatched("B"),
        URGED,
        WITHDRAWN,
        linked(1),
        linked(2),
        reassigned("poison"),
        reassigned("nothing"),
    ]
)
TOLD = st.lists(st.tuples(st.integers(1, 4), ANYTHING), min_size=1, max_size=40)
# What goes on while facts come in: so many more are recorded, a batch of so many at most
# is folded (0: the follower is restarted).
GOING_ON = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=8)

lives = count(1)


def of_a_new_life(told: list[tuple[int, Fact]]) -> list[Fact]:
    """The facts of cases that no example had before: a log is never emptied."""
    life = next(lives) * 1_000
    return versioned([(life + number, fact) for number, fact in told])


@pytest.fixture(scope="module")
def following(module_store: Store) -> Iterator[Engine]:
    """An engine that remembers two rows a view, so that it must often read them again."""
    make_ready(module_store, VIEWS)
    engine = Engine(module_store, VIEWS, rows_max=2)
    yield engine
    engine.close()


def is_as_from_scratch(store: Store) -> None:
    """Every table holds what the whole log folded in memory gives, and parks the same."""
    scratch = fold_in_memory(VIEWS, store.log.scan())
    for table in (table for view in VIEWS for table in view.tables):
        rows = Stored(store.pool).select(table)
        assert {table.key_of(row): row for row in rows} == scratch[table.name]
    assert parked(store.pool, VIEWS) == sorted(
        scratch.parked, key=lambda p: (p.view, p.position, p.key)
    )
    assert check(store, VIEWS).differing == 0


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=TOLD, going_on=GOING_ON)
def test_any_batches_and_restarts_and_then_a_rebuild_come_to_the_same(
    module_store: Store,
    following: Engine,
    told: list[tuple[int, Fact]],
    going_on: list[tuple[int, int]],
) -> None:
    facts = of_a_new_life(told)
    for written, batch in going_on:
        record(module_store, facts[:written])
        del facts[:written]
        if batch == 0:
            following.close()
        else:
            following.step(upto=following.position + batch)
    record(module_store, facts)
    while following.step():
        pass
    is_as_from_scratch(module_store)
    rebuild(module_store, VIEWS)
    is_as_from_scratch(module_store)
    following.close()


@given(told=TOLD, cut=st.integers(0, 40))
def test_two_parts_come_to_the_same_as_the_whole(
    told: list[tuple[int, Fact]], cut: int
) -> None:
    entries = logged(versioned(told))
    for view in VIEWS:
        whole, parts = Folding(view), Folding(view)
        whole.take(entries)
        parts.take(entries[:cut])
        parts.take(entries[cut:])
        assert parts.tables() == whole.tables()
        assert parts.parked == whole.parked
