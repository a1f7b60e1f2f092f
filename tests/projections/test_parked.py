"""Parked facts: tried again in order once the fold is mended, and only then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumers.follower import Follower
from projections.check import check
from projections.engine import Engine, Fenced, NotReady
from projections.parked import parked, retry
from projections.reading import Stored
from store import Store
from tests.projections.sagas import (
    SAGAS,
    Saga,
    dispatched,
    mended,
    reassigned,
    received,
)
from tests.projections.telling import record, stream, versioned

TOLD = [
    (1, received()),
    (2, received()),
    (1, reassigned("poison")),
    (1, dispatched("A")),
    (2, reassigned("poison")),
    (1, dispatched("B")),
]


@pytest.fixture
def stuck(store: Store) -> Store:
    """Two cases that a fold could not take a fact of, one with more behind it."""
    record(store, versioned(TOLD))
    Follower(store, [SAGAS]).catch_up()
    assert [p.position for p in parked(store.pool, [SAGAS])] == [3, 4, 5, 6]
    return store


def saga(store: Store, number: int) -> Saga:
    found = Stored(store.pool).get(SAGAS.table, (stream(number),))
    assert isinstance(found, Saga)
    return found


def test_trying_again_with_the_same_fold_parks_the_same(stuck: Store) -> None:
    before = parked(stuck.pool, [SAGAS])
    assert retry(stuck, SAGAS) == before
    assert check(stuck, [SAGAS]).differing == 0


def test_trying_again_with_a_mended_fold_takes_everything_in_order(stuck: Store) -> None:
    view = mended(SAGAS)
    assert retry(stuck, view) == []
    assert (saga(stuck, 1).unit, saga(stuck, 1).path) == ("B", ("95598", "A", "B"))
    assert saga(stuck, 1).position == 6
    assert saga(stuck, 2).unit == "Z"
    assert check(stuck, [view]).sound


def test_whoever_follows_the_view_takes_later_facts_again_after_a_retry(
    stuck: Store,
) -> None:
    view = mended(SAGAS)
    engine = Engine(stuck, [view])
    assert engine.position == 6
    retry(stuck, view)
    facts = versioned([*TOLD, (1, dispatched("C"))])
    record(stuck, facts[-1:])
    with pytest.raises(Fenced):
        engine.step()
    assert engine.step() == 1
    engine.close()
    assert saga(stuck, 1).path == ("95598", "A", "B", "C")
    assert check(stuck, [view]).sound


def test_a_view_in_another_shape_is_rebuilt_instead(stuck: Store) -> None:
    with pytest.raises(NotReady):
        retry(stuck, replace(SAGAS, version=2))
    assert len(parked(stuck.pool, [SAGAS])) == 4
