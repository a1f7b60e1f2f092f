"""督办 Supervise: the centre orders a unit to see to a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import open_unit
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperviseCase(Command):
    """Order ``to_unit`` (by default the holder) to see to the case (B49, B86)."""

    ACTION: ClassVar[str] = "supervise"

    order: Sealed
    to_unit: str | None = None


class SupervisionOrdered(CaseFact):
    """``from_unit`` ordered ``to_unit`` for the ``times``-th time (from 1) in this case."""

    TOPIC: ClassVar[str] = "case.supervision_ordered"

    from_unit: str | None
    to_unit: str
    times: int
    order: Sealed

    def fold(self, case: Case) -> None:
        case.supervisions = self.times


def supervise(case: Case, command: SuperviseCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_unit``."""
    to_unit = case.holder_unit
    if command.to_unit is not None:
        to_unit = open_unit(command.to_unit, command, setting)
    return [
        SupervisionOrdered(
            from_unit=command.actor.unit,
            to_unit=to_unit,
            times=case.supervisions + 1,
            order=command.order,
        )
    ]
