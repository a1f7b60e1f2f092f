"""Folding facts into rows in memory: what the engine, a rebuild and a check share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from domain.fact import Fact
from projections.table import Cell, Key, Row, Table
from projections.view import Handler, View, key_text

if TYPE_CHECKING:
    from store.log import Entry

R = TypeVar("R", bound=Row)
NO_KEY: Key = ()
Storable = Callable[[Table, Row | Cell], None]


class Unstorable(Exception):
    """A row that its table cannot keep: says what the table said to it."""


class Parked(msgspec.Struct, frozen=True):
    """A fact that a view could not take, or that waits behind one for the same key.

    ``key`` is a JSON array, ``[]`` when the key itself could not be told from the fact.
    """

    view: str
    key: str
    position: int
    reason: str


class Slot(Generic[R]):
    """The place of one row while facts are folded into it.

    A key is looked up once a fact (hashing a UUID costs as much as a fold); from there on
    the slot stands for it. ``stuck``: from this position on its facts are parked.
    ``fresh``: the first fact promises that there is no such row yet. ``cells``: what the
    row counts for, by tally; None while nobody has asked.
    """

    __slots__ = ("before", "cells", "changed", "fresh", "key", "row", "stuck")

    def __init__(self, key: Key, stuck: int | None, *, fresh: bool) -> None:
        self.key = key
        self.stuck = stuck
        self.fresh = fresh
        self.row: R | None = None
        self.before: R | None = None
        self.changed = False
        self.cells: list[list[Key]] | None = None


Step = tuple[Slot[R], tuple[Handler, ...], "Entry"]


class Change(NamedTuple, Generic[R]):
    """A changed row, its cells now by tally, its occurrences by kind."""

    row: R | None
    cells: list[list[Key]]
    made: list[list[Row]]


def reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


class Folding(Generic[R]):
    """Rows of one view while facts are folded into them, and what that changed.

    ``stuck`` says from which position on a key is parked. ``storable`` tries a row on its
    table and raises Unstorable; it makes folding slow and is used to find the culprit
    after a failed write.
    """

    def __init__(
        self,
        view: View[R],
        stuck: Mapping[Key, int] | None = None,
        storable: Storable | None = None,
    ) -> None:
        self.view = view
        self.slots: dict[Key, Slot[R]] = {}
        self.cells: list[Counter[Key]] = [Counter() for _ in view.tallies]
        self.occurred: list[dict[Key, Row]] = [{} for _ in view.occurrences]
        self.parked: list[Parked] = []
        self.stuck: dict[Key, int] = dict(stuck or {})
        self.broken_promises: list[Key] = []
        self._storable = storable

    def take(self, entries: Iterable[Entry]) -> None:
        """Fold facts whose rows are all at hand (a missing row is a row that is not)."""
        self.fold(self.plan(entries))

    def plan(self, entries: Iterable[Entry]) -> list[Step[R]]:
        """Which row each fact goes to: one step a fact and row, in order."""
        steps: list[Step[R]] = []
        for entry in entries:
            handlers, one_key = self.view.handlers_for(type(entry.fact))
            if not handlers:
                continue
            try:
                if one_key is not None:
                    slot = self._slot(one_key(entry.fact), handlers[0])
                    steps.append((slot, handlers, entry))
                    continue
                by_key: dict[Key, list[Handler]] = {}
                for handler in handlers:
                    by_key.setdefault(handler.key(entry.fact), []).append(handler)
            except Exception as error:
                self._park(NO_KEY, entry, reason(error))
                continue
            for key, of_key in by_key.items():
                steps.append((self._slot(key, of_key[0]), tuple(of_key), entry))
        return steps

    def _slot(self, key: Key, first: Handler) -> Slot[R]:
        found = self.slots.get(key)
        if found is None:
            stuck = self.stuck.get(key) if self.stuck else None
            found = self.slots[key] = Slot(key, stuck, fresh=first.fresh)
        return found

    def fold(self, steps: Iterable[Step[R]]) -> None:
        for slot, handlers, entry in steps:
            if slot.stuck is not None and entry.position >= slot.stuck:
                self._park(slot.key, entry, f"behind position {slot.stuck}")
                continue
            try:
                row = self._apply(slot, handlers, entry.fact)
                if row is slot.row:
                    continue
                change = self._follow(slot, row, entry)
            except Exception as error:
                self._get_stuck(slot, entry, reason(error))
                continue
            if self._storable is not None:
                try:
                    self._try_storing(self._storable, change)
                except Unstorable as error:
                    self._get_stuck(slot, entry, str(error))
                    continue
            self._keep(slot, change)

    def _apply(self, slot: Slot[R], handlers: tuple[Handler, ...], fact: Fact) -> R | None:
        row = slot.row
        for handler in handlers:
            if handler.fresh and row is not None:
                self.broken_promises.append(slot.key)
            row = handler.fold(row, fact)
        return row

    def _follow(self, slot: Slot[R], row: R | None, entry: Entry) -> Change[R]:
        """All that follows from a changed row; raises whatever a view's functions raise."""
        if row is not None:
            row = msgspec.structs.replace(row, position=entry.position)
        if slot.cells is None:
            slot.cells = self._counts(slot.row)
        made = [
            [
                msgspec.structs.replace(x, position=entry.position)
                for x in kind.made(slot.row, row, entry.fact)
            ]
            for kind in self.view.occurrences
        ]
        return Change(row, self._counts(row), made)

    def _counts(self, row: R | None) -> list[list[Key]]:
        if row is None or not self.view.tallies:
            return [[] for _ in self.view.tallies]
        return [list(tally.counts(row)) for tally in self.view.tallies]

    def _keep(self, slot: Slot[R], change: Change[R]) -> None:
        if not slot.changed:
            slot.changed, slot.before = True, slot.row
        slot.row = change.row
        for counter, less, more in zip(
            self.cells, slot.cells or (), change.cells, strict=True
        ):
            if less != more:
                counter.subtract(less)
                counter.update(more)
        slot.cells = change.cells
        for happened, kind, rows in zip(
            self.occurred, self.view.occurrences, change.made, strict=True
        ):
            for x in rows:
                happened[kind.table.key_of(x)] = x

    def _try_storing(self, storable: Storable, change: Change[R]) -> None:
        if change.row is not None:
            storable(self.view.table, change.row)
        for kind, rows in zip(self.view.occurrences, change.made, strict=True):
            for x in rows:
                storable(kind.table, x)
        for of_tally, cells in zip(self.view.tallies, change.cells, strict=True):
            for cell in cells:
                storable(of_tally.table, cell_row(of_tally.table, cell, 1))

    def _get_stuck(self, slot: Slot[R], entry: Entry, why: str) -> None:
        slot.stuck = self.stuck[slot.key] = entry.position
        self._park(slot.key, entry, why)

    def _park(self, key: Key, entry: Entry, why: str) -> None:
        self.parked.append(Parked(self.view.name, key_text(key), entry.position, why))

    # What came out --------------------------------------------------------------------

    def written(self) -> list[R]:
        """The changed rows that are there."""
        return [
            slot.row
            for slot in self.slots.values()
            if slot.changed and slot.row is not None
        ]

    def removed(self) -> list[Key]:
        """Rows that were there before and no longer are."""
        return [
            slot.key
            for slot in self.slots.values()
            if slot.before is not None and slot.row is None
        ]

    def tables(self) -> dict[str, dict[Key, Any]]:
        """All rows by table and key, as the tables of the view would hold them."""
        view = self.view
        found: dict[str, dict[Key, Any]] = {
            view.name: {
                key: slot.row for key, slot in self.slots.items() if slot.row is not None
            }
        }
        for tally, counter in zip(view.tallies, self.cells, strict=True):
            found[tally.table.name] = {
                key: cell_row(tally.table, key, n) for key, n in counter.items() if n
            }
        for kind, happened in zip(view.occurrences, self.occurred, strict=True):
            found[kind.table.name] = happened
        return found


def cell_row(table: Table, key: Key, n: int) -> Cell:
    of_cell: Any = table.row
    cell: Cell = of_cell(**dict(zip(table.key, key, strict=True)), n=n)
    return cell


class Folded:
    """Views folded in memory: ``folded["boards"][key]``, by the name of any table."""

    def __init__(self, foldings: Iterable[Folding[Any]], position: int) -> None:
        self.position = position
        self.parked: list[Parked] = []
        self.broken_promises: list[tuple[str, Key]] = []
        self._tables: dict[str, dict[Key, Any]] = {}
        for folding in foldings:
            self.parked.extend(folding.parked)
            self.broken_promises += [
                (folding.view.name, k) for k in folding.broken_promises
            ]
            self._tables.update(folding.tables())

    def __getitem__(self, table: str) -> dict[Key, Any]:
        return self._tables[table]


CHUNK = 10_000


def fold_in_memory(
    views: Iterable[View[Any]],
    entries: Iterable[Entry],
    stuck: Mapping[str, Mapping[Key, int]] | None = None,
) -> Folded:
    """Fold entries, in the order given, into views that start empty."""
    foldings = [Folding(view, (stuck or {}).get(view.name)) for view in views]
    position = 0
    chunk: list[Entry] = []

    def flush() -> None:
        for folding in foldings:
            folding.take(chunk)
        chunk.clear()

    for entry in entries:
        position = max(position, entry.position)
        chunk.append(entry)
        if len(chunk) >= CHUNK:
            flush()
    flush()
    return Folded(foldings, position)
