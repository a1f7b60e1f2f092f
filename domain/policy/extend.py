"""A profile that says only in what it differs from another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.policy.row import Row

EXTENDS = "extends"
SOURCE = "source"
"""What tells a row from a table of rows."""
WORDS = frozenset({"zh", "en"})

Tables = dict[str, Any]


def extended(base: Mapping[str, Any], own: Mapping[str, Any]) -> Tables:
    """The tables of ``base`` with a profile's own rows added or put in their place.

    A row is replaced whole, so that its words and source never speak for another figure;
    only its words may stand alone: ``zh`` and ``en`` without anything else say the same
    rule otherwise. ``row = false`` drops it. A table that says ``extends = false`` stands
    for itself, and the profile's own row always does.
    Raises Malformed for a row to drop that is not there.
    """
    merged = {
        table: _merged(Row(table, table, base.get(table, {})).values, rows, table, table)
        if _extends(rows, table)
        else _without_mark(rows)
        for table, rows in own.items()
    }
    return {**base, **merged}


def _extends(rows: Mapping[str, Any], table: str) -> bool:
    return table != "profile" and Row(table, table, rows).flag(EXTENDS, default=True)


def _without_mark(rows: Mapping[str, Any]) -> Tables:
    return {name: row for name, row in rows.items() if name != EXTENDS}


def _merged(
    base: Mapping[str, Any], own: Mapping[str, Any], table: str, name: str
) -> Tables:
    """Tables of rows go into one another, rows and values take each other's place."""
    found = dict(base)
    for key, value in _without_mark(own).items():
        if value is False and key not in found:
            raise Row(table, name, own).wrong(key, "a row to add: none is there", value)
        if value is False:
            del found[key]
        else:
            found[key] = _over(found.get(key), value, table, key)
    return found


def _over(below: object, value: object, table: str, key: str) -> object:
    if not isinstance(below, Mapping) or not isinstance(value, Mapping):
        return value
    if SOURCE in below:
        return {**below, **value} if set(value) <= WORDS else value
    return value if SOURCE in value else _merged(below, value, table, key)
