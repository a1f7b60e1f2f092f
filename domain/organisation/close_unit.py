"""撤销单位 Close a unit that has no open unit below it; nobody takes its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.organisation import Organisation, OrganisationFact, moment
from domain.organisation.records import Books, Ending
from domain.organisation.soundness import (
    must_be_open,
    must_have_no_plans,
    must_have_nothing_below,
    must_not_end,
)
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseUnit(Command):
    """From ``effective_from`` (UTC, by default now) the unit is no more.

    What it still holds is answered for by the levels that were above it.
    """

    ACTION: ClassVar[str] = "close-unit"

    unit: str
    effective_from: datetime | None = None


class UnitClosed(OrganisationFact):
    """The unit and its posts have ended."""

    TOPIC: ClassVar[str] = "unit.closed"

    unit: str

    def enter(self, books: Books) -> Books:
        ending = Ending(since=self.effective_from, into=None)
        return books.with_units(replace(books.units[self.unit], ending=ending))


def close_unit(
    organisation: Organisation, command: CloseUnit, setting: Setting
) -> list[Fact]:
    since = moment(command.effective_from, command)
    books = organisation.books
    record = must_be_open(books, command.unit, since)
    must_not_end(record)
    must_have_no_plans(books, record, since)
    must_have_nothing_below(books, command.unit, since)
    return [UnitClosed(unit=command.unit, effective_from=since)]
