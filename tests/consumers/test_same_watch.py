"""One log with much to be noticed, looked at in many ways: always the same is raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.office import desk_over
from consumers.watch.watch import Watch
from domain.desk import Desk
from projections.reading import Stored
from projections.sightings import SIGHTINGS, of_pair, of_region
from store import Store
from tests.consumers.by_hand import Raised, by_hand
from tests.consumers.watching import (
    begin_again,
    broken_off,
    done,
    fold,
    look_on,
    raised,
    stand_at,
)
from tests.projections.telling import record
from tests.support.planted import LATE, OFTEN, TODAY, found, planted


@pytest.fixture(scope="module")
def planted_store(module_store: Store) -> Iterator[tuple[Store, Desk, int]]:
    """A log with something in it, and the view of matters folded to its end."""
    with desk_over(module_store) as opened:
        found(opened)
        record(module_store, planted())
        yield module_store, opened, fold(module_store)


@pytest.fixture(scope="module")
def at_once(planted_store: tuple[Store, Desk, int]) -> list[tuple[Any, ...]]:
    """What is raised in it, looked at as a whole."""
    store, desk, head = planted_store
    begin_again(store)
    stand_at(store, head)
    assert Watch(store, desk, batch=100_000).look() == head
    return raised(store)


def test_what_was_planted_is_raised_once_each(at_once: list[tuple[Any, ...]]) -> None:
    region = of_region("bailu", "supply.voltage")
    counted = Counter((row[0], row[1]) for row in at_once)
    assert counted["surge", region] == 2
    assert {of: n for of, n in counted.items() if of[0] != "surge"} == {
        ("topic_surge", "outage"): 2,
        ("repeat_caller", str(OFTEN)): 1,
        ("repeat_caller", str(LATE)): 1,
        ("ping_pong", of_pair("bailu", "xishi")): 1,
        ("stall", "liuying-town"): 1,
        ("stall", "bailu-east"): 1,
        ("silence", "liuying-town"): 1,
    }
    # Where as many are usual at that hour, the later weeks are no surge any more.
    usual = [row for row in at_once if row[1] == of_region("xishi", "meter.wrong")]
    assert max(row[7] for row in usual) < TODAY - timedelta(days=7)


def test_it_is_the_same_as_found_by_hand(
    planted_store: tuple[Store, Desk, int], at_once: list[tuple[Any, ...]]
) -> None:
    store, desk, _ = planted_store
    rules_of_it = desk.policy("sgcc-2022@1")
    expected = by_hand(Stored(store.pool).select(SIGHTINGS.table), rules_of_it)
    assert [
        Raised(
            kind=row[0],
            key=row[1],
            position=row[12],
            at=row[7],
            n=row[10],
            since=row[8],
            last_at=row[13],
            peak=row[14],
        )
        for row in at_once
    ] == expected


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    stands=st.lists(st.floats(0, 1), max_size=6),
    batches=st.lists(st.integers(1, 400), min_size=1, max_size=4),
    anew=st.booleans(),
)
def test_in_whatever_batches_and_however_far_the_view_is_ahead_it_is_the_same(
    planted_store: tuple[Store, Desk, int],
    at_once: list[tuple[Any, ...]],
    stands: list[float],
    batches: list[int],
    anew: bool,
) -> None:
    store, desk, head = planted_store
    begin_again(store)
    eyes = [Watch(store, desk, batch=size) for size in batches]
    for turn, stand in enumerate([*sorted(stands), 1.0]):
        stand_at(store, int(stand * head))
        watch = eyes[turn % len(eyes)]
        look_on(replaced(watch, store, desk) if anew else watch)
    assert done(store) == head
    assert raised(store) == at_once


def replaced(watch: Watch, store: Store, desk: Desk) -> Watch:
    """Another process takes over."""
    return Watch(store, desk, batch=watch.batch)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=5))
def test_a_look_that_breaks_off_at_any_statement_leaves_nothing_behind(
    planted_store: tuple[Store, Desk, int],
    at_once: list[tuple[Any, ...]],
    breaks: list[int],
) -> None:
    store, desk, head = planted_store
    begin_again(store)
    stand_at(store, head)
    watch = Watch(store, desk, batch=150)
    for after in breaks:
        with broken_off(store, after):
            before = done(store), raised(store)
            try:
                watch.look()
            except psycopg.OperationalError:
                assert (done(store), raised(store)) == before
    look_on(watch)
    assert raised(store) == at_once
