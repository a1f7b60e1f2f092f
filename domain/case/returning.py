"""退单 Return: the unit sends the case back to the centre, which agrees or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, layers, own_unit, seen_through
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCase(Command):
    """Ask the centre to take the case back, for a coded ``reason`` (A4: wrong area, type,
    missing facts). The unit holds it until the centre has decided."""

    ACTION: ClassVar[str] = "return"

    reason: str
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveReturn(Command):
    """Take the case back: the dispatcher's unit holds it from now on."""

    ACTION: ClassVar[str] = "approve-return"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseReturn(Command):
    """Leave the case with the unit that wanted to return it."""

    ACTION: ClassVar[str] = "refuse-return"

    note: Sealed | None = None


class CaseReturned(CaseFact):
    """``from_unit`` wants to return the case and still holds it."""

    TOPIC: ClassVar[str] = "case.returned"

    from_unit: str
    reason: str
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.returns += 1
        case.sent_on += 1
        case.returned_by = self.actor.person


class ReturnDecided(CaseFact):
    """``to_unit`` holds the case: the centre's when approved, else the one that asked.

    ``layers``: levels of the organisation crossed, as in CaseDispatched.
    """

    TOPIC: ClassVar[str] = "case.return_decided"

    approved: bool
    from_unit: str
    to_unit: str
    note: Sealed | None = None
    layers: int | None = None

    def fold(self, case: Case) -> None:
        case.hold(self.to_unit)
        case.release(self.to_unit)


def return_case(case: Case, command: ReturnCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``owner_forced``, ``unknown_reason``, ``reason_does_not_hold``."""
    seen_through(case, command, setting)
    coded(case, "return", command.reason, setting)
    return [
        CaseReturned(from_unit=case.holder_unit, reason=command.reason, note=command.note)
    ]


def approve_return(case: Case, command: ApproveReturn, setting: Setting) -> list[Fact]:
    """Raises Refused: ``own_request``, ``owner_forced`` (it was one return too many)."""
    if command.actor.person == case.returned_by:
        raise Refused("own_request")
    to_unit = own_unit(command, setting)
    seen_through(case, command, setting, to_unit=to_unit)
    return [
        ReturnDecided(
            approved=True,
            from_unit=case.holder_unit,
            to_unit=to_unit,
            layers=layers(case.holder_unit, to_unit, command, setting),
        )
    ]


def refuse_return(case: Case, command: RefuseReturn, setting: Setting) -> list[Fact]:
    unit = case.holder_unit
    return [
        ReturnDecided(
            approved=False,
            from_unit=unit,
            to_unit=unit,
            note=command.note,
            layers=layers(unit, unit, command, setting),
        )
    ]
