"""联系客户 Contact: the unit that handles the case speaks to the customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCustomer(Command):
    """Record a contact, first within 24 h (P1). ``outcome`` is a code of kind ``contact``,
    ``means`` one of kind ``means`` (phone, visit, letter …)."""

    ACTION: ClassVar[str] = "contact-customer"

    means: str
    outcome: str
    note: Sealed | None = None


class CustomerContacted(CaseFact):
    """The customer was spoken to (``reached``), perhaps ``on_site``, or only tried for."""

    TOPIC: ClassVar[str] = "case.customer_contacted"

    means: str
    outcome: str
    reached: bool
    on_site: bool = False
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.contacts += 1
        case.handled(self.actor.person)


def contact_customer(case: Case, command: ContactCustomer, setting: Setting) -> list[Fact]:
    """Whoever handles a secret or anonymous case cannot know whom to call (A4, P14).

    Raises Refused: ``customer_hidden``, ``unknown_reason``.
    """
    if case.secret or case.anonymous:
        raise Refused("customer_hidden")
    coded(case, "means", command.means, setting)
    outcome = coded(case, "contact", command.outcome, setting)
    return [
        CustomerContacted(
            means=command.means,
            outcome=command.outcome,
            reached=outcome.reached,
            on_site=outcome.on_site,
            note=command.note,
        )
    ]
