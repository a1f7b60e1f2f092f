"""Asking views: the same questions of the stored tables and of rows folded in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from psycopg.sql import SQL, Composable, Composed, Identifier
from psycopg_pool import ConnectionPool

from projections.folding import Folded
from projections.table import Key, Table


@dataclass(frozen=True, slots=True)
class Is:
    """The column is one of these values (None: it is empty)."""

    column: str
    values: tuple[Any, ...]

    def __init__(self, column: str, *values: Any) -> None:
        object.__setattr__(self, "column", column)
        object.__setattr__(self, "values", values)

    def sql(self) -> tuple[Composed, list[Any]]:
        name = Identifier(self.column)
        wanted = [v for v in self.values if v is not None]
        if len(wanted) == len(self.values):
            return SQL("{} = ANY(%s)").format(name), [wanted]
        if not wanted:
            return SQL("{} IS NULL").format(name), []
        return SQL("({0} IS NULL OR {0} = ANY(%s))").format(name), [wanted]

    def holds(self, row: Any) -> bool:
        return getattr(row, self.column) in self.values


@dataclass(frozen=True, slots=True)
class Within:
    """The column lies in a span: ``least <= value < below``, either end may be open."""

    column: str
    least: Any = None
    below: Any = None

    def sql(self) -> tuple[Composed, list[Any]]:
        name = Identifier(self.column)
        parts = [
            (SQL("{} >= %s").format(name), self.least),
            (SQL("{} < %s").format(name), self.below),
        ]
        used = [(part, value) for part, value in parts if value is not None]
        return (
            SQL(" AND ").join([SQL("{} IS NOT NULL").format(name), *(p for p, _ in used)]),
            [value for _, value in used],
        )

    def holds(self, row: Any) -> bool:
        value = getattr(row, self.column)
        if value is None or (self.least is not None and value < self.least):
            return False
        return self.below is None or value < self.below


@dataclass(frozen=True, slots=True)
class Touches:
    """The column, a list of texts, has at least one of these."""

    column: str
    values: frozenset[str]

    def sql(self) -> tuple[Composed, list[Any]]:
        return SQL("{} ?| %s").format(Identifier(self.column)), [sorted(self.values)]

    def holds(self, row: Any) -> bool:
        return any(str(value) in self.values for value in getattr(row, self.column))


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these holds."""

    conditions: tuple[Is | Within | Touches, ...]

    def sql(self) -> tuple[Composed, list[Any]]:
        parts = [condition.sql() for condition in self.conditions]
        holds = SQL(" OR ").join(SQL("({})").format(sql) for sql, _ in parts)
        return SQL("({})").format(holds), [v for _, values in parts for v in values]

    def holds(self, row: Any) -> bool:
        return any(condition.holds(row) for condition in self.conditions)


Condition = Is | Within | Touches | Either


class Source(Protocol):
    """Where rows are read: the stored tables, or rows folded in memory for a moment."""

    def select(
        self,
        table: Table,
        *where: Condition,
        order: Sequence[str] = (),
        after: Key | None = None,
        limit: int | None = None,
    ) -> list[Any]:
        """Rows in the order of columns ``order`` (no empty values), then the key.

        ``after`` is the ``place`` of the last row seen: the page begins behind it.
        """

    def get(self, table: Table, key: Key) -> Any | None:
        """The row with this key, or None."""

    def count(
        self, table: Table, *where: Condition, by: Sequence[str] = ()
    ) -> dict[Key, int]:
        """How many rows have which values of ``by``; ``{(): n}`` without."""

    def total(self, table: Table, column: str, *where: Condition) -> int:
        """The sum of a column of whole numbers."""


def place(table: Table, row: Any, order: Sequence[str] = ()) -> Key:
    """Where a row stands in an order: what ``after`` of the next page is to be."""
    return tuple(getattr(row, name) for name in _ordering(table, order))


def _ordering(table: Table, order: Sequence[str]) -> tuple[str, ...]:
    return (*order, *(name for name in table.key if name not in order))


class Held:
    """Rows folded in memory."""

    def __init__(self, folded: Folded) -> None:
        self.folded = folded

    def select(
        self,
        table: Table,
        *where: Condition,
        order: Sequence[str] = (),
        after: Key | None = None,
        limit: int | None = None,
    ) -> list[Any]:
        rows = [
            r for r in self.folded[table.name].values() if all(c.holds(r) for c in where)
        ]
        rows.sort(key=lambda row: place(table, row, order))
        if after is not None:
            rows = [row for row in rows if place(table, row, order) > after]
        return rows[:limit]

    def get(self, table: Table, key: Key) -> Any | None:
        return self.folded[table.name].get(key)

    def count(
        self, table: Table, *where: Condition, by: Sequence[str] = ()
    ) -> dict[Key, int]:
        rows = self.folded[table.name].values()
        cells = Counter(
            tuple(getattr(r, name) for name in by)
            for r in rows
            if all(c.holds(r) for c in where)
        )
        return dict(cells) if by else {(): cells.total()}

    def total(self, table: Table, column: str, *where: Condition) -> int:
        return sum(getattr(row, column) for row in self.select(table, *where))


class Stored:
    """The tables of schema ``views`` as they are now, one statement a question."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool

    def select(
        self,
        table: Table,
        *where: Condition,
        order: Sequence[str] = (),
        after: Key | None = None,
        limit: int | None = None,
    ) -> list[Any]:
        names = _ordering(table, order)
        texts = {c.name for c in table.columns if c.sql_type == "text"}
        # Code point order, so that a page of rows in memory is the same page.
        sorts = [
            SQL('{} COLLATE "C"' if name in texts else "{}").format(Identifier(name))
            for name in names
        ]
        conditions, values = _where(where)
        if after is not None:
            left, right = SQL(", ").join(sorts), SQL(", ").join([SQL("%s")] * len(sorts))
            conditions.append(SQL("({}) > ({})").format(left, right))
            values.extend(after)
        statement = SQL("SELECT row_to_json(t)::text FROM {} t{} ORDER BY {}{}").format(
            table.ident,
            _clause(conditions),
            SQL(", ").join(sorts),
            SQL("" if limit is None else " LIMIT %s"),
        )
        rows = self._rows(statement, values if limit is None else [*values, limit])
        return [table.decoder.decode(text) for (text,) in rows]

    def get(self, table: Table, key: Key) -> Any | None:
        conditions = [Is(name, value) for name, value in zip(table.key, key, strict=True)]
        return next(iter(self.select(table, *conditions)), None)

    def count(
        self, table: Table, *where: Condition, by: Sequence[str] = ()
    ) -> dict[Key, int]:
        conditions, values = _where(where)
        names = SQL(", ").join(Identifier(name) for name in by)
        statement = SQL("SELECT json_build_array({})::text, count(*) FROM {} t{}{}").format(
            names,
            table.ident,
            _clause(conditions),
            SQL(" GROUP BY {}").format(names) if by else SQL(""),
        )
        return {
            table.values_from_text(cell, by): n for cell, n in self._rows(statement, values)
        }

    def total(self, table: Table, column: str, *where: Condition) -> int:
        conditions, values = _where(where)
        statement = SQL("SELECT coalesce(sum({}), 0) FROM {} t{}").format(
            Identifier(column), table.ident, _clause(conditions)
        )
        return int(self._rows(statement, values)[0][0])

    def _rows(self, statement: Composable, values: list[Any]) -> list[tuple[Any, ...]]:
        with self._pool.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(statement, values).fetchall()
        return rows


def _where(where: Sequence[Condition]) -> tuple[list[Composed], list[Any]]:
    parts = [condition.sql() for condition in where]
    return [sql for sql, _ in parts], [v for _, values in parts for v in values]


def _clause(conditions: list[Composed]) -> Composable:
    if not conditions:
        return SQL("")
    return SQL(" WHERE {}").format(SQL(" AND ").join(conditions))
