"""重复投诉 Link as repeat: the same customer, the same matter, once answered already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.case.case import Case, CaseFact
from domain.case.rules import another_case
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRepeat(Command):
    """Link this case to ``earlier_case``, which is closed: an open one is urged (P14)."""

    ACTION: ClassVar[str] = "link-repeat"

    earlier_case: UUID


class CaseLinkedAsRepeat(CaseFact):
    """The matter had been answered before, in the earlier case. With it, the customer has
    said the same for the ``times``-th time in a row."""

    TOPIC: ClassVar[str] = "case.linked_as_repeat"
    OWNER_ACT: ClassVar[bool] = False

    earlier_case: UUID
    earlier_number: str
    times: int = 2

    def fold(self, case: Case) -> None:
        case.repeat_of, case.repeats = self.earlier_case, self.times


def link_repeat(case: Case, command: LinkRepeat, setting: Setting) -> list[Fact]:
    """Raises Refused: ``same_case``, ``other_case_unknown``, ``earlier_case_open``,
    ``nothing_new``."""
    earlier = another_case(case, command.earlier_case, command, setting)
    if not setting.policy.terminal(earlier.stage):
        raise Refused("earlier_case_open", number=earlier.number)
    if earlier.id == case.repeat_of:
        raise Refused("nothing_new")
    return [
        CaseLinkedAsRepeat(
            earlier_case=earlier.id,
            earlier_number=earlier.number,
            times=earlier.repeats + 1,
        )
    ]
