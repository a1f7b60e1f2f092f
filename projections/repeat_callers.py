"""Repeat callers 重复来电: who brings the same kind of matter again? (P13, P14)"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from projections.board_rows import BoardRow
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
