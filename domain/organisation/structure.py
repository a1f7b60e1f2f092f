"""Which unit stands where at a moment: lines of command, scopes, depths, successors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.organisation.records import Books, Unit, UnitRecord


def unit(books: Books, unit_id: str, at: datetime) -> Unit | None:
    """The unit as it stands at a moment; None when it is not open then."""
    record = books.units.get(unit_id)
    if record is None or not record.open(at):
        return None
    return Unit(
        id=record.id,
        name=record.name,
        block=record.block,
        kind=record.kind,
        parent=above(books, unit_id, at),
        opened_from=record.opened_from,
    )


def settled(books: Books, unit_id: str, at: datetime) -> str:
    """Where the unit's work is by then: itself, or what it was merged into, and so on."""
    while record := books.units.get(unit_id):
        ending = record.ending
        if ending is None or ending.into is None or ending.since > at:
            break
        unit_id = ending.into
    return unit_id


def successor(books: Books, unit_id: str, at: datetime) -> str | None:
    """The open unit that answers for this one: itself or what it merged into; or None."""
    heir = settled(books, unit_id, at)
    record = books.units.get(heir)
    return heir if record is not None and record.open(at) else None


def above(books: Books, unit_id: str, at: datetime) -> str | None:
    """The unit directly above; a merged parent's place is taken by its successor."""
    record = books.units.get(unit_id)
    parent = record.parent(at) if record else None
    return None if parent is None else settled(books, parent, at)


def climb(books: Books, unit_id: str, at: datetime) -> tuple[str, ...]:
    """The unit and everything above it, each level once."""
    levels: dict[str, None] = {}
    level: str | None = unit_id
    while level is not None and level not in levels:
        levels[level] = None
        level = above(books, level, at)
    return tuple(levels)


def circular(books: Books, unit_id: str, at: datetime) -> bool:
    """Whether the line from the unit's work upwards never comes to a root."""
    last = climb(books, settled(books, unit_id, at), at)[-1]
    return above(books, last, at) is not None


def line(books: Books, unit_id: str, at: datetime) -> tuple[str, ...]:
    """The line of command from a unit up to its root; a merged unit's successor stands in.

    A closed unit still has the line it had; one that is not known by then has none.
    """
    heir = settled(books, unit_id, at)
    record = books.units.get(heir)
    if record is None or not record.opened(at):
        return ()
    return climb(books, heir, at)


def parts(books: Books, unit_id: str, at: datetime) -> Iterator[UnitRecord]:
    """The unit and all that was merged into it by then, directly or through another."""
    waiting = [unit_id]
    while waiting:
        record = books.units[waiting.pop()]
        yield record
        waiting.extend(each for each in record.absorbed if books.units[each].ended(at))


def children(books: Books, unit_id: str, at: datetime) -> Iterator[str]:
    """Units directly below; closed ones at their last place, merged ones not."""
    offered = {child for part in parts(books, unit_id, at) for child in part.below}
    for child in sorted(offered):
        here = books.units[child].opened(at) and settled(books, child, at) == child
        if here and above(books, child, at) == unit_id:
            yield child


def scope(books: Books, unit_id: str, at: datetime) -> frozenset[str]:
    """The unit, all below, and all that was merged into or closed among them (history)."""
    heir = successor(books, unit_id, at)
    found: set[str] = set()
    waiting = [heir] if heir else []
    while waiting:
        level = waiting.pop()
        found.update(part.id for part in parts(books, level, at))
        waiting.extend(children(books, level, at))
    return frozenset(found)


def depth(books: Books, unit_id: str, at: datetime) -> int | None:
    """Levels above it: 0 for a root; None when nobody answers for the unit at that time."""
    heir = successor(books, unit_id, at)
    return None if heir is None else len(line(books, heir, at)) - 1


def layers_between(books: Books, one: str, other: str, at: datetime) -> int | None:
    """Levels passed on the way along the line of command: up to the common superior, down.

    0 for the same unit, 1 for a unit and its parent, 2 for neighbours under one parent.
    None when they have no common superior, or one is not known by then (B38).
    """
    up, down = line(books, one, at), line(books, other, at)
    common = next((level for level in up if level in down), None)
    return None if common is None else up.index(common) + down.index(common)


def moments(books: Books, since: datetime) -> list[datetime]:
    """``since``, and every later moment already known at which lines move."""
    known = {since}
    for record in books.units.values():
        known.update(placing.since for placing in record.placings)
        known.update({record.ending.since} if record.ending else set())
    return sorted(moment for moment in known if moment >= since)
