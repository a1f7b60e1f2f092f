"""The engine on a real database: batches, ownership, fencing, failures, parking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from projections.check import check
from projections.engine import Engine, Fenced, NotReady
from projections.folding import Folding, Parked
from projections.parked import parked
from projections.reading import Stored
from projections.rebuild import make_ready, rebuild
from projections.storing import Memory
from projections.view import View, key_text
from store import Store
from tests.projections.sagas import (
    REPETITIONS,
    SAGAS,
    VIEWS,
    WITHDRAWN,
    Saga,
    dispatched,
    linked,
    reassigned,
    received,
)
from tests.projections.telling import logged, record, stream, versioned


@contextmanager
def engine(store: Store, *views: View[Any], **options: Any) -> Iterator[Engine]:
    """An engine that owns these views (SAGAS by default), built if they never were."""
    made = Engine(store, views or (SAGAS,), **options)
    try:
        assert made.own()
        make_ready(store, made.views)
        yield made
    finally:
        made.close()


def saga(store: Store, number: int) -> Saga | None:
    found: Saga | None = Stored(store.pool).get(SAGAS.table, (stream(number),))
    return found


def position_of(store: Store, view: View[Any] = SAGAS) -> int:
    with store.pool.connection() as connection:
        found = connection.execute(
            "SELECT position FROM views.positions WHERE view = %s", [view.name]
        ).fetchone()
    assert found
    return int(found[0])


def test_a_batch_moves_rows_and_position_together(store: Store) -> None:
    with engine(store) as following:
        record(store, versioned([(1, received()), (2, received()), (1, dispatched("A"))]))
        assert following.step() == 3
        assert following.position == position_of(store) == 3
        assert following.step() == 0
    row = saga(store, 1)
    assert row is not None
    assert (row.unit, row.path, row.position) == ("A", ("95598", "A"), 3)
    assert check(store, [SAGAS]).sound


def test_batches_are_capped_and_can_be_told_where_to_stop(store: Store) -> None:
    with engine(store, batch_max=2) as following:
        record(store, versioned([(n, received()) for n in range(5)]))
        assert [following.step(), following.step(upto=3), following.step(upto=3)] == [
            2,
            1,
            0,
        ]
        assert following.position == 3


def test_a_row_that_folds_to_nothing_goes_with_its_cell(store: Store) -> None:
    with engine(store) as following:
        record(store, versioned([(1, received()), (1, dispatched("A"))]))
        following.step()
        assert len(Stored(store.pool).select(SAGAS.tallies[0].table)) == 1
        facts = versioned([(1, received()), (1, dispatched("A")), (1, WITHDRAWN)])
        record(store, facts[2:])
        following.step()
    assert saga(store, 1) is None
    assert Stored(store.pool).select(SAGAS.tallies[0].table) == []
    assert len(Stored(store.pool).select(SAGAS.occurrences[0].table)) == 1


def test_one_process_owns_the_views_and_another_takes_over_when_it_goes(
    store: Store,
) -> None:
    with engine(store) as first:
        second = Engine(store, [SAGAS])
        assert not second.own()
        first.close()
        assert second.own()
        second.close()


def test_each_view_has_an_owner_of_its_own(store: Store) -> None:
    with engine(store):
        other = Engine(store, [REPETITIONS])
        assert other.own()
        other.close()


def test_a_second_writer_is_fenced_off_and_begins_again_from_what_is_stored(
    store: Store,
) -> None:
    with engine(store) as owner:
        intruder = Engine(store, [SAGAS])
        assert intruder.position == 0
        record(store, versioned([(1, received())]))
        assert owner.step() == 1
        with pytest.raises(Fenced):
            intruder.step()
        facts = versioned([(1, received()), (1, dispatched("A")), (1, dispatched("B"))])
        record(store, facts[1:2])
        assert intruder.step() == 1
        record(store, facts[2:])
        with pytest.raises(Fenced):
            owner.step()
        assert owner.step() == 1
        intruder.close()
    row = saga(store, 1)
    assert row is not None
    assert row.path == ("95598", "A", "B")
    assert check(store, [SAGAS]).sound


def test_after_a_failed_write_nothing_of_the_batch_is_remembered(store: Store) -> None:
    facts = versioned([(1, received()), (1, dispatched("A")), (1, dispatched("B"))])
    with engine(store) as following:
        record(store, facts[:1])
        following.step()
        record(store, facts[1:2])
        with store.pool.connection() as connection:
            connection.execute("ALTER TABLE views.saga_moves RENAME TO hidden")
        with pytest.raises(psycopg.errors.UndefinedTable):
            following.step()
        assert position_of(store) == 1
        with store.pool.connection() as connection:
            connection.execute("ALTER TABLE views.hidden RENAME TO saga_moves")
        record(store, facts[2:])
        assert following.step() == 2
    assert check(store, [SAGAS]).sound


def test_a_fact_the_fold_cannot_take_is_parked_with_what_comes_behind_it_in_order(
    store: Store,
) -> None:
    told = [
        (1, received()),
        (2, received()),
        (1, reassigned("poison")),
        (2, dispatched("B")),
        (1, dispatched("A")),
    ]
    facts = versioned([*told, (1, dispatched("C")), (2, dispatched("D"))])
    with engine(store) as following:
        record(store, facts[:5])
        following.step()
        # A new owner knows what is parked.
        following.close()
        assert following.own()
        record(store, facts[5:])
        following.step()
    key = key_text((stream(1),))
    assert parked(store.pool, [SAGAS]) == [
        Parked("sagas", key, 3, "Unhappy: never again"),
        Parked("sagas", key, 5, "behind position 3"),
        Parked("sagas", key, 6, "behind position 3"),
    ]
    stuck, flowing = saga(store, 1), saga(store, 2)
    assert stuck is not None
    assert flowing is not None
    assert (stuck.path, stuck.position) == (("95598",), 1)
    assert flowing.path == ("95598", "B", "D")
    report = check(store, [SAGAS])
    assert (report.differing, len(report.parked), report.sound) == (0, 3, False)


@pytest.mark.parametrize("reason", ["nul", "huge"])
def test_a_row_that_the_table_refuses_is_parked_and_the_rest_flows(
    store: Store, reason: str
) -> None:
    told = [(1, received()), (2, received()), (1, reassigned(reason)), (2, dispatched("B"))]
    with engine(store) as following:
        record(store, versioned(told))
        assert following.step() == 4
    assert [p.position for p in parked(store.pool, [SAGAS])] == [3]
    flowing = saga(store, 2)
    assert flowing is not None
    assert flowing.unit == "B"
    assert check(store, [SAGAS]).differing == 0
    # A rebuild comes to the same.
    rebuild(store, [SAGAS])
    assert [p.position for p in parked(store.pool, [SAGAS])] == [3]
    assert check(store, [SAGAS]).differing == 0


def test_a_fact_without_a_key_is_parked_alone(store: Store) -> None:
    def no_key(fact: object) -> tuple[str]:
        raise LookupError("no key")

    handler = replace(SAGAS.handlers[2], key=no_key)
    view = replace(SAGAS, handlers=(*SAGAS.handlers[:2], handler, *SAGAS.handlers[3:]))
    told = [(1, received()), (1, reassigned("poison")), (1, dispatched("A"))]
    with engine(store, view) as following:
        record(store, versioned(told))
        following.step()
    assert parked(store.pool, [view]) == [Parked("sagas", "[]", 2, "LookupError: no key")]
    row = saga(store, 1)
    assert row is not None
    assert row.unit == "A"


def test_one_fact_may_change_several_rows_of_a_view(store: Store) -> None:
    told = [(2, linked(1)), (3, linked(3)), (3, linked(1))]
    with engine(store, REPETITIONS) as following:
        record(store, versioned(told))
        assert following.step() == 3
    rows = Stored(store.pool).select(REPETITIONS.table)
    found = {row.case_id: (row.times, row.last, row.repeats) for row in rows}
    assert found == {
        stream(1): (2, stream(3), 0),
        stream(2): (0, None, 1),
        stream(3): (1, stream(3), 2),
    }


def test_a_view_that_lags_behind_is_brought_up_to_the_others_first(store: Store) -> None:
    with engine(store, *VIEWS) as both:
        record(store, versioned([(1, received()), (2, received()), (2, linked(1))]))
        both.close()
        with engine(store, SAGAS) as one:
            one.step()
        with engine(store, *VIEWS) as both_again:
            assert both_again.position == 0
            record(store, versioned([(3, received())]))
            assert [both_again.step() for _ in range(3)] == [3, 1, 0]
    assert check(store, VIEWS).sound


def test_a_view_that_was_never_built_or_has_another_shape_is_not_followed(
    store: Store,
) -> None:
    following = Engine(store, [SAGAS])
    with pytest.raises(NotReady):
        following.step()
    assert make_ready(store, [SAGAS]) == ["sagas"]
    assert make_ready(store, [SAGAS]) == []
    assert following.step() == 0
    following.close()
    newer = Engine(store, [replace(SAGAS, version=2)])
    with pytest.raises(NotReady):
        newer.step()
    newer.close()


def test_what_an_engine_remembers_is_bounded() -> None:
    memory = Memory(rows_max=3)
    folding = Folding(SAGAS)
    folding.take(logged(versioned([(n, received()) for n in range(10)])))
    memory.remember(folding)
    assert list(memory.rows(SAGAS)) == [(stream(n),) for n in (7, 8, 9)]
    memory.forget()
    assert not memory.rows(SAGAS)
