"""Many at one case, two clocks, two cases in one decision: all get through, in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import sleep
from uuid import UUID

import pytest
from eventsourcing.persistence import IntegrityError

from api.patience import Turns
from domain.case.merge import CaseAbsorbed, CaseMerged, MergeCase, UnmergeCase
from domain.case.referral import ReferOut
from domain.case.urge import UrgeCase
from domain.patience import ATTEMPTS_MAX
from domain.refused import Contended, Refused
from tests.support.offices import DISPATCH, RECEIVE, URGE, Office
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    DISPATCHER,
    OTHER_ID,
    by,
    later,
)

# Many at once


def test_a_case_that_many_change_at_once_says_so(office: Office) -> None:
    office.desk.handle(RECEIVE)

    def overtaken() -> None:
        raise IntegrityError("somebody was faster")

    office.memory.log.before.extend([overtaken] * ATTEMPTS_MAX)
    with pytest.raises(Contended, match="contended"):
        office.desk.handle(URGE)
    office.memory.log.before.extend([overtaken] * (ATTEMPTS_MAX - 1))
    assert office.desk.handle(URGE).version == 3


def test_many_at_one_desk_who_urge_one_case_all_get_through(office: Office) -> None:
    """Each save is slow, so that without turns the others would overtake it again and
    again."""
    office.desk.handle(RECEIVE)
    urges = [replace(URGE, command_id=UUID(int=n)) for n in range(96)]
    office.memory.log.before.extend([lambda: sleep(0.001)] * len(urges))
    with (
        office.memory.desk(turn=Turns().of) as desk,
        ThreadPoolExecutor(24) as clients,
    ):
        answers = list(clients.map(desk.handle, urges))
    assert sorted(answer.version for answer in answers) == list(range(3, 99))
    assert office.case().urges == 96


def test_how_long_a_desk_tries_is_up_to_whoever_opens_it(office: Office) -> None:
    office.desk.handle(RECEIVE)

    def overtaken() -> None:
        raise IntegrityError("somebody was faster")

    office.memory.log.before.extend([overtaken] * 40)
    with office.memory.desk(attempts=lambda: iter(range(41))) as patient:
        assert patient.handle(URGE).version == 3


# In the order of time


def test_the_business_time_of_a_stream_never_goes_back(office: Office) -> None:
    """The clock of the one process is an hour behind that of the other."""
    office.desk.handle(replace(RECEIVE, at=later(hours=1)))
    office.rival.handle(URGE)
    office.desk.handle(by(AGENT, UrgeCase, at=later(hours=2)))
    times = [fact.occurred_at for fact in office.written()]
    assert times == [later(hours=1)] * 3 + [later(hours=2)]


# Onto another case too


SECOND = replace(RECEIVE, subject=OTHER_ID, command_id=UUID(int=5))
MERGE = by(DISPATCHER, MergeCase, into=OTHER_ID)
MERGE_BACK = replace(
    by(DISPATCHER, MergeCase, into=CASE_ID), subject=OTHER_ID, command_id=UUID(int=6)
)


def test_a_merge_is_on_record_in_both_cases_and_answers_for_its_own(
    office: Office,
) -> None:
    for command in (RECEIVE, SECOND, replace(DISPATCH, subject=OTHER_ID)):
        office.desk.handle(command)
    answer = office.desk.handle(MERGE)
    absorbed, merged = office.written()[-2:]
    assert isinstance(absorbed, CaseAbsorbed)
    assert isinstance(merged, CaseMerged)
    assert (answer.id, answer.version) == (CASE_ID, 3)
    assert answer == office.desk.handle(MERGE)
    assert (absorbed.originator_id, absorbed.originator_version) == (OTHER_ID, 4)
    assert (absorbed.stage, absorbed.terminal) == ("dispatched", False)
    assert (merged.stage, merged.terminal) == ("merged", True)
    assert absorbed.command_id == merged.command_id
    target = office.rival.case(OTHER_ID)
    assert target is not None
    assert (target.absorbed, target.stage) == ([CASE_ID], "dispatched")


def test_two_cases_are_not_merged_into_each_other_at_once(office: Office) -> None:
    office.desk.handle(RECEIVE)
    office.desk.handle(SECOND)
    office.desk.case(OTHER_ID)  # so that the desk has it in its cache
    office.memory.log.before.append(lambda: office.rival.handle(MERGE_BACK))
    with pytest.raises(Refused, match="merged_itself"):
        office.desk.handle(MERGE)
    assert office.topics().count("case.merged") == 1


def test_a_case_is_not_merged_into_one_that_is_just_being_closed(office: Office) -> None:
    office.desk.handle(RECEIVE)
    office.desk.handle(SECOND)
    gone = replace(
        by(DISPATCHER, ReferOut, body="12345", reason="other_remit"), subject=OTHER_ID
    )
    office.memory.log.before.append(lambda: office.rival.handle(gone))
    with pytest.raises(Refused, match="merge_into_done"):
        office.desk.handle(MERGE)


def test_an_undone_merge_is_on_record_in_both_cases(office: Office) -> None:
    for command in (RECEIVE, SECOND, MERGE):
        office.desk.handle(command)
    office.desk.handle(by(DISPATCHER, UnmergeCase, reason="other_matter"))
    assert office.topics()[-2:] == ["case.released", "case.unmerged"]
    target = office.rival.case(OTHER_ID)
    assert target is not None
    assert target.absorbed == []
