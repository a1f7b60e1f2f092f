"""Questions to the board: look-ups, worklists, and counts that open into their cases."""

from __future__ import annotations

from uuid import UUID

from projections.board_rows import BoardRow
from projections.boards import BOARDS, LOADS, Boards, Load, pages
from projections.folding import fold_in_memory
from projections.reading import Held, Is
from tests.projections.telling import at, logged, minutes, stream, versioned
from tests.projections.test_boards import history
from tests.support.scenario import CUSTOMER
from tests.support.story import ACCEPTED, CLOSED, DISPATCHED, WITHDRAWAL, received


def questions() -> Boards:
    told = [
        (1, at(minutes(1), received(number="A"))),
        (2, at(minutes(2), received(number="B"))),
        (3, at(minutes(3), received(number="C"))),
        (1, DISPATCHED),
        (2, DISPATCHED),
        (2, ACCEPTED),
        (3, WITHDRAWAL[-1]),
        (4, history("handling")[0]),
        (5, at(minutes(5), received(number="E"))),
        (5, CLOSED),
    ]
    return Boards(Held(fold_in_memory([BOARDS], logged(versioned(told)))))


def numbers(rows: list[BoardRow]) -> list[str]:
    return [row.number for row in rows]


def test_a_case_is_found_by_id_by_number_and_by_its_name_elsewhere() -> None:
    boards = questions()
    found = boards.case(stream(2))
    assert found is not None
    assert found.number == "B"
    assert boards.case(UUID(int=0)) is None
    assert numbers(boards.numbered("C")) == ["C"]
    imported = boards.sourced("bpi2013", "1-36")
    assert imported is not None
    assert imported.case_id == stream(4)
    assert boards.sourced("bpi2013", "9") is None


def test_the_open_board_lists_the_loops_that_are_not_closed_the_oldest_first() -> None:
    assert numbers(questions().open_cases()) == ["1-36", "A", "B", "C"]
    assert numbers(questions().open_cases(Is("stage", "dispatched"))) == ["A"]


def test_a_worklist_is_what_a_unit_or_a_person_must_do_next() -> None:
    boards, east = questions(), frozenset({"bailu-east"})
    assert numbers(boards.worklist(east)) == ["A", "B"]
    assert numbers(boards.worklist(east, "ran")) == ["B"]
    assert numbers(boards.unclaimed(east)) == ["A"]
    assert numbers(boards.worklist(frozenset({"95598"}))) == ["C"]


def test_each_count_opens_into_exactly_the_cases_it_counts() -> None:
    boards = questions()
    by = ("stage", "holder_unit")
    counts = boards.counts(*by)
    assert sum(counts.values()) == 4
    assert all(len(boards.opened(by, cell)) == n for cell, n in counts.items())
    loads: list[Load] = boards.loads()
    assert sum(cell.n for cell in loads) == 5
    assert all(len(boards.loaded(cell)) == cell.n for cell in loads)
    assert LOADS.table.name == "loads"


def test_whoever_sees_only_a_unit_sees_what_it_holds_or_ever_held() -> None:
    boards = questions()
    seen = boards.cases(boards.seen_by(frozenset({"bailu-east"})))
    assert numbers(seen) == ["A", "B"]
    assert len(boards.of_customer(CUSTOMER)) == 4


def test_pages_of_any_size_together_are_the_whole_board() -> None:
    boards = questions()
    assert numbers(list(pages(boards, size=2))) == numbers(boards.cases())
