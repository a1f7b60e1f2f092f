"""划转单位 Move a unit, with all below it, under another parent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.open_unit import placed_below
from domain.organisation.organisation import Organisation, OrganisationFact, moment
from domain.organisation.records import Books, Placing, UnitRecord
from domain.organisation.soundness import must_be_open, must_not_circle, must_stay_open
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveUnit(Command):
    """From ``effective_from`` (UTC, by default now) the unit stands under ``parent``.

    ``parent`` None makes it a root. A move already on record for later still happens.
    """

    ACTION: ClassVar[str] = "move-unit"

    unit: str
    parent: str | None
    effective_from: datetime | None = None


class UnitMoved(OrganisationFact):
    """``from_parent`` is where the unit stood until then."""

    TOPIC: ClassVar[str] = "unit.moved"

    unit: str
    from_parent: str | None
    to_parent: str | None

    def enter(self, books: Books) -> Books:
        placing = Placing(since=self.effective_from, parent=self.to_parent)
        moved = books.units[self.unit].placed(placing)
        return placed_below(books.with_units(moved), self.unit, self.to_parent)


def move_unit(
    organisation: Organisation, command: MoveUnit, setting: Setting
) -> list[Fact]:
    since = moment(command.effective_from, command)
    books = organisation.books
    record = must_be_open(books, command.unit, since)
    if command.parent is not None:
        must_stay_open(books, command.parent, since, _next_change(record, since))
    moved = UnitMoved(
        unit=command.unit,
        from_parent=record.parent(since),
        to_parent=command.parent,
        effective_from=since,
    )
    must_not_circle(moved.enter(books), command.unit, since)
    return [moved]


def _next_change(record: UnitRecord, since: datetime) -> datetime | None:
    """When the unit leaves the place it is given now, as far as is on record."""
    later = [placing.since for placing in record.placings if placing.since > since]
    return min(later + ([record.ending.since] if record.ending else []), default=None)
