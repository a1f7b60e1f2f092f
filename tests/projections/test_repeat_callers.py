"""Repeat callers: the same customer with the same kind of matter, again."""

from __future__ import annotations

from domain.case.classify import CaseClassified
from domain.case.merge import CaseMerged, CaseUnmerged
from domain.fact import Fact
from projections.folding import fold_in_memory
from projections.reading import Held
from projections.repeat_callers import CallerCell, RepeatCallers
from projections.views import BY_NAME
from tests.projections.telling import logged, stream, versioned
from tests.support.scenario import CUSTOMER, DISPATCHER
from tests.support.story import happened, received

FEE = happened("received", DISPATCHER, CaseClassified(category="fee"))
MERGED = happened("merged", DISPATCHER, CaseMerged(into=stream(1), into_number="1"))
UNMERGED = happened(
    "received", DISPATCHER, CaseUnmerged(was_in=stream(1), to_unit="95598", reason="other")
)


def callers(*told: tuple[int, Fact]) -> RepeatCallers:
    found = fold_in_memory([BY_NAME["boards"]], logged(versioned(told)))
    return RepeatCallers(Held(found))


def fee(n: int) -> CallerCell:
    return CallerCell(customer=CUSTOMER, business_type="complaint", category="fee", n=n)


def test_one_case_is_no_repetition() -> None:
    assert callers((1, received()), (1, FEE)).callers() == []


def test_two_cases_of_one_kind_are_and_open_into_exactly_these() -> None:
    asked = callers((1, received()), (1, FEE), (2, received()), (2, FEE), (3, received()))
    assert asked.callers() == [fee(2)]
    assert {row.case_id for row in asked.cases(fee(2))} == {stream(1), stream(2)}
    assert [cell.category for cell in asked.of_customer(CUSTOMER, least=1)] == ["", "fee"]


def test_unclassified_cases_are_a_kind_of_their_own_that_opens_too() -> None:
    asked = callers((1, received()), (2, received()))
    (cell,) = asked.callers()
    assert (cell.category, cell.n, len(asked.cases(cell))) == ("", 2, 2)


def test_a_merged_case_counts_no_longer_until_the_merge_is_undone() -> None:
    told = [(1, received()), (1, FEE), (2, received()), (2, FEE), (2, MERGED)]
    assert callers(*told).callers() == []
    assert callers(*told, (2, UNMERGED)).callers() == [fee(2)]


def test_an_enquiry_is_another_kind_than_a_complaint() -> None:
    assert callers((1, received()), (2, received("enquiry"))).callers() == []
