"""受理 Receive: a case begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.case.case import Case, CaseBirth
from domain.case.classify import CaseClassified, category_for
from domain.case.identify import CustomerIdentified
from domain.case.level import LevelAssessed
from domain.case.number import case_number
from domain.case.referral import ReferralReceived, referring_body
from domain.case.rules import own_unit
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveCase(Command):
    """Open a case for what a customer says. The receiving agent's unit holds it first.

    ``secret`` (保密): nobody outside the centre learns who it is. ``anonymous`` (匿名):
    nobody does, so there is no name, phone or address (P14). ``wish`` is the remedy
    sought. What the agent already knows (customer, category, level, who referred it)
    may come along. ``customer`` and ``topics`` (what the content is about, by the codes of
    the policy) are filled in at the edge.
    """

    ACTION: ClassVar[str] = "receive"

    business_type: str
    channel: str = "95598"
    area: str | None = None
    content: Sealed | None = None
    wish: Sealed | None = None
    customer: UUID | None = None
    name: Sealed | None = None
    phone: Sealed | None = None
    address: Sealed | None = None
    secret: bool = False
    anonymous: bool = False
    call_id: UUID | None = None
    category: str | None = None
    level: str | None = None
    referral_body: str | None = None
    referral_number: str | None = None
    source: str | None = None
    source_id: str | None = None
    topics: tuple[str, ...] = ()


class CaseReceived(CaseBirth):
    """``holder_unit`` is the unit of whoever received it.

    ``customer`` names the key the texts are sealed under; of an anonymous caller
    nothing else is known. ``topics``: what the content speaks of, by codes of the policy,
    a handful at most (B21, B81).
    """

    TOPIC: ClassVar[str] = "case.received"

    number: str
    business_type: str
    channel: str
    holder_unit: str
    holder_person: str
    area: str | None = None
    content: Sealed | None = None
    wish: Sealed | None = None
    customer: UUID | None = None
    secret: bool = False
    anonymous: bool = False
    call_id: UUID | None = None
    source: str | None = None
    source_id: str | None = None
    topics: tuple[str, ...] = ()

    def fold(self, case: Case) -> None:
        case.number = self.number
        case.policy = self.policy or ""
        case.business_type = self.business_type
        case.channel = self.channel
        case.area = self.area
        case.received_at = case.round_at = self.occurred_at
        case.customer = self.customer
        case.secret, case.anonymous = self.secret, self.anonymous
        case.call_id = self.call_id
        case.source, case.source_id = self.source, self.source_id
        case.hold(self.holder_unit, self.holder_person, self.actor.post)


def receive(command: ReceiveCase, setting: Setting) -> list[Fact]:
    """One fact for the receipt, and one for each thing that was known at once.

    Raises Refused: ``unknown_type``, ``unknown_channel``, ``unknown_area``,
    ``anonymous_with_identity``, and whatever the policy does not know.
    """
    check(command, setting)
    received = CaseReceived(
        number=case_number(command.subject, command.at),
        business_type=command.business_type,
        channel=command.channel,
        area=command.area,
        holder_unit=own_unit(command, setting),
        holder_person=command.actor.person,
        content=command.content,
        wish=command.wish,
        customer=command.customer,
        secret=command.secret,
        anonymous=command.anonymous,
        call_id=command.call_id,
        source=command.source,
        source_id=command.source_id,
        topics=tuple(code for code in command.topics if code in setting.policy.topics),
    )
    return [received, *known_at_once(command, setting)]


def check(command: ReceiveCase, setting: Setting) -> None:
    policy = setting.policy
    if command.business_type not in policy.types:
        raise Refused("unknown_type", business_type=command.business_type)
    if command.channel not in policy.channels:
        raise Refused("unknown_channel", channel=command.channel)
    if command.area is not None and command.area not in policy.areas:
        raise Refused("unknown_area", code=command.area)
    if command.anonymous and tells_who(command):
        raise Refused("anonymous_with_identity")


def tells_who(command: ReceiveCase) -> bool:
    """Whether the caller gave any of the particulars."""
    return any((command.name, command.phone, command.address))


def known_at_once(command: ReceiveCase, setting: Setting) -> list[Fact]:
    facts: list[Fact] = []
    if tells_who(command):
        facts.append(
            CustomerIdentified(
                customer=command.customer,
                name=command.name,
                phone=command.phone,
                address=command.address,
            )
        )
    if command.category is not None:
        category = category_for(command.business_type, command.category, setting)
        facts.append(CaseClassified(category=category))
    if command.level is not None:
        facts.append(LevelAssessed(level=setting.policy.level(command.level).code))
    if command.referral_body is not None:
        body = referring_body(command.referral_body, setting)
        facts.append(ReferralReceived(body=body, number=command.referral_number))
    return facts
