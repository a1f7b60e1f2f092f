"""Units 单位: what did the organisation look like at a moment, and who led where?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from domain.organisation import chain, structure
from domain.organisation.appoint import PersonAppointed
from domain.organisation.close_unit import UnitClosed
from domain.organisation.define_post import PostDefined
from domain.organisation.merge_unit import UnitMerged
from domain.organisation.move_unit import UnitMoved
from domain.organisation.open_unit import UnitOpened
from domain.organisation.organisation import OrganisationFact
from domain.organisation.records import (
    Books,
    Ending,
    PersonRecord,
    Placing,
    PostRecord,
    Rung,
    Unit,
    UnitRecord,
)
from domain.organisation.relieve import PersonRelieved
from projections.reading import Source
from projections.table import Key, Row, Table
from projections.view import View, known, on


class UnitRow(Row, frozen=True, kw_only=True):
    """One unit with all that ever held of it, each span with the time it takes effect.

    ``placings``: under which unit it stood from when on. ``ending``: closed, or merged
    into another. ``posts``: its posts, each with everybody who ever held it.
    """

    unit: str
    name: str
    block: str
    kind: str
    opened_from: datetime
    placings: tuple[Placing, ...]
    ending: Ending | None = None
    posts: tuple[PostRecord, ...] = ()


def of_unit(fact: Any) -> Key:
    return (fact.unit,)


def entered(row: UnitRow | None, fact: Any) -> UnitRow:
    """The unit as the domain's own rule leaves it when this fact is entered."""
    books: Books = fact.enter(beside(row, fact))
    record = books.units[fact.unit]
    return UnitRow(
        unit=record.id,
        name=record.name,
        block=record.block,
        kind=record.kind,
        opened_from=record.opened_from,
        placings=record.placings,
        ending=record.ending,
        posts=tuple(books.posts[post] for post in record.posts),
    )


def beside(row: UnitRow | None, fact: Any) -> Books:
    """The books that a fact about this unit is entered into.

    The rule also notes it with the unit above or the heir, and with the person: they have
    rows of their own or none, and only have to be there.
    """
    others = {getattr(fact, name, None) for name in ("parent", "to_parent", "into")}
    books = Books(
        units={other: nobody(other, fact) for other in others if other is not None}
    )
    if row is not None:
        books = books.with_units(record_of(row))
        for post in row.posts:
            books = books.with_post(post)
    if (person := getattr(fact, "person", None)) is not None:
        known_as = PersonRecord(id=person, name=person, since=fact.effective_from)
        books = books.with_person(known_as)
    return books


def nobody(unit: str, fact: OrganisationFact) -> UnitRecord:
    """A unit of which nothing matters but that it is there."""
    return UnitRecord(
        id=unit,
        name=unit,
        block="",
        kind="",
        opened_from=fact.effective_from,
        placings=(),
    )


def record_of(
    row: UnitRow, below: Iterable[str] = (), absorbed: Iterable[str] = ()
) -> UnitRecord:
    """The domain's record of a unit: its row, and what the rows of others say of it."""
    return UnitRecord(
        id=row.unit,
        name=row.name,
        block=row.block,
        kind=row.kind,
        opened_from=row.opened_from,
        placings=row.placings,
        ending=row.ending,
        below=tuple(below),
        absorbed=tuple(absorbed),
        posts=tuple(record.post.id for record in row.posts),
    )


UNITS: View[UnitRow] = View(
    Table("units", UnitRow, key=("unit",)),
    docs="what the organisation looked like at any moment, and who held which post",
    handlers=(
        on(UnitOpened, entered, key=of_unit),
        on(UnitMoved, known(entered), key=of_unit),
        on(UnitMerged, known(entered), key=of_unit),
        on(UnitClosed, known(entered), key=of_unit),
        on(PostDefined, known(entered), key=of_unit),
        on(PersonAppointed, known(entered), key=of_unit),
        on(PersonRelieved, known(entered), key=of_unit),
    ),
)


class Units:
    """The organisation as it is known now (``Stored``), or was known then (``Held``).

    Every answer is for a moment ``at``; the rules are those of the domain.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def rows(self) -> list[UnitRow]:
        return self._source.select(UNITS.table)

    def open_at(self, at: datetime) -> list[Unit]:
        """All units open at a moment, by id."""
        books = self.books()
        found = (structure.unit(books, unit, at) for unit in sorted(books.units))
        return [unit for unit in found if unit is not None]

    def chain(self, unit: str, at: datetime) -> tuple[Rung, ...]:
        """Who answered for a unit at a moment, one rung a level up to the root."""
        return chain.chain(self.books(), unit, at)

    def books(self) -> Books:
        """The rows as the record that the domain's questions are asked of."""
        rows = self.rows()
        below, absorbed = defaultdict(list), defaultdict(list)
        for row in rows:
            for parent in dict.fromkeys(p.parent for p in row.placings if p.parent):
                below[parent].append(row.unit)
            if row.ending and row.ending.into:
                absorbed[row.ending.into].append(row.unit)
        units = {
            row.unit: record_of(row, below[row.unit], absorbed[row.unit]) for row in rows
        }
        posts = {record.post.id: record for row in rows for record in row.posts}
        return Books(units=units, posts=posts)
