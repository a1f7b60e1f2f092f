"""客户识别 Identify: say whose case it is. The particulars stay sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyCustomer(Command):
    """Say who the customer is; what is left out stays as it was.

    ``customer`` is filled in at the edge, from the phone number.
    """

    ACTION: ClassVar[str] = "identify-customer"

    customer: UUID | None = None
    name: Sealed | None = None
    phone: Sealed | None = None
    address: Sealed | None = None


class CustomerIdentified(CaseFact):
    """Whose case it is. Only who may open the envelopes learns more than the masks."""

    TOPIC: ClassVar[str] = "case.customer_identified"
    OWNER_ACT: ClassVar[bool] = False

    customer: UUID | None = None
    name: Sealed | None = None
    phone: Sealed | None = None
    address: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.customer = self.customer or case.customer
        case.reachable = case.reachable or self.phone is not None
        # Who gives a name or a number after all is anonymous no longer.
        case.anonymous = False


def identify_customer(
    case: Case, command: IdentifyCustomer, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``nobody_identified``."""
    if command.name is None and command.phone is None and command.address is None:
        raise Refused("nobody_identified")
    return [
        CustomerIdentified(
            customer=command.customer,
            name=command.name,
            phone=command.phone,
            address=command.address,
        )
    ]
