"""识别来电人 Identify the caller: who is on the line, as far as is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyCaller(Command):
    """Name the caller, also after the call has ended. ``customer`` comes from the edge."""

    ACTION: ClassVar[str] = "identify-caller"

    name: Sealed | None = None
    phone: Sealed | None = None
    address: Sealed | None = None
    customer: UUID | None = None


class CallerIdentified(CallFact):
    """``customer`` is the caller, as far as is known now; a later fact may know better."""

    TOPIC: ClassVar[str] = "caller.identified"

    name: Sealed | None = None
    phone: Sealed | None = None
    address: Sealed | None = None
    customer: UUID | None = None

    def apply(self, aggregate: Call) -> None:
        aggregate.customer = self.customer or aggregate.customer


def identify_caller(call: Call, command: IdentifyCaller, setting: Setting) -> list[Fact]:
    call.must_be_answered()
    return [
        CallerIdentified(
            name=command.name,
            phone=command.phone,
            address=command.address,
            customer=command.customer,
        )
    ]
