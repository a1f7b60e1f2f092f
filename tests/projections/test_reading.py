"""Reading: a question has the same answer from the tables and from rows in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.follower import Follower
from domain.fact import Fact
from projections.moments import as_of
from projections.reading import (
    Condition,
    Either,
    Held,
    Is,
    Source,
    Stored,
    Touches,
    Within,
    place,
)
from projections.table import Row, Table, column
from projections.view import View
from store import Store
from tests.projections.sagas import SAGAS, URGED, dispatched, linked, received
from tests.projections.telling import RECORDED, at, minutes, record, stream, versioned

UNITS = ["A", "B", "b", "Ä", "天", "95598"]
Pair = tuple[Source, Source]


@pytest.fixture(scope="module")
def both(module_store: Store) -> Pair:
    """The same rows, stored and held."""
    told: list[tuple[int, Fact]] = []
    for number in range(40):
        told.append((number, at(minutes(number % 7), received())))
        told += [(number, dispatched(UNITS[(number + n) % 6])) for n in range(number % 5)]
        if number % 3 == 0:
            told.append((number, URGED))
        told.append((number, linked(1)))
    record(module_store, versioned(told))
    Follower(module_store, [SAGAS]).catch_up()
    then = as_of(module_store.log, [SAGAS], RECORDED + timedelta(days=365_000))
    return Stored(module_store.pool), Held(then)


PLAIN: st.SearchStrategy[Is | Within | Touches] = st.one_of(
    st.lists(st.sampled_from(UNITS), max_size=3).map(lambda units: Is("unit", *units)),
    st.sampled_from([Is("urgent", True), Is("case_id", stream(3)), Is("times", 0, 2)]),
    st.sampled_from([Is("earlier", *some) for some in [(None,), (None, stream(1)), ()]]),
    st.builds(Touches, st.just("path"), st.frozensets(st.sampled_from(UNITS), max_size=2)),
    st.builds(
        Within,
        st.just("since"),
        st.none() | st.integers(0, 7).map(minutes),
        st.none() | st.integers(0, 7).map(minutes),
    ),
    st.builds(Within, st.just("times"), st.integers(0, 3), st.none() | st.integers(0, 4)),
)
CONDITIONS: st.SearchStrategy[Condition] = PLAIN | st.builds(
    Either, st.lists(PLAIN, min_size=1, max_size=3).map(tuple)
)
ORDERS = st.sampled_from([(), ("since",), ("unit",), ("times", "unit"), ("case_id",)])


@settings(max_examples=60, deadline=None)
@given(
    where=st.lists(CONDITIONS, max_size=3),
    order=ORDERS,
    size=st.integers(1, 20),
)
def test_stored_and_held_rows_are_the_same_in_the_same_order_in_any_pages(
    both: Pair, where: list[Condition], order: tuple[str, ...], size: int
) -> None:
    stored, held = both
    table = SAGAS.table
    whole = held.select(table, *where, order=order)
    assert stored.select(table, *where, order=order) == whole
    for source in both:
        paged: list[Any] = []
        after = None
        while page := source.select(table, *where, order=order, after=after, limit=size):
            paged += page
            after = place(table, page[-1], order)
        assert paged == whole
        assert source.count(table, *where) == {(): len(whole)}
        assert source.total(table, "times", *where) == sum(row.times for row in whole)
    by = ("unit", "urgent")
    assert stored.count(table, *where, by=by) == held.count(table, *where, by=by)


def test_a_row_is_found_by_its_key_or_not_at_all(both: Pair) -> None:
    for source in both:
        found = source.get(SAGAS.table, (stream(2),))
        assert found is not None
        assert found.case_id == stream(2)
        assert source.get(SAGAS.table, (stream(99),)) is None
    cells = [source.select(SAGAS.tallies[0].table) for source in both]
    assert cells[0] == cells[1]
    moves = [source.select(SAGAS.occurrences[0].table) for source in both]
    assert moves[0] == moves[1]


class Odd(Row, frozen=True, kw_only=True):
    """A row whose key could be empty."""

    name: str | None = None
    tags: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("key", "indexes", "why"),
    [
        (("name",), (), "name cannot be part of a key"),
        (("tags",), (), "tags cannot be part of a key"),
        (("nobody",), (), "no column nobody"),
        (("position",), (("nobody",),), "no column nobody"),
    ],
)
def test_a_table_says_what_is_wrong_with_it(
    key: tuple[str, ...], indexes: tuple[tuple[str, ...], ...], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        Table("odd", Odd, key, indexes)


def test_what_is_no_plain_value_is_kept_as_json() -> None:
    assert column("x", int | str).sql_type == "jsonb"
    assert (column("x", int | None).sql_type, column("x", int | None).nullable) == (
        "bigint",
        True,
    )


def test_the_shape_of_a_view_shows_in_its_fingerprint() -> None:
    view: View[Any] = SAGAS
    assert view.next().fingerprint == view.fingerprint
    assert view.counted().fingerprint == view.fingerprint
    assert View(view.table, "", view.handlers).fingerprint != view.fingerprint
