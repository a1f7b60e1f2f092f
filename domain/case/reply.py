"""回单 Reply: the unit says what the cause was, what it did, what the customer is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToCase(Command):
    """Report ``cause`` and ``measures``, and the ``answer`` for the customer.

    ``responsibility`` is a code of kind ``responsibility`` (A4: the utility's, the
    customer's, force majeure, a third party's).
    """

    ACTION: ClassVar[str] = "reply"

    cause: Sealed
    measures: Sealed
    answer: Sealed
    responsibility: str


class ReplySubmitted(CaseFact):
    """``unit`` has replied; it still answers for the case until a callback is planned."""

    TOPIC: ClassVar[str] = "case.reply_submitted"

    unit: str
    person: str
    cause: Sealed
    measures: Sealed
    answer: Sealed
    responsibility: str

    def fold(self, case: Case) -> None:
        case.replies += 1
        case.replied_unit, case.replied_by = self.unit, self.person
        case.responsibility = self.responsibility
        case.handled(self.person)


def reply(case: Case, command: ReplyToCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``."""
    coded(case, "responsibility", command.responsibility, setting)
    return [
        ReplySubmitted(
            unit=case.holder_unit,
            person=command.actor.person,
            cause=command.cause,
            measures=command.measures,
            answer=command.answer,
            responsibility=command.responsibility,
        )
    ]
