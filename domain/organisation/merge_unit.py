"""合并单位 Merge a unit into another, with its history, sub-units and work (B39)."""

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
    must_not_circle,
    must_not_end,
    must_stay_open,
)
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUnit(Command):
    """From ``effective_from`` (UTC, by default now) ``unit`` is part of ``into``.

    Its posts end with it; its sub-units stand under ``into``; what it held and did is in
    the scope of ``into``; asked about an earlier moment it is still there.
    """

    ACTION: ClassVar[str] = "merge-unit"

    unit: str
    into: str
    effective_from: datetime | None = None


class UnitMerged(OrganisationFact):
    """``into`` answers for the unit from now on."""

    TOPIC: ClassVar[str] = "unit.merged"

    unit: str
    into: str

    def enter(self, books: Books) -> Books:
        gone, heir = books.units[self.unit], books.units[self.into]
        return books.with_units(
            replace(gone, ending=Ending(since=self.effective_from, into=self.into)),
            replace(heir, absorbed=(*heir.absorbed, self.unit)),
        )


def merge_unit(
    organisation: Organisation, command: MergeUnit, setting: Setting
) -> list[Fact]:
    since = moment(command.effective_from, command)
    books = organisation.books
    record = must_be_open(books, command.unit, since)
    if command.into == command.unit:
        raise Refused("merged_into_itself", unit=command.unit)
    must_not_end(record)
    must_stay_open(books, command.into, since)
    must_have_no_plans(books, record, since)
    merged = UnitMerged(unit=command.unit, into=command.into, effective_from=since)
    must_not_circle(merged.enter(books), command.into, since)
    return [merged]
