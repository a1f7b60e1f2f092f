"""Units 单位: what did the organisation look like at a moment, and who led where?"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from msgspec.structs import replace

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
    Placing,
    Post,
    PostRecord,
    Rung,
    Tenure,
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


def opened(_: UnitRow | None, fact: UnitOpened) -> UnitRow:
    return UnitRow(
        unit=fact.unit,
        name=fact.name,
        block=fact.block,
        kind=fact.kind,
        opened_from=fact.effective_from,
        placings=(Placing(since=fact.effective_from, parent=fact.parent),),
    )


def placed(row: UnitRow, fact: UnitMoved) -> UnitRow:
    """In order of ``since``; of equals, the later recorded last."""
    placing = Placing(since=fact.effective_from, parent=fact.to_parent)
    order = sorted((*row.placings, placing), key=lambda each: each.since)
    return replace(row, placings=tuple(order))


def ended(row: UnitRow, fact: OrganisationFact) -> UnitRow:
    into = fact.into if isinstance(fact, UnitMerged) else None
    return replace(row, ending=Ending(since=fact.effective_from, into=into))


def post_defined(row: UnitRow, fact: PostDefined) -> UnitRow:
    post = Post(
        id=fact.post, unit=fact.unit, name=fact.name, duty=fact.duty, role=fact.role
    )
    return replace(
        row, posts=(*row.posts, PostRecord(post=post, since=fact.effective_from))
    )


def appointed(row: UnitRow, fact: PersonAppointed) -> UnitRow:
    tenure = Tenure(person=fact.person, since=fact.effective_from, until=fact.until)
    return _holding(row, fact.post, lambda tenures: (*tenures, tenure))


def relieved(row: UnitRow, fact: PersonRelieved) -> UnitRow:
    """The tenure that ran then ends then."""
    at = fact.effective_from
    return _holding(
        row,
        fact.post,
        lambda tenures: tuple(
            Tenure(person=t.person, since=t.since, until=at)
            if t.person == fact.person and t.runs(at)
            else t
            for t in tenures
        ),
    )


def _holding(row: UnitRow, post: str, change: Any) -> UnitRow:
    posts = [
        PostRecord(post=record.post, since=record.since, tenures=change(record.tenures))
        if record.post.id == post
        else record
        for record in row.posts
    ]
    return replace(row, posts=tuple(posts))


UNITS: View[UnitRow] = View(
    Table("units", UnitRow, key=("unit",)),
    docs="what the organisation looked like at any moment, and who held which post",
    handlers=(
        on(UnitOpened, opened, key=of_unit),
        on(UnitMoved, known(placed), key=of_unit),
        on(UnitMerged, known(ended), key=of_unit),
        on(UnitClosed, known(ended), key=of_unit),
        on(PostDefined, known(post_defined), key=of_unit),
        on(PersonAppointed, known(appointed), key=of_unit),
        on(PersonRelieved, known(relieved), key=of_unit),
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
            row.unit: UnitRecord(
                id=row.unit,
                name=row.name,
                block=row.block,
                kind=row.kind,
                opened_from=row.opened_from,
                placings=row.placings,
                ending=row.ending,
                below=tuple(below[row.unit]),
                absorbed=tuple(absorbed[row.unit]),
                posts=tuple(record.post.id for record in row.posts),
            )
            for row in rows
        }
        posts = {record.post.id: record for row in rows for record in row.posts}
        return Books(units=units, posts=posts)
