"""交接 Hand over: offer the case to another unit or person, who accepts it or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, layers, open_unit, seen_through
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferHandover(Command):
    """Offer the case to ``unit``, or to one ``person`` in it (B12).

    Whoever offers goes on holding the case until the other side accepts.
    """

    ACTION: ClassVar[str] = "offer-handover"

    unit: str
    person: str | None = None
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptHandover(Command):
    """Take over what was offered; custody changes at this instant."""

    ACTION: ClassVar[str] = "accept-handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseHandover(Command):
    """Decline what was offered, or take one's own offer back, for a coded ``reason``."""

    ACTION: ClassVar[str] = "refuse-handover"

    reason: str


class HandoverOffered(CaseFact):
    """The case is offered to ``to_unit``; ``from_unit`` still holds it."""

    TOPIC: ClassVar[str] = "case.handover_offered"

    from_unit: str
    to_unit: str
    to_person: str | None = None
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.offered_to_unit, case.offered_to_person = self.to_unit, self.to_person
        case.offered_by = self.actor.person


class HandoverAccepted(CaseFact):
    """``to_person`` holds the case for ``to_unit`` from now on.

    ``layers``: levels of the organisation crossed, as in CaseDispatched.
    """

    TOPIC: ClassVar[str] = "case.handover_accepted"

    from_unit: str
    from_person: str | None
    to_unit: str
    to_person: str
    to_post: str | None = None
    layers: int | None = None

    def fold(self, case: Case) -> None:
        case.hold(self.to_unit, self.to_person, self.to_post)
        case.release(self.to_unit)
        case.handled(self.to_person)


class HandoverRefused(CaseFact):
    """Nothing changed hands; ``unit`` had been offered the case."""

    TOPIC: ClassVar[str] = "case.handover_refused"

    unit: str
    reason: str

    def fold(self, case: Case) -> None:
        case.end_offer()


def offer_handover(case: Case, command: OfferHandover, setting: Setting) -> list[Fact]:
    """Raises Refused: ``handover_pending``, ``unknown_unit``, ``already_there``,
    ``owner_forced``."""
    if case.offered_to_unit is not None:
        raise Refused("handover_pending", unit=case.offered_to_unit)
    to_unit = open_unit(command.unit, command, setting)
    if to_unit == case.holder_unit and command.person in {None, case.holder_person}:
        raise Refused("already_there", unit=to_unit)
    seen_through(case, command, setting, to_unit=to_unit)
    return [
        HandoverOffered(
            from_unit=case.holder_unit,
            to_unit=to_unit,
            to_person=command.person,
            note=command.note,
        )
    ]


def accept_handover(case: Case, command: AcceptHandover, setting: Setting) -> list[Fact]:
    """Raises Refused: ``no_handover``, ``own_offer``, ``offered_to_another``,
    ``owner_forced`` (it was offered before that)."""
    to_unit, actor = offered(case), command.actor
    if actor.person == case.offered_by:
        raise Refused("own_offer")
    mine = setting.organisation.scope(actor.unit or "", command.at)
    if to_unit not in mine or case.offered_to_person not in {None, actor.person}:
        raise Refused("offered_to_another", unit=to_unit)
    to_unit = setting.organisation.successor(to_unit, command.at) or to_unit
    seen_through(case, command, setting, to_unit=to_unit)
    return [
        HandoverAccepted(
            from_unit=case.holder_unit,
            from_person=case.holder_person,
            to_unit=to_unit,
            to_person=actor.person,
            to_post=actor.post,
            layers=layers(case.holder_unit, to_unit, command, setting),
        )
    ]


def refuse_handover(case: Case, command: RefuseHandover, setting: Setting) -> list[Fact]:
    """Raises Refused: ``no_handover``, ``unknown_reason``."""
    to_unit = offered(case)
    coded(case, "refuse_handover", command.reason, setting)
    return [HandoverRefused(unit=to_unit, reason=command.reason)]


def offered(case: Case) -> str:
    """The unit that was offered the case."""
    if case.offered_to_unit is None:
        raise Refused("no_handover")
    return case.offered_to_unit
