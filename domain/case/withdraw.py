"""撤诉 Withdraw: the customer takes the complaint back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.callback_choice import choose
from domain.case.case import Case, CaseFact
from domain.case.rules import coded
from domain.command import Command
from domain.fact import Fact
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCase(Command):
    """Record that the customer withdraws, for a coded ``reason``."""

    ACTION: ClassVar[str] = "withdraw"

    reason: str


class CaseWithdrawn(CaseFact):
    """The customer wants nothing more. Somebody else closes it, after a look at it."""

    TOPIC: ClassVar[str] = "case.withdrawn"
    OWNER_ACT: ClassVar[bool] = False

    reason: str

    def fold(self, case: Case) -> None:
        case.withdrawn_for, case.withdrawn_by = self.reason, self.actor.person


def withdraw(case: Case, command: WithdrawCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``."""
    coded(case, "withdraw", command.reason, setting)
    return [CaseWithdrawn(reason=command.reason), choose(case, setting, withdrawn=True)]
