"""What a view is: a key, a row, pure folds, and the cells and occurrences they lead to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from domain.fact import Fact
from projections.table import Cell, Key, Row, Table

R = TypeVar("R", bound=Row)
F = TypeVar("F", bound=Fact)

NEXT = "__next"


class Unfounded(Exception):
    """A fact about something that no earlier fact began."""


def of_stream(fact: Fact) -> tuple[UUID]:
    """The usual key: the stream that the fact belongs to."""
    return (fact.originator_id,)


@dataclass(frozen=True, slots=True)
class Handler:
    """What a view does with one type of fact (and its subclasses).

    ``fold(row or None, fact)`` gives the row after the fact: the same object when nothing
    changed, None when the row goes. ``fresh`` promises that no row has this key yet, which
    saves a look; ``check`` tests the promise.
    """

    fact: type[Fact]
    fold: Callable[[Any, Any], Any]
    key: Callable[[Any], Key]
    fresh: bool


Handlers = tuple[tuple[Handler, ...], Callable[[Any], Key] | None]


def on(
    fact: type[F],
    fold: Callable[[R | None, F], R | None],
    *,
    key: Callable[[F], Key] = of_stream,
    fresh: bool = False,
) -> Handler:
    """One line of a view: for this fact, fold like that into the row with this key."""
    return Handler(fact, fold, key, fresh)


def known(fold: Callable[[R, F], R | None]) -> Callable[[R | None, F], R | None]:
    """A fold that needs the row to be there."""

    def of_known(row: R | None, fact: F) -> R | None:
        if row is None:
            raise Unfounded(f"{type(fact).__name__} before anything began this row")
        return fold(row, fact)

    return of_known


def sets(changes: Callable[[Any], dict[str, Any]]) -> Callable[[Any, Any], Any]:
    """A fold that only copies something from the fact into the row that is there."""
    return known(lambda row, fact: msgspec.structs.replace(row, **changes(fact)))


@dataclass(frozen=True)
class Tally(Generic[R]):
    """Counts over the rows of a view: ``counts(row)`` names the cells that a row adds 1 to.

    A cell's key has the fields of ``table.row`` but ``n``, in order. A cell at zero goes.
    """

    table: Table
    counts: Callable[[R], Iterable[Key]]
    version: int = 1


@dataclass(frozen=True)
class Occurrences(Generic[R]):
    """Rows made by a step of a view's row, one a happening (a hop of a case).

    ``made(row before, row after, fact)``; a row made again under the same key replaces it.
    """

    table: Table
    made: Callable[[R | None, R | None, Any], Iterable[Row]]
    version: int = 1


@dataclass(frozen=True)
class View(Generic[R]):
    """A view. ``docs`` says which question it answers.

    ``log_order`` says that its rows depend on facts of more than one stream, so that a
    rebuild must fold them in the order of the log instead of stream by stream. Raise
    ``version`` when a fold changes its meaning: the view is then rebuilt at the next start.
    """

    table: Table
    docs: str
    handlers: tuple[Handler, ...]
    tallies: tuple[Tally[R], ...] = ()
    occurrences: tuple[Occurrences[R], ...] = ()
    log_order: bool = False
    version: int = 1
    _for_type: dict[type[Fact], Handlers] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Every table the view owns, its own first."""
        return (
            self.table,
            *(tally.table for tally in self.tallies),
            *(kind.table for kind in self.occurrences),
        )

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the columns, the keys and the versions: what makes a rebuild due."""
        shape = [
            (t.name.removesuffix(NEXT), t.columns, t.key, t.indexes) for t in self.tables
        ]
        versions = [
            self.version,
            *(tally.version for tally in self.tallies),
            *(kind.version for kind in self.occurrences),
        ]
        return hashlib.sha256(repr((shape, versions)).encode()).hexdigest()[:16]

    def handlers_for(self, fact: type[Fact]) -> Handlers:
        """The handlers of a fact type and of its base classes, in the view's order.

        With the key that they all have in common; None when they have several.
        """
        found = self._for_type.get(fact)
        if found is None:
            handlers = tuple(h for h in self.handlers if issubclass(fact, h.fact))
            keys = {handler.key for handler in handlers}
            found = handlers, keys.pop() if len(keys) == 1 else None
            self._for_type[fact] = found
        return found

    def counted(self, *tallies: Tally[R]) -> View[R]:
        """The same view with more tallies over its rows."""
        return replace(self, tallies=(*self.tallies, *tallies))

    def next(self) -> View[R]:
        """The same view over a second set of tables, in which it is rebuilt."""
        return replace(
            self,
            table=self.table.renamed(NEXT),
            tallies=tuple(replace(t, table=t.table.renamed(NEXT)) for t in self.tallies),
            occurrences=tuple(
                replace(o, table=o.table.renamed(NEXT)) for o in self.occurrences
            ),
        )


def key_text(key: Key) -> str:
    """A key as people and the table of parked facts see it: a JSON array."""
    return msgspec.json.encode(key).decode()


def tally(
    name: str,
    row: type[Cell],
    counts: Callable[[R], Iterable[Key]],
    indexes: tuple[tuple[str, ...], ...] = (),
) -> Tally[R]:
    """Counts kept under every field of ``row`` but ``n``."""
    key = tuple(field for field in row.__struct_fields__ if field != "n")
    return Tally(Table(name, row, key, indexes), counts)
