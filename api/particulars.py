"""Who a customer is: of a secret case (保密), only whoever sees all cases may read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from projections.board_rows import BoardRow

# What tells who somebody is, by the name it has in facts, state and masks alike.
# ``customer`` is not a name, but it is the same in every case of that person.
WHO = frozenset({"customer", "name", "phone", "address"})

Told = TypeVar("Told")


def without_who(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields; those that tell who the customer is are None."""
    return {name: None if name in WHO else value for name, value in told.items()}


def line_without_who(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of ``api.replay``: what the fact says and the state after it, without who."""
    return dict(line) | {name: without_who(line[name]) for name in ("fact", "state")}


def row_without_who(row: Told) -> Told:
    """A row of a view as it is shown to who may not know the customer of secret cases."""
    if isinstance(row, BoardRow) and row.secret:
        return replace(row, customer=None)
    return row
