"""接单 Accept: somebody in the unit takes the case in hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import Fact
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptCase(Command):
    """Take the case in hand, in person. Default: within 2 h of dispatch (K)."""

    ACTION: ClassVar[str] = "accept"


class CaseAccepted(CaseFact):
    """``person`` holds the case for ``unit`` from now on."""

    TOPIC: ClassVar[str] = "case.accepted"

    unit: str
    person: str
    post: str | None = None

    def fold(self, case: Case) -> None:
        case.trail[-1:] = [self.unit]  # what the unit was merged into: it went nowhere
        case.hold(self.unit, self.person, self.post)
        case.handled(self.person)


def accept(case: Case, command: AcceptCase, setting: Setting) -> list[Fact]:
    """A unit that was merged away is followed by its successor from here on (B39)."""
    unit = setting.organisation.successor(case.holder_unit, command.at) or case.holder_unit
    actor = command.actor
    return [CaseAccepted(unit=unit, person=actor.person, post=actor.post)]
