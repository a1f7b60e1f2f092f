"""One row of a rule table, read with care: what is wrong is named, with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from domain.refused import Refused

MARK = re.compile(r"(A[1-9]|B\d{1,3}|C|D|P\d{1,2}|S[0-4]|I\d|K|U)")
"""A source mark: a row of the domain model, a page, a seed paper, or K / U (a default)."""


MOST = 1_000_000
"""No rule counts further; more is a typing mistake, or somebody trying what gives way."""


class Malformed(Refused):
    """The files of a policy do not say what they must; table, row and remedy are named."""


class Row:
    """A mapping with a name and a table, so that every complaint about it can say where.

    Every reader raises Malformed when the value is missing, of another kind, or not one
    of the allowed ones.
    """

    def __init__(self, table: str, name: str, values: object) -> None:
        self.table, self.name = table, name
        if not isinstance(values, Mapping):
            raise self.wrong(name, "a table of keys and values", values)
        self.values: Mapping[str, Any] = values

    def wrong(self, key: str, wants: str, got: object) -> Malformed:
        """The complaint about one value."""
        return Malformed(
            "policy_row_wrong",
            table=self.table,
            row=self.name,
            key=key,
            wants=wants,
            got=repr(got),
        )

    def lacks(self, key: str, wants: str) -> Malformed:
        """The complaint that a value is missing."""
        return Malformed(
            "policy_row_lacks", table=self.table, row=self.name, key=key, wants=wants
        )

    def only(self, *keys: str) -> None:
        """A key nobody reads is a typing mistake, not an extra."""
        for key in self.values:
            if key not in keys:
                raise Malformed(
                    "policy_row_unknown_key",
                    table=self.table,
                    row=self.name,
                    key=key,
                    known=", ".join(sorted(keys)),
                )

    def has(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        found = self._get(key, default, "a text")
        if not isinstance(found, str) or (not found and default is None):
            raise self.wrong(key, "a text that is not empty", found)
        return found

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        found = self.text(key, default)
        if found not in allowed:
            raise self.wrong(key, "one of " + ", ".join(allowed), found)
        return found

    def flag(self, key: str, default: bool | None = None) -> bool:
        found = self._get(key, default, "true or false")
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false", found)
        return found

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number from 0 to MOST."""
        found = self._get(key, default, "a whole number")
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= MOST:
            raise self.wrong(key, f"a whole number from 0 to {MOST}", found)
        return found

    def number(self, key: str, default: float | None = None) -> float:
        """A number from 0 to MOST."""
        found = self._get(key, default, "a number")
        if not isinstance(found, int | float) or isinstance(found, bool):
            raise self.wrong(key, "a number", found)
        if not 0 <= found <= MOST:
            raise self.wrong(key, f"a number from 0 to {MOST}", found)
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once; empty when the key is missing."""
        found = self._get(key, (), "a list of texts")
        if not isinstance(found, list | tuple) or not all(
            isinstance(t, str) for t in found
        ):
            raise self.wrong(key, "a list of texts", found)
        if len(set(found)) != len(found):
            raise self.wrong(key, "a list that says nothing twice", found)
        return tuple(found)

    def source(self) -> str:
        """Where the rule comes from: marks, comma separated."""
        found = self.text("source")
        if not all(MARK.fullmatch(mark) for mark in found.split(", ")):
            raise self.wrong("source", "source marks like 'P8, K'", found)
        return found

    def rows(self, key: str) -> Iterator[Row]:
        """The rows of a list below this one, named ``NAME.key[0]`` and so on."""
        found = self._get(key, (), "a list of rows")
        if not isinstance(found, list | tuple):
            raise self.wrong(key, "a list of rows", found)
        for n, values in enumerate(found):
            yield Row(self.table, f"{self.name}.{key}[{n}]", values)

    def below(self, key: str) -> Iterator[Row]:
        """The named rows of a table below this one; none when the key is missing."""
        inner = Row(self.table, key, self._get(key, {}, "a table of rows"))
        for name, values in inner.values.items():
            yield Row(self.table, name, values)

    def _get(self, key: str, default: object, wants: str) -> object:
        if key in self.values:
            return self.values[key]
        if default is None:
            raise self.lacks(key, wants)
        return default


def dangling(row: Row, key: str, value: str, target: str = "states") -> Malformed:
    """The complaint that a row names something that another table lacks."""
    return Malformed(
        "policy_row_dangling",
        table=row.table,
        row=row.name,
        key=key,
        value=value,
        target=target,
    )
