"""Two cases, one matter: repeats are linked, doubles merged, and a merge can be undone."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from domain.case.case import CaseFact
from domain.case.link_repeat import CaseLinkedAsRepeat, LinkRepeat
from domain.case.merge import (
    CaseAbsorbed,
    CaseMerged,
    CaseReleased,
    CaseUnmerged,
    MergeCase,
    UnmergeCase,
)
from tests.support import story
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    DISPATCHER,
    OTHER_ID,
    by,
    given,
)
from tests.support.story import (
    ARCHIVE,
    CALLBACK,
    HANDLING,
    RECEIPT,
    happened,
    received,
)

NUMBER = "260101-0000-0001"
HERE = story.NUMBER
OTHER = (received(number=NUMBER),)
OTHER_ARCHIVE = (received(number=NUMBER), *ARCHIVE[1:])
LINK = by(AGENT, LinkRepeat, earlier_case=OTHER_ID)
MERGE = by(DISPATCHER, MergeCase, into=OTHER_ID)
MERGED = CaseMerged(into=OTHER_ID, into_number=NUMBER)
ABSORBED = CaseAbsorbed(case=CASE_ID, number=HERE).onto(OTHER_ID)
MERGER: tuple[CaseFact, ...] = (*RECEIPT, happened("merged", DISPATCHER, MERGED))


# Repeats


def test_a_repeat_is_linked_to_the_closed_case_before_it() -> None:
    linked = CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number=NUMBER)
    case = given(*RECEIPT).beside(*OTHER_ARCHIVE).when(LINK).then(linked)
    assert case.repeat_of == OTHER_ID


def test_the_repeat_of_a_repeat_is_the_third_time() -> None:
    again = CaseLinkedAsRepeat(earlier_case=UUID(int=5), earlier_number="1", times=2)
    earlier = (*OTHER_ARCHIVE[:2], happened("received", AGENT, again), *OTHER_ARCHIVE[2:])
    linked = CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number=NUMBER, times=3)
    case = given(*RECEIPT).beside(*earlier).when(LINK).then(linked)
    assert case.repeats == 3


def test_a_repeat_is_linked_once() -> None:
    linked = CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number=NUMBER)
    start = given(*RECEIPT, happened("received", AGENT, linked)).beside(*OTHER_ARCHIVE)
    start.when(LINK).then_refused("nothing_new")


def test_an_open_case_is_urged_not_repeated() -> None:
    given(*RECEIPT).beside(*CALLBACK).when(LINK).then_refused("earlier_case_open")


def test_a_case_does_not_repeat_itself_or_nothing() -> None:
    given(*RECEIPT).when(LINK).then_refused("other_case_unknown")
    itself = by(AGENT, LinkRepeat, earlier_case=CASE_ID)
    given(*RECEIPT).when(itself).then_refused("same_case")


def test_a_case_that_may_not_be_read_is_not_there_to_link_to() -> None:
    report = (received("report", number=NUMBER), *ARCHIVE[1:])
    start = given(*RECEIPT).beside(*report)
    start.when(LINK).then_stage("received")
    types = dict(start.rules.types)
    types["report"] = replace(types["report"], readers=frozenset({"supervisor"}))
    start.under(replace(start.rules, types=types))
    start.when(LINK).then_refused("other_case_unknown")


# Merges


def test_the_matter_goes_on_in_the_other_case() -> None:
    case = given(*HANDLING).beside(*OTHER).when(MERGE).then(MERGED, ABSORBED)
    assert (case.stage, case.merged_into) == ("merged", OTHER_ID)
    assert case.holder_unit == "bailu-east"


def test_a_case_is_not_merged_into_itself_or_into_nothing() -> None:
    given(*RECEIPT).when(MERGE).then_refused("other_case_unknown")
    given(*RECEIPT).when(by(DISPATCHER, MergeCase, into=CASE_ID)).then_refused("same_case")


def test_merges_do_not_go_in_circles() -> None:
    gone = (
        *OTHER,
        happened("merged", DISPATCHER, CaseMerged(into=CASE_ID, into_number="x")),
    )
    given(*RECEIPT).beside(*gone).when(MERGE).then_refused("merged_itself")


def test_a_complaint_is_not_buried_in_a_closed_case() -> None:
    given(*RECEIPT).beside(*OTHER_ARCHIVE).when(MERGE).then_refused("merge_into_done")


def test_nothing_more_happens_in_a_merged_case() -> None:
    start = given(*MERGER).beside(*OTHER)
    start.when(MERGE).then_refused("no_such_move")
    start.when(LINK).then_refused("no_such_move")


def test_a_merge_is_undone_for_a_reason() -> None:
    case = (
        given(*MERGER)
        .when(by(DISPATCHER, UnmergeCase, reason="other_matter"))
        .then(CaseUnmerged(was_in=OTHER_ID, to_unit="95598", reason="other_matter"))
    )
    assert (case.stage, case.merged_into, case.holder_unit) == ("received", None, "95598")


def test_an_undone_merge_releases_the_case_that_had_absorbed_it() -> None:
    asked = by(DISPATCHER, UnmergeCase, reason="other_matter")
    with_it = (*OTHER, happened("received", DISPATCHER, ABSORBED))
    given(*MERGER).beside(*with_it).when(asked).then(
        CaseUnmerged(was_in=OTHER_ID, to_unit="95598", reason="other_matter"),
        CaseReleased(case=CASE_ID, number=HERE).onto(OTHER_ID),
    )


def test_undoing_a_merge_wants_a_known_reason_and_a_merge() -> None:
    given(*MERGER).when(by(DISPATCHER, UnmergeCase, reason="mood")).then_refused(
        "unknown_reason"
    )
    asked = by(DISPATCHER, UnmergeCase, reason="other_matter")
    given(*RECEIPT).when(asked).then_refused("no_such_move")
