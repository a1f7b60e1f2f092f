"""受理 Receive: a case begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseBirth
from domain.case.number import case_number
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveCase(Command):
    """Open a case for what a customer says. The receiving agent's unit holds it first."""

    ACTION: ClassVar[str] = "receive"

    business_type: str
    channel: str = "95598"
    content: Sealed | None = None


class CaseReceived(CaseBirth):
    """``holder_unit`` is the unit of whoever received it."""

    TOPIC: ClassVar[str] = "case.received"

    number: str
    business_type: str
    channel: str
    holder_unit: str
    holder_person: str
    content: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.number = self.number
        case.policy = self.policy or ""
        case.business_type = self.business_type
        case.channel = self.channel
        case.received_at = self.occurred_at
        case.hold(self.holder_unit, self.holder_person)


def receive(command: ReceiveCase, setting: Setting) -> list[Fact]:
    if command.business_type not in setting.policy.types:
        raise Refused("unknown_type", business_type=command.business_type)
    if command.channel not in setting.policy.channels:
        raise Refused("unknown_channel", channel=command.channel)
    return [
        CaseReceived(
            number=case_number(command.subject, command.at),
            business_type=command.business_type,
            channel=command.channel,
            holder_unit=command.actor.unit or setting.policy.intake_unit,
            holder_person=command.actor.person,
            content=command.content,
        )
    ]
