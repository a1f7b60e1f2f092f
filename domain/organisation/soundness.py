"""What must hold from a change on, also at later moments already on record."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.organisation.records import Books, UnitRecord
from domain.organisation.structure import children, circular, moments, settled
from domain.refused import Refused

FOREVER = datetime.max.replace(tzinfo=UTC)


def must_be_open(books: Books, unit_id: str, at: datetime) -> UnitRecord:
    """The record of a unit that is open at a moment."""
    record = books.units.get(unit_id)
    if record is None or not record.open(at):
        raise Refused("unknown_unit", unit=unit_id)
    return record


def must_stay_open(
    books: Books, unit_id: str, since: datetime, until: datetime | None = None
) -> None:
    """A parent is open from ``since``, and is not on record to close before ``until``.

    It may be on record to be merged: then its successor takes its place.
    """
    must_be_open(books, unit_id, since)
    heir = books.units[settled(books, unit_id, FOREVER)]
    closes = heir.ending.since if heir.ending else None
    if closes is not None and (until is None or closes < until):
        raise Refused("unit_closes", unit=unit_id, since=closes.isoformat())


def must_not_end(record: UnitRecord) -> None:
    """A unit ends once: no closing and no merger of it is on record for later."""
    if record.ending is not None:
        raise Refused("unit_closes", unit=record.id, since=record.ending.since.isoformat())


def must_have_no_plans(books: Books, record: UnitRecord, since: datetime) -> None:
    """A unit ends only after all that is on record for it: moves, mergers into it."""
    planned = [placing.since for placing in record.placings]
    planned += [e.since for each in record.absorbed if (e := books.units[each].ending)]
    if max(planned) > since:
        raise Refused("unit_has_plans", unit=record.id, until=max(planned).isoformat())


def must_not_circle(books: Books, unit_id: str, since: datetime) -> None:
    """No line of command through the unit meets itself, now or at a later known moment."""
    for moment in moments(books, since):
        if circular(books, unit_id, moment):
            raise Refused("unit_circle", unit=unit_id, since=moment.isoformat())


def must_have_nothing_below(books: Books, unit_id: str, since: datetime) -> None:
    """No open unit stands below it at any known moment from then on."""
    for moment in moments(books, since):
        for child in children(books, unit_id, moment):
            if books.units[child].open(moment):
                raise Refused("unit_has_units", unit=unit_id, below=child)
