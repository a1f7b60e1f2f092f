"""设立单位 Open a unit: a new place in the organisation, under a parent or as a root."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.organisation import Organisation, OrganisationFact, called, moment
from domain.organisation.records import BLOCKS, KINDS, Books, Placing, UnitRecord
from domain.organisation.soundness import must_stay_open
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUnit(Command):
    """Open ``unit`` (its id, for ever) in one of the four blocks of B32.

    ``parent`` None makes it a root. ``effective_from``: UTC, by default the moment asked.
    """

    ACTION: ClassVar[str] = "open-unit"

    unit: str
    name: str
    block: str = "main"
    kind: str = "department"
    parent: str | None = None
    effective_from: datetime | None = None


class UnitOpened(OrganisationFact):
    """The unit exists from now on."""

    TOPIC: ClassVar[str] = "unit.opened"

    unit: str
    name: str
    block: str
    kind: str
    parent: str | None

    def enter(self, books: Books) -> Books:
        opened = UnitRecord(
            id=self.unit,
            name=self.name,
            block=self.block,
            kind=self.kind,
            opened_from=self.effective_from,
            placings=(Placing(since=self.effective_from, parent=self.parent),),
        )
        return placed_below(books.with_units(opened), self.unit, self.parent)


def placed_below(books: Books, unit_id: str, parent: str | None) -> Books:
    """The books with the unit listed among those its parent ever had directly below it."""
    if parent is None or unit_id in books.units[parent].below:
        return books
    record = books.units[parent]
    return books.with_units(replace(record, below=(*record.below, unit_id)))


def open_unit(
    organisation: Organisation, command: OpenUnit, setting: Setting
) -> list[Fact]:
    since, unit_id = moment(command.effective_from, command), called(command.unit)
    if unit_id in organisation.books.units:
        raise Refused("unit_exists", unit=unit_id)
    if command.block not in BLOCKS:
        raise Refused("unknown_block", block=command.block, known=", ".join(BLOCKS))
    if command.kind not in KINDS:
        raise Refused("unknown_kind", kind=command.kind, known=", ".join(KINDS))
    if command.parent is not None:
        must_stay_open(organisation.books, command.parent, since)
    return [
        UnitOpened(
            unit=unit_id,
            name=called(command.name),
            block=command.block,
            kind=command.kind,
            parent=command.parent,
            effective_from=since,
        )
    ]
