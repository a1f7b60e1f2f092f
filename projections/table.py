"""The table of a view, made from its row: columns and SQL, nothing about facts."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from psycopg.sql import SQL, Composed, Identifier

SCHEMA = "views"
Key = tuple[Any, ...]

SQL_TYPES = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    float: "double precision",
    datetime: "timestamptz",
    UUID: "uuid",
}


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row to look at; ``position`` is that of the last fact that changed it.

    Rows never refer to each other in a circle, so the garbage collector is spared them.
    """

    position: int = 0


class Cell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A counter: ``n`` rows of a view belong to this cell."""

    n: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    sql_type: str
    nullable: bool


def column(name: str, hint: Any) -> Column:
    """The column for a field: anything that is not a plain value is kept as ``jsonb``."""
    nullable = False
    if get_origin(hint) in {Union, types.UnionType}:
        options = [a for a in get_args(hint) if a is not type(None)]
        nullable = len(options) < len(get_args(hint))
        hint = options[0] if len(options) == 1 else object
    return Column(name, SQL_TYPES.get(hint, "jsonb"), nullable)


@dataclass(frozen=True)
class Table:
    """A table of schema ``views``: one column a field of ``row``, unique by ``key``.

    Each of ``indexes`` is a list of columns; a single ``jsonb`` column gets a GIN index,
    for the condition that an array touches some values.
    """

    name: str
    row: type[Row] | type[Cell]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        by_name = {c.name: c for c in self.columns}
        for name in (*self.key, *(n for index in self.indexes for n in index)):
            if name not in by_name:
                raise ValueError(f"{self.name} has no column {name}")
        for name in self.key:
            if by_name[name].nullable or by_name[name].sql_type == "jsonb":
                raise ValueError(f"{self.name}: {name} cannot be part of a key")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        hints = get_type_hints(self.row)
        return tuple(column(name, hints[name]) for name in self.row.__struct_fields__)

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(self.row)

    @cached_property
    def key_of(self) -> Callable[[Any], Key]:
        """The key of a row."""
        if len(self.key) > 1:
            return attrgetter(*self.key)
        only = attrgetter(self.key[0])
        return lambda row: (only(row),)

    def values_from_text(self, text: str, names: Sequence[str]) -> Key:
        """Values of these columns from the JSON array that ``key_text`` or SQL wrote."""
        hints = get_type_hints(self.row)
        of_values: Any = tuple[tuple(hints[name] for name in names)]  # type: ignore[misc]
        values: Key = msgspec.json.decode(text, type=of_values)
        return values

    def renamed(self, suffix: str) -> Table:
        return replace(self, name=self.name + suffix)

    # SQL -------------------------------------------------------------------------------

    @property
    def ident(self) -> Identifier:
        return Identifier(SCHEMA, self.name)

    def _names(self, names: tuple[str, ...]) -> Composed:
        return SQL(", ").join(Identifier(n) for n in names)

    def sql_create(self) -> Composed:
        """The bare table, unlogged and without indexes, for a rebuild to fill."""
        columns = SQL(", ").join(
            SQL("{} {}{}").format(
                Identifier(c.name), SQL(c.sql_type), SQL("" if c.nullable else " NOT NULL")
            )
            for c in self.columns
        )
        return SQL("CREATE UNLOGGED TABLE {} ({})").format(self.ident, columns)

    def sql_finish(self) -> list[Composed]:
        """Key and indexes (PostgreSQL picks their names), then crash-safe."""
        gin = {c.name for c in self.columns if c.sql_type == "jsonb"}
        return [
            SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(
                self.ident, self._names(self.key)
            ),
            *(
                SQL("CREATE INDEX ON {} USING {} ({})").format(
                    self.ident, SQL("gin" if set(i) & gin else "btree"), self._names(i)
                )
                for i in self.indexes
            ),
            SQL("ALTER TABLE {} SET LOGGED").format(self.ident),
            SQL("ANALYZE {}").format(self.ident),
        ]

    @cached_property
    def sql_load(self) -> Composed:
        """Rows by key, as JSON. One array of values a key column."""
        types_ = {c.name: c.sql_type for c in self.columns}
        return SQL(
            "SELECT row_to_json(t)::text FROM unnest({}) k ({}) JOIN {} t USING ({})"
        ).format(
            SQL(", ").join(SQL("%s::{}[]").format(SQL(types_[n])) for n in self.key),
            self._names(self.key),
            self.ident,
            self._names(self.key),
        )

    @cached_property
    def sql_delete(self) -> Composed:
        types_ = {c.name: c.sql_type for c in self.columns}
        return SQL("DELETE FROM {} t USING unnest({}) k ({}) WHERE {}").format(
            self.ident,
            SQL(", ").join(SQL("%s::{}[]").format(SQL(types_[n])) for n in self.key),
            self._names(self.key),
            self._same_key(),
        )

    def _same_key(self) -> Composed:
        return SQL(" AND ").join(
            SQL("t.{0} = k.{0}").format(Identifier(n)) for n in self.key
        )

    @cached_property
    def sql_rows(self) -> Composed:
        """A JSON array of rows as rows of this table."""
        return SQL("SELECT * FROM json_populate_recordset(NULL::{}, %s::json)").format(
            self.ident
        )

    @cached_property
    def sql_trial(self) -> Composed:
        """One row there and back, as JSON, without keeping it."""
        return SQL("SELECT row_to_json(t)::text FROM ({}) t").format(self.sql_rows)

    @cached_property
    def sql_upsert(self) -> Composed:
        changes = SQL(", ").join(
            SQL("{0} = excluded.{0}").format(Identifier(c.name))
            for c in self.columns
            if c.name not in self.key
        )
        return SQL("INSERT INTO {} AS t {} ON CONFLICT ({}) DO UPDATE SET {}").format(
            self.ident, self.sql_rows, self._names(self.key), changes
        )

    @cached_property
    def sql_add(self) -> Composed:
        """Add differences to cells."""
        return SQL(
            "INSERT INTO {} AS t {} ON CONFLICT ({}) DO UPDATE SET n = t.n + excluded.n"
        ).format(self.ident, self.sql_rows, self._names(self.key))

    @cached_property
    def sql_sweep(self) -> Composed:
        """Remove those of the cells given by key that have come to zero."""
        return SQL("{} AND t.n = 0").format(self.sql_delete)

    @cached_property
    def sql_copy(self) -> Composed:
        return SQL("COPY {} ({}) FROM STDIN").format(
            self.ident, self._names(tuple(c.name for c in self.columns))
        )
