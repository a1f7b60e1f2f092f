"""派发 Dispatch: send a received case to the unit that must handle it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchCase(Command):
    """Send the case to ``unit``. General cases: within 20 min of receipt (P8)."""

    ACTION: ClassVar[str] = "dispatch"

    unit: str


class CaseDispatched(CaseFact):
    """``to_unit`` holds the case from now on; nobody in it has accepted yet."""

    TOPIC: ClassVar[str] = "case.dispatched"

    from_unit: str
    to_unit: str

    def fold(self, case: Case) -> None:
        case.hold(self.to_unit)


def dispatch(case: Case, command: DispatchCase, setting: Setting) -> list[Fact]:
    if setting.organisation.unit(command.unit, command.at) is None:
        raise Refused("unknown_unit", unit=command.unit)
    return [CaseDispatched(from_unit=case.holder_unit, to_unit=command.unit)]
