"""督办 Supervise: a body with power over a unit orders it to see to a case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, open_unit
from domain.case.state import Order
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.organisation.organisation import Organisation
from domain.refused import NotPermitted, Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperviseCase(Command):
    """Order ``to_unit`` (by default the holder) to see to the case (B1, B49, B86)."""

    ACTION: ClassVar[str] = "supervise"

    order: Sealed
    to_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSupervision(Command):
    """Say for the ordered unit what was done about its order ``n``; by default the oldest
    one that waits for this unit."""

    ACTION: ClassVar[str] = "answer-supervision"

    answer: Sealed
    n: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSupervision(Command):
    """Be content with the answer to order ``n``; by default the oldest answered one, or
    else the oldest. One that nobody answered needs a ``reason``: a code of ``close_order``.
    """

    ACTION: ClassVar[str] = "close-supervision"

    n: int | None = None
    reason: str | None = None
    note: Sealed | None = None


class SupervisionOrdered(CaseFact):
    """``from_unit`` ordered ``to_unit`` for the ``times``-th time (from 1) in this case.

    The answer clock begins with it. While it runs, another order does not begin it anew:
    the time of the first one counts until all are answered.
    """

    TOPIC: ClassVar[str] = "case.supervision_ordered"
    OWNER_ACT: ClassVar[bool] = False

    from_unit: str | None
    to_unit: str
    times: int
    order: Sealed

    def fold(self, case: Case) -> None:
        case.supervisions = self.times
        given = Order(
            n=self.times,
            from_unit=self.from_unit,
            from_person=self.actor.person,
            to_unit=self.to_unit,
        )
        case.orders = [*case.orders, given]


class SupervisionAnswered(CaseFact):
    """``person`` answered order ``n`` for ``unit``, which had been ordered.

    ``all_answered``: no open order waits for an answer any more.
    """

    TOPIC: ClassVar[str] = "case.supervision_answered"

    n: int
    unit: str
    person: str
    answer: Sealed
    all_answered: bool

    def fold(self, case: Case) -> None:
        case.orders = [
            replace(order, answered=True) if order.n == self.n else order
            for order in case.orders
        ]


class SupervisionClosed(CaseFact):
    """Order ``n`` to ``unit`` is settled: by its answer, or for a coded ``reason``.

    ``all_answered``: no open order waits for an answer any more.
    """

    TOPIC: ClassVar[str] = "case.supervision_closed"
    OWNER_ACT: ClassVar[bool] = False

    n: int
    unit: str
    all_answered: bool
    reason: str | None = None
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.orders = [
            replace(order, closed=True) if order.n == self.n else order
            for order in case.orders
        ]


def supervise(case: Case, command: SuperviseCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_unit``, ``no_power_over_unit``.

    Rules that name no blocks that supervise ask for no power.
    """
    to_unit = case.holder_unit
    if command.to_unit is not None:
        to_unit = open_unit(command.to_unit, command, setting)
    if setting.policy.orders.blocks and not covers(to_unit, command, setting):
        own = command.actor.unit or "-"
        raise NotPermitted("no_power_over_unit", unit=own, ordered=to_unit)
    return [
        SupervisionOrdered(
            from_unit=command.actor.unit,
            to_unit=to_unit,
            times=case.supervisions + 1,
            order=command.order,
        )
    ]


def answer_supervision(
    case: Case, command: AnswerSupervision, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``no_order`` (none waits for an answer), ``ordered_another``."""
    waiting = [order for order in case.open_orders() if not order.answered]
    asked = asked_for(waiting, command.n)
    mine = setting.organisation.scope(command.actor.unit or "", command.at)
    order = next((order for order in asked if order.to_unit in mine), None)
    if order is None:
        raise Refused("ordered_another", unit=asked[0].to_unit)
    return [
        SupervisionAnswered(
            n=order.n,
            unit=order.to_unit,
            person=command.actor.person,
            answer=command.answer,
            all_answered=waiting == [order],
        )
    ]


def close_supervision(
    case: Case, command: CloseSupervision, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``no_order``, ``ordered_unit_cannot_close`` (nobody of the ordered
    unit or below it does, B49), ``order_unanswered``, ``unknown_reason``."""
    asked = asked_for(case.open_orders(), command.n)
    order = next((order for order in asked if order.answered), asked[0])
    if belongs(order.to_unit, command, setting.organisation):
        raise Refused("ordered_unit_cannot_close", unit=order.to_unit)
    if command.reason is not None:
        coded(case, "close_order", command.reason, setting)
    elif not order.answered:
        raise Refused("order_unanswered", unit=order.to_unit)
    others = (other for other in case.open_orders() if other != order)
    return [
        SupervisionClosed(
            n=order.n,
            unit=order.to_unit,
            all_answered=all(other.answered for other in others),
            reason=command.reason,
            note=command.note,
        )
    ]


def covers(to_unit: str, command: Command, setting: Setting) -> bool:
    """Whether the power of the actor's unit reaches another unit (B1).

    It reaches all below it. The centre, and a unit of a block that the policy lets
    supervise, reach all under the same root (B49, B86). Nobody orders their own unit or one
    above it: they could not close that order.
    """
    organisation, at = setting.organisation, command.at
    own = organisation.successor(command.actor.unit or "", at)
    body = organisation.unit(own, at) if own else None
    if body is None or body.id in organisation.scope(to_unit, at):
        return False
    if to_unit in organisation.scope(body.id, at):
        return True
    supervising = body.block in setting.policy.orders.blocks
    if not supervising and body.id != setting.policy.intake_unit:
        return False
    return organisation.line(body.id, at)[-1:] == organisation.line(to_unit, at)[-1:]


def belongs(unit: str, command: Command, organisation: Organisation) -> bool:
    """Whether whoever acts has a seat in the unit or below it, wherever they act from."""
    actor, at = command.actor, command.at
    seats = {post.unit for post in organisation.posts_of(actor.person, at)}
    return not organisation.scope(unit, at).isdisjoint(seats | {actor.unit})


def asked_for(orders: list[Order], n: int | None) -> list[Order]:
    """The one order that is named, or all. Raises Refused: ``no_order``."""
    found = [order for order in orders if n in {None, order.n}]
    if not found:
        raise Refused("no_order")
    return found
