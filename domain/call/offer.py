"""来电呼入 Offer: a call begins to ring at the hotline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Birth, Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCall(Command):
    """A call rings on ``line`` (the number or queue that was reached).

    ``phone`` is the caller's number, sealed; ``customer`` is who the edge knows by it.
    """

    ACTION: ClassVar[str] = "offer"

    channel: str = "95598"
    line: str = ""
    phone: Sealed | None = None
    customer: UUID | None = None


class CallOffered(CallFact, Birth):
    """The call rings from now on, for the unit that staffs the line."""

    TOPIC: ClassVar[str] = "call.offered"
    originator_topic = "call"

    channel: str
    line: str
    unit: str
    phone: Sealed | None = None
    customer: UUID | None = None

    def apply(self, aggregate: Call) -> None:
        aggregate.channel = self.channel
        aggregate.line = self.line
        aggregate.unit = self.unit
        aggregate.customer = self.customer
        aggregate.offered_at = self.occurred_at


def offer(command: OfferCall, setting: Setting) -> list[Fact]:
    if command.channel not in setting.policy.channels:
        raise Refused("unknown_channel", channel=command.channel)
    return [
        CallOffered(
            channel=command.channel,
            line=command.line,
            unit=command.actor.unit or setting.policy.intake_unit,
            phone=command.phone,
            customer=command.customer,
        )
    ]
