"""重办 Reopen: take up again what was done with. The right to it never expires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.callback import COMPLETED
from domain.case.case import Case, CaseFact
from domain.case.rules import centre, coded
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase(Command):
    """Take the case up again, for a coded ``reason``.

    Once archived or referred out it begins again at the centre. From the callback of a
    dissatisfied customer it goes straight back to the unit that replied (A6), where
    somebody has to accept it again.
    """

    ACTION: ClassVar[str] = "reopen"

    reason: str
    note: Sealed | None = None


class CaseReopened(CaseFact):
    """``to_unit`` holds the case from now on. ``rehandling``: from the callback."""

    TOPIC: ClassVar[str] = "case.reopened"

    from_stage: str
    to_unit: str
    rehandling: bool
    reason: str
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.begin_again(rehandling=self.rehandling)
        case.round_at = self.occurred_at
        case.come_round(self.to_unit)


def reopen(case: Case, command: ReopenCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``, ``not_dissatisfied``, ``rehandled``."""
    coded(case, "reopen", command.reason, setting)
    rehandling = not setting.policy.terminal(case.stage)
    to_unit = centre(command, setting)
    if rehandling:
        may_rehandle(case, setting)
        to_unit = who_replied(case, command, setting) or to_unit
    return [
        CaseReopened(
            from_stage=case.stage,
            to_unit=to_unit,
            rehandling=rehandling,
            reason=command.reason,
            note=command.note,
        )
    ]


def may_rehandle(case: Case, setting: Setting) -> None:
    """Once the customer has said it is not right, and as often as the policy has it."""
    said = case.satisfaction
    redo = said is not None and setting.policy.satisfied(said).redo
    if case.callback_outcome != COMPLETED or not (redo or case.solved is False):
        raise Refused("not_dissatisfied")
    if case.rehandlings >= setting.policy.callback.rehandle_max:
        raise Refused("rehandled", times=case.rehandlings)


def who_replied(case: Case, command: Command, setting: Setting) -> str | None:
    """The unit that replied, or the one it has become; None when there is none."""
    if case.replied_unit is None:
        return None
    return setting.organisation.successor(case.replied_unit, command.at)
