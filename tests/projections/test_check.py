"""The check: names the very row that is not what the facts say, while work goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consumers.follower import Follower
from domain.case.receive import CaseReceived
from projections.check import Report, check
from projections.engine import NotReady
from projections.view import key_text, on
from store import Store
from tests.projections.sagas import SAGAS, VIEWS, begun, dispatched, received
from tests.projections.telling import record, stream, versioned
from tests.projections.test_rebuild import in_the_background, writer

ONE = key_text((stream(1),))


@pytest.fixture
def followed(store: Store) -> Store:
    """Two cases with a unit, everything folded."""
    told = [(1, received()), (2, received()), (1, dispatched("A")), (2, dispatched("A"))]
    record(store, versioned(told))
    Follower(store, [SAGAS]).catch_up()
    return store


def by_hand(store: Store, statement: str, *values: object) -> Report:
    """Somebody changes a table by hand; what the check says to that."""
    with store.pool.connection() as connection:
        connection.execute(statement.encode(), values)
    return check(store, [SAGAS])


def named(report: Report) -> list[tuple[str, str]]:
    return [(found.table, found.key) for found in report.differences]


def test_an_untouched_view_is_sound(followed: Store) -> None:
    report = check(followed, [SAGAS])
    assert report.sound
    assert report.rows == 5
    assert report.positions == {"sagas": 4}


def test_a_changed_row_is_named_with_both_sides(followed: Store) -> None:
    statement = "UPDATE views.sagas SET unit = 'X' WHERE case_id = %s"
    report = by_hand(followed, statement, stream(1))
    assert named(report) == [("sagas", ONE)]
    (found,) = report.differences
    assert (found.stored.unit, found.folded.unit) == ("X", "A")
    assert not report.sound


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("position = 99", True),
        ("hours = hours + 0.0000001", True),
        ("path = '[]'", True),
        ("since = since + interval '1 microsecond'", True),
        ("unit = unit", False),
    ],
)
def test_every_column_counts(followed: Store, change: str, differs: bool) -> None:
    report = by_hand(followed, " ".join(["UPDATE views.sagas SET", change]))
    assert report.differing == (2 if differs else 0)


def test_a_missing_row_and_one_too_many_are_named(followed: Store) -> None:
    report = by_hand(followed, "DELETE FROM views.sagas WHERE case_id = %s", stream(1))
    assert named(report) == [("sagas", ONE)]
    assert report.differences[0].stored is None
    more = "INSERT INTO views.saga_cells VALUES (7, 'X', false)"
    report = by_hand(followed, more)
    assert ("saga_cells", '["X",false]') in named(report)
    assert report.differences[-1].folded is None


def test_a_changed_count_and_a_changed_occurrence_are_named(followed: Store) -> None:
    report = by_hand(followed, "UPDATE views.saga_cells SET n = n + 1")
    assert named(report) == [("saga_cells", '["A",false]')]
    report = by_hand(followed, "UPDATE views.saga_moves SET to_unit = 'X'")
    assert report.differing == 3


def test_a_row_that_cannot_even_be_read_is_named(followed: Store) -> None:
    statement = "UPDATE views.sagas SET path = '7' WHERE case_id = %s"
    report = by_hand(followed, statement, stream(1))
    assert named(report) == [("sagas", ONE)]


def test_a_promise_of_a_fresh_key_that_was_not_kept_is_named(store: Store) -> None:
    hasty = replace(
        SAGAS,
        handlers=(on(CaseReceived, begun, fresh=True), *SAGAS.handlers[1:]),
    )
    record(store, versioned([(1, received())]))
    Follower(store, [hasty]).catch_up()
    assert check(store, [hasty]).broken_promises == []
    record(store, versioned([(1, received()), (1, received())])[1:])
    Follower(store, [hasty]).catch_up()
    assert check(store, [hasty]).broken_promises == [("sagas", ONE)]


def test_a_check_while_facts_come_in_compares_one_moment(store: Store) -> None:
    follower = Follower(store, VIEWS)
    follower.catch_up()
    positions = []
    with in_the_background(follower.run, writer(store, 1)):
        for _ in range(6):
            report: Any = check(store, VIEWS)
            assert report.differing == 0
            positions.append(report.positions["sagas"])
    assert positions == sorted(positions)
    assert positions[-1] > positions[0]


def test_a_view_that_is_not_there_or_has_another_shape_cannot_be_checked(
    store: Store,
) -> None:
    with pytest.raises(NotReady):
        check(store, [SAGAS])
    Follower(store, [SAGAS]).catch_up()
    with pytest.raises(NotReady):
        check(store, [replace(SAGAS, version=2)])
