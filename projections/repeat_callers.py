"""Repeat callers 重复来电: who brings the same kind of matter again? (P13, P14)"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from projections.board_rows import BoardRow
from projections.boards import BOARDS
from projections.reading import Is, Source, Within
from projections.table import Cell, Key
from projections.view import tally


class CallerCell(Cell, frozen=True, kw_only=True):
    """How many cases a customer has of one kind; ``category`` is empty for none."""

    customer: UUID
    business_type: str
    category: str


def of_kind(row: BoardRow) -> Iterable[Key]:
    """A case counts for its customer, unless it was merged into another one."""
    if row.customer is not None and row.merged_into is None:
        yield row.customer, row.business_type, row.category or ""


REPEAT_CALLERS = tally("repeat_callers", CallerCell, of_kind, indexes=(("n",),))


class RepeatCallers:
    """The repeat callers as they are (``Stored``) or were (``Held``)."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def callers(self, least: int = 2) -> list[CallerCell]:
        """Customers with at least so many cases of one kind, the most first."""
        found: list[CallerCell] = self._source.select(
            REPEAT_CALLERS.table, Within("n", least=least)
        )
        return sorted(found, key=lambda cell: -cell.n)

    def of_customer(self, customer: UUID, least: int = 2) -> list[CallerCell]:
        return self._source.select(
            REPEAT_CALLERS.table, Is("customer", customer), Within("n", least=least)
        )

    def cases(self, cell: CallerCell) -> list[BoardRow]:
        """Exactly the cases that a cell counts, the oldest first."""
        return self._source.select(
            BOARDS.table,
            Is("customer", cell.customer),
            Is("business_type", cell.business_type),
            Is("category", cell.category or None),
            Is("merged_into", None),
            order=("received_at",),
        )
