"""重大事件书面报告 Brief: what is known of a major case so far, in writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting

MAJOR = "major"


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefIncident(Command):
    """Report on a major case in writing (P1: within 2 h of the first report), and again
    when more is known. ``report`` is a code of the policy's table ``first_report``."""

    ACTION: ClassVar[str] = "brief-incident"

    report: str
    brief: Sealed


class IncidentBriefed(CaseFact):
    """The ``times``-th written report (from 1) on a case of this ``level``."""

    TOPIC: ClassVar[str] = "case.incident_briefed"

    times: int
    report: str
    level: str
    brief: Sealed

    def fold(self, case: Case) -> None:
        case.briefs = self.times


def brief_incident(case: Case, command: BriefIncident, setting: Setting) -> list[Fact]:
    """Raises Refused: ``not_major`` (not of a level that the policy's signal ``major``
    names), ``unknown_reason``."""
    major = setting.policy.signals.get(MAJOR)
    if case.level is None or major is None or case.level not in major.levels:
        raise Refused("not_major", level=case.level or "-")
    if command.report not in setting.policy.first_report:
        raise Refused("unknown_reason", kind="first_report", code=command.report)
    return [
        IncidentBriefed(
            times=case.briefs + 1,
            report=command.report,
            level=case.level,
            brief=command.brief,
        )
    ]
