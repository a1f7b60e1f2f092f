"""派发 Dispatch: send a received case to the unit that must handle it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, layers, open_unit
from domain.command import Command
from domain.fact import Fact
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchCase(Command):
    """Send the case to ``unit``. General cases: within 20 min of receipt (P8).

    ``reason`` is a code of kind ``dispatch``, for when the unit is not the obvious one.
    """

    ACTION: ClassVar[str] = "dispatch"

    unit: str
    reason: str | None = None


class CaseDispatched(CaseFact):
    """``to_unit`` holds the case from now on; nobody in it has accepted yet.

    ``layers``: levels of the organisation crossed; None when the two have no superior
    in common.
    """

    TOPIC: ClassVar[str] = "case.dispatched"

    from_unit: str
    to_unit: str
    reason: str | None = None
    layers: int | None = None

    def fold(self, case: Case) -> None:
        case.hold(self.to_unit)


def dispatch(case: Case, command: DispatchCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_unit``, ``unknown_reason``."""
    to_unit = open_unit(command.unit, command, setting)
    if command.reason is not None:
        coded(case, "dispatch", command.reason, setting)
    return [
        CaseDispatched(
            from_unit=case.holder_unit,
            to_unit=to_unit,
            reason=command.reason,
            layers=layers(case.holder_unit, to_unit, command, setting),
        )
    ]
