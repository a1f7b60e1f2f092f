"""转派 Reassign: send a case on to another unit before anybody has answered it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, layers, open_unit, seen_through
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignCase(Command):
    """Send the case to another ``unit``, for a coded ``reason`` (A4, B35)."""

    ACTION: ClassVar[str] = "reassign"

    unit: str
    reason: str


class CaseReassigned(CaseFact):
    """``to_unit`` holds the case from now on; nobody in it has accepted yet.

    ``layers``: levels of the organisation crossed, as in CaseDispatched.
    """

    TOPIC: ClassVar[str] = "case.reassigned"

    from_unit: str
    to_unit: str
    reason: str
    layers: int | None = None

    def fold(self, case: Case) -> None:
        case.sent_on += 1
        case.hold(self.to_unit)
        case.release(self.to_unit)


def reassign(case: Case, command: ReassignCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_unit``, ``already_there``, ``owner_forced``,
    ``unknown_reason``."""
    to_unit = open_unit(command.unit, command, setting)
    if to_unit == case.holder_unit:
        raise Refused("already_there", unit=to_unit)
    seen_through(case, command, setting, to_unit=to_unit)
    coded(case, "reassign", command.reason, setting)
    return [
        CaseReassigned(
            from_unit=case.holder_unit,
            to_unit=to_unit,
            reason=command.reason,
            layers=layers(case.holder_unit, to_unit, command, setting),
        )
    ]
