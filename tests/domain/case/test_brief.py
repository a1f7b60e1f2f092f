"""A major case is reported in writing; any other is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case.brief import BriefIncident, IncidentBriefed
from domain.case.case import CaseFact
from domain.case.level import LevelAssessed
from tests.support.scenario import AGENT, HANDLER, by, given, policy, text
from tests.support.story import HANDLING, happened


def of_level(level: str) -> tuple[CaseFact, ...]:
    return (*HANDLING, happened("handling", AGENT, LevelAssessed(level=level)))


@pytest.mark.parametrize("level", ["major", "special"])
def test_a_major_case_is_reported_in_writing(level: str) -> None:
    asked = by(HANDLER, BriefIncident, report="injury", brief=text("two hurt"))
    told = IncidentBriefed(times=1, report="injury", level=level, brief=text("two hurt"))
    case = given(*of_level(level)).when(asked).then(told)
    assert case.briefs == 1


def test_it_is_reported_again_when_more_is_known() -> None:
    first = IncidentBriefed(times=1, report="other", level="major", brief=text("?"))
    facts = (*of_level("major"), happened("handling", HANDLER, first))
    asked = by(HANDLER, BriefIncident, report="media", brief=text("on the news"))
    told = IncidentBriefed(
        times=2, report="media", level="major", brief=text("on the news")
    )
    given(*facts).when(asked).then(told)


def test_what_is_not_major_needs_no_report() -> None:
    asked = by(HANDLER, BriefIncident, report="injury", brief=text("…"))
    for facts in (HANDLING, of_level("general"), of_level("important")):
        given(*facts).when(asked).then_refused("not_major")


def test_rules_that_call_nothing_major_want_no_report() -> None:
    asked = by(HANDLER, BriefIncident, report="injury", brief=text("…"))
    rules = replace(policy(), signals={})
    given(*of_level("special")).under(rules).when(asked).then_refused("not_major")


def test_a_report_says_what_it_is_about() -> None:
    asked = by(HANDLER, BriefIncident, report="weather", brief=text("…"))
    given(*of_level("major")).when(asked).then_refused("unknown_reason")
