"""Views as they stood: as of a moment, and by what had happened until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import sleep

import pytest

from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.fact import Fact
from projections.boards import BOARDS, Boards
from projections.folding import fold_in_memory
from projections.handovers import HANDOVERS
from projections.moments import NotFolded, as_of, happened_by, source_at
from projections.reading import Held
from store import Store
from tests.projections.telling import at, minutes, record, stream, versioned
from tests.support.story import ACCEPTED, DISPATCHED, received

VIEWS = (BOARDS, HANDOVERS)


def recorded_one_by_one(store: Store, facts: list[Fact]) -> None:
    """Each fact a moment after the one before."""
    for fact in facts:
        record(store, [fact])
        sleep(0.002)


def test_as_of_a_moment_is_the_log_cut_where_it_was_known(store: Store) -> None:
    told = [(1, received()), (2, received()), (1, DISPATCHED), (2, DISPATCHED)]
    recorded_one_by_one(store, versioned([*told, (1, ACCEPTED)]))
    entries = store.log.read(0, 100)
    for cut, entry in enumerate(entries, start=1):
        then = as_of(store.log, VIEWS, entry.recorded_at)
        expected = fold_in_memory(VIEWS, entries[:cut])
        assert then.position == cut
        for table in (table for view in VIEWS for table in view.tables):
            assert then[table.name] == expected[table.name]
    early = as_of(store.log, VIEWS, entries[0].recorded_at - timedelta(seconds=1))
    assert early["boards"] == {}


def test_what_had_happened_by_then_is_in_the_order_of_happening(store: Store) -> None:
    # The second case happened first, and was recorded last.
    first = [(1, at(minutes(10), received())), (1, at(minutes(20), DISPATCHED))]
    second = [(2, at(minutes(1), received())), (2, at(minutes(30), DISPATCHED))]
    record(store, versioned([*first, *second]))
    entries = store.log.read(0, 100)
    in_order = sorted(entries, key=lambda e: (e.fact.occurred_at, e.position))
    for minute in (0, 1, 10, 15, 20, 30):
        then = happened_by(store.log, VIEWS, minutes(minute))
        cut = [e for e in in_order if e.fact.occurred_at <= minutes(minute)]
        expected = fold_in_memory(VIEWS, cut)
        for table in (table for view in VIEWS for table in view.tables):
            assert then[table.name] == expected[table.name]
    board = Boards(Held(happened_by(store.log, VIEWS, minutes(15))))
    assert [(row.case_id, row.stage) for row in board.cases()] == [
        (stream(2), "received"),
        (stream(1), "received"),
    ]


def history(source_id: str, *steps: tuple[str, float]) -> list[Fact]:
    """A case of another system: its stages, each with the minute its clock told."""
    begun = CaseWitnessed(
        stage=steps[0][0],
        number=source_id,
        source="old",
        source_id=source_id,
        business_type="opinion",
        channel="website",
        holder_unit="u",
    )
    told: list[Fact] = [at(minutes(steps[0][1]), begun)]
    for row, (stage, minute) in enumerate(steps, start=1):
        step = StepWitnessed(stage=stage, row=row, activity=stage, unit="u")
        told.append(at(minutes(minute), step))
    return told


def test_history_whose_times_fall_is_folded_in_its_own_order(store: Store) -> None:
    backwards = history("1", ("received", 10), ("reviewed", 5), ("closed", 20))
    straight = history("2", ("received", 7), ("closed", 12))
    record(store, versioned([*((1, f) for f in backwards), *((2, f) for f in straight)]))

    def stages(minute: float) -> dict[str, str]:
        then = happened_by(store.log, VIEWS, minutes(minute))
        assert not then.parked
        return {row.number: row.stage for row in then["boards"].values()}

    # Nothing of the first case had happened before it began, whatever its rows say.
    assert stages(5) == {}
    assert stages(7) == {"2": "received"}
    assert stages(10) == {"1": "reviewed", "2": "received"}
    assert stages(12) == {"1": "reviewed", "2": "closed"}
    whole = happened_by(store.log, VIEWS, minutes(99))
    in_log_order = fold_in_memory(VIEWS, store.log.scan())
    assert {key: (row.stage, row.version) for key, row in whole["boards"].items()} == {
        key: (row.stage, row.version) for key, row in in_log_order["boards"].items()
    }


def test_a_moment_that_cannot_be_folded_is_not_told_as_if_it_could(store: Store) -> None:
    record(store, versioned([(1, received()), (2, DISPATCHED)]))
    first = rf"2 facts .* boards ..{stream(2)}.. at 2"
    for ask in (as_of, happened_by):
        with pytest.raises(NotFolded, match=first):
            ask(store.log, VIEWS, datetime.now(UTC))
    with pytest.raises(NotFolded):
        source_at(store, VIEWS, known=datetime.now(UTC))
    with pytest.raises(NotFolded):
        source_at(store, VIEWS, happened=datetime.now(UTC))
