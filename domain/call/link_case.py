"""关联工单 Link a case: the call led to it, or is about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.authority import see
from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Fact
from domain.refused import NotFound, Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCase(Command):
    """The call belongs to ``case``; an abandoned one may too (B26)."""

    ACTION: ClassVar[str] = "link-case"

    case: UUID


class CallLinked(CallFact):
    """``case`` is one more case that the call belongs to."""

    TOPIC: ClassVar[str] = "call.linked"

    case: UUID

    def apply(self, aggregate: Call) -> None:
        aggregate.cases.append(self.case)


def link_case(call: Call, command: LinkCase, setting: Setting) -> list[Fact]:
    """Raises Refused ``case_linked``, and NotFound for a case whoever acts may not read:
    it looks like none."""
    if command.case in call.cases:
        raise Refused("case_linked")
    case = setting.case(command.case)
    if case is None:
        raise NotFound("no_such_case")
    see(case, command, setting)
    return [CallLinked(case=command.case)]
