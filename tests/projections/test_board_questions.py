"""Questions to the board: look-ups, worklists, and counts that open into their cases."""

from __future__ import annotations

from uuid import UUID

from projections.board_rows import BoardRow
from projections.boards import BOARDS, Boards, pages
from projections.folding import fold_in_memory
from projections.reading import Held, Is, Touches
from tests.projections.telling import at, logged, minutes, stream, versioned
from tests.projections.test_boards import history
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


def test_a_case_is_found_by_id_and_by_number() -> None:
    boards = questions()
    found = boards.case(stream(2))
    assert found is not None
    assert found.number == "B"
    assert boards.case(UUID(int=0)) is None
    assert numbers(boards.numbered("C")) == ["C"]


def test_the_open_board_lists_the_loops_that_are_not_closed_the_oldest_first() -> None:
    assert numbers(questions().cases(Is("open", True))) == ["1-36", "A", "B", "C"]
    dispatched = (Is("open", True), Is("stage", "dispatched"))
    assert numbers(questions().cases(*dispatched)) == ["A"]


def test_what_a_unit_or_a_person_must_do_next_can_be_asked() -> None:
    boards, east = questions(), Is("next_unit", "bailu-east")
    assert numbers(boards.cases(east)) == ["A", "B"]
    assert numbers(boards.cases(east, Is("next_person", "ran"))) == ["B"]
    assert numbers(boards.cases(east, Is("next_person", None))) == ["A"]
    assert numbers(boards.cases(Is("next_unit", "95598"))) == ["C"]


def test_what_a_unit_holds_or_ever_held_can_be_asked() -> None:
    seen = questions().cases(Touches("units", frozenset({"bailu-east"})))
    assert numbers(seen) == ["A", "B"]


def test_pages_of_any_size_together_are_the_whole_board() -> None:
    boards = questions()
    assert numbers(list(pages(boards, size=2))) == numbers(boards.cases())
