"""Open orders 未办结督办: which units were ordered to see to a case, and have answered."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from domain.case.supervise import SupervisionAnswered, SupervisionClosed, SupervisionOrdered


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The ``n``-th order of a case, to ``unit``: nobody has closed it yet."""

    n: int
    unit: str
    answered: bool = False


OpenOrders = tuple[OpenOrder, ...]


def after(
    orders: OpenOrders,
    fact: SupervisionOrdered | SupervisionAnswered | SupervisionClosed,
) -> OpenOrders:
    """The open orders of a case after one is given, answered or closed."""
    match fact:
        case SupervisionOrdered():
            return (*orders, OpenOrder(n=fact.times, unit=fact.to_unit))
        case SupervisionAnswered():
            return tuple(
                replace(order, answered=True) if order.n == fact.n else order
                for order in orders
            )
        case SupervisionClosed():
            return tuple(order for order in orders if order.n != fact.n)
