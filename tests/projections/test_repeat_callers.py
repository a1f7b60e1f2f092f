"""Repeat callers: the same customer with the same kind of matter, again."""

from __future__ import annotations

from uuid import UUID

from domain.case.classify import CaseClassified
from domain.case.merge import CaseMerged, CaseUnmerged
from domain.fact import Fact
from projections.boards import BOARDS
from projections.folding import fold_in_memory
from projections.reading import Held, Is, Within
from projections.repeat_callers import REPEAT_CALLERS, CallerCell
from projections.views import BY_NAME
from tests.projections.telling import logged, stream, versioned
from tests.support.scenario import CUSTOMER, DISPATCHER
from tests.support.story import happened, received

FEE = happened("received", DISPATCHER, CaseClassified(category="fee"))
MERGED = happened("merged", DISPATCHER, CaseMerged(into=stream(1), into_number="1"))
UNMERGED = happened(
    "received", DISPATCHER, CaseUnmerged(was_in=stream(1), to_unit="95598", reason="other")
)


def asked_of(*told: tuple[int, Fact]) -> Held:
    return Held(fold_in_memory([BY_NAME["boards"]], logged(versioned(told))))


def callers(*told: tuple[int, Fact]) -> list[CallerCell]:
    """Who has brought the same kind of matter at least twice."""
    return asked_of(*told).select(REPEAT_CALLERS.table, Within("n", least=2))


def cases(asked: Held, cell: CallerCell) -> set[UUID]:
    """The cases on the board that a cell must have counted."""
    rows = asked.select(
        BOARDS.table,
        Is("customer", cell.customer),
        Is("business_type", cell.business_type),
        Is("category", cell.category or None),
        Is("merged_into", None),
    )
    return {row.case_id for row in rows}


def fee(n: int) -> CallerCell:
    return CallerCell(customer=CUSTOMER, business_type="complaint", category="fee", n=n)


def test_one_case_is_no_repetition() -> None:
    assert callers((1, received()), (1, FEE)) == []


def test_two_cases_of_one_kind_are_and_open_into_exactly_these() -> None:
    told = ((1, received()), (1, FEE), (2, received()), (2, FEE), (3, received()))
    assert callers(*told) == [fee(2)]
    assert cases(asked_of(*told), fee(2)) == {stream(1), stream(2)}
    every = asked_of(*told).select(REPEAT_CALLERS.table)
    assert [(cell.category, cell.n) for cell in every] == [("", 1), ("fee", 2)]


def test_unclassified_cases_are_a_kind_of_their_own_that_opens_too() -> None:
    told = ((1, received()), (2, received()))
    (cell,) = callers(*told)
    assert (cell.category, cell.n, len(cases(asked_of(*told), cell))) == ("", 2, 2)


def test_a_merged_case_counts_no_longer_until_the_merge_is_undone() -> None:
    told = [(1, received()), (1, FEE), (2, received()), (2, FEE), (2, MERGED)]
    assert callers(*told) == []
    assert callers(*told, (2, UNMERGED)) == [fee(2)]


def test_an_enquiry_is_another_kind_than_a_complaint() -> None:
    assert callers((1, received()), (2, received("enquiry"))) == []
