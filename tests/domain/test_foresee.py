"""What a command would get can be asked before it is meant, and nothing is recorded."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from domain.case.dispatch import DispatchCase
from domain.refused import NotFound, NotPermitted, Refused, Stale
from tests.support.offices import DISPATCH, RECEIVE, URGE, Office
from tests.support.scenario import AGENT, DISPATCHER, by

AUDITOR = replace(AGENT, role="auditor")


def test_what_would_go_through_is_none_and_writes_nothing(office: Office) -> None:
    assert office.desk.foresee(RECEIVE) is None
    assert office.written() == []
    answer = office.desk.handle(RECEIVE)
    assert office.desk.foresee(DISPATCH, version=answer.version) is None
    assert len(office.written()) == answer.version


def test_what_was_done_gets_its_answer(office: Office) -> None:
    answer = office.desk.handle(RECEIVE, fingerprint=b"a")
    assert office.desk.foresee(RECEIVE, fingerprint=b"a") == answer
    with pytest.raises(Refused, match="command_reused"):
        office.desk.foresee(RECEIVE, fingerprint=b"b")


def test_what_would_be_refused_is_refused_alike(office: Office) -> None:
    office.desk.handle(RECEIVE)
    hidden = replace(URGE, subject=UUID(int=4))
    for command, version, refusal in (
        (by(DISPATCHER, DispatchCase, unit="nowhere"), None, Refused),
        (DISPATCH, 1, Stale),
        (replace(DISPATCH, actor=AUDITOR), None, NotPermitted),
        (hidden, None, NotFound),
        (replace(RECEIVE, command_id=UUID(int=99)), None, Refused),
    ):
        with pytest.raises(refusal) as foreseen:
            office.desk.foresee(command, version=version)
        with pytest.raises(refusal) as told:
            office.desk.handle(command, version=version)
        assert foreseen.value.code == told.value.code


def test_what_another_desk_did_meanwhile_is_foreseen(office: Office) -> None:
    office.desk.handle(RECEIVE)
    assert office.desk.foresee(URGE, version=2) is None
    office.rival.handle(DISPATCH)
    with pytest.raises(Stale):
        office.desk.foresee(URGE, version=2)
