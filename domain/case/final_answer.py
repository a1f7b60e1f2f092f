"""答复客户 Final answer: the customer is told what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.callback_choice import choose
from domain.case.case import Case, CaseFact
from domain.case.rules import coded
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveFinalAnswer(Command):
    """Tell the customer, on the call (A1, enquiries) or once the reply was approved."""

    ACTION: ClassVar[str] = "give-final-answer"

    answer: Sealed
    means: str


class FinalAnswerGiven(CaseFact):
    """The customer knows. ``on_receipt``: answered on the call, nobody else handled it."""

    TOPIC: ClassVar[str] = "case.final_answer_given"

    answer: Sealed
    means: str
    on_receipt: bool

    def fold(self, case: Case) -> None:
        case.answered_at = self.occurred_at
        if self.on_receipt:
            case.handled(self.actor.person)


def give_final_answer(case: Case, command: GiveFinalAnswer, setting: Setting) -> list[Fact]:
    """With the answer it is decided whether the customer is called back.

    Raises Refused: ``already_answered``, ``unknown_reason``.
    """
    if case.answered_at is not None:
        raise Refused("already_answered")
    coded(case, "means", command.means, setting)
    on_receipt = case.stage == setting.policy.start
    return [
        FinalAnswerGiven(answer=command.answer, means=command.means, on_receipt=on_receipt),
        choose(case, setting),
    ]
