"""Whether somebody may act under a delegation 授权 at a moment, and under which."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.organisation.records import Books, Delegation
from domain.organisation.structure import scope


def granted(books: Books, person: str, action: str, at: datetime) -> Iterator[Delegation]:
    """Every delegation of an action to a person that has begun, running or not."""
    record = books.people.get(person)
    for delegation_id in record.granted if record else ():
        delegation = books.delegations[delegation_id]
        if action in delegation.actions and delegation.since <= at:
            yield delegation


def runs(books: Books, delegation: Delegation, at: datetime) -> bool:
    """It ends with its unit too: after a merger nobody holds more than was granted."""
    record = books.units[delegation.unit]
    return delegation.runs(at) and record.open(at)


def covers(books: Books, delegation: Delegation, unit_id: str, at: datetime) -> bool:
    """The unit it names and all below; once that unit has ended, only its own remains."""
    if not books.units[delegation.unit].open(at):
        return unit_id == delegation.unit
    return unit_id in scope(books, delegation.unit, at)


def lent_scopes(books: Books, person: str, at: datetime) -> Iterator[frozenset[str]]:
    """The scope of every delegation that lets a person do something now."""
    record = books.people.get(person)
    for delegation_id in record.granted if record else ():
        delegation = books.delegations[delegation_id]
        if runs(books, delegation, at):
            yield scope(books, delegation.unit, at)


def may_under_delegation(
    books: Books, person: str, action: str, unit_id: str, at: datetime
) -> Delegation | None:
    """The delegation that lets a person do this for this unit now; None when none does."""
    for delegation in granted(books, person, action, at):
        if runs(books, delegation, at) and covers(books, delegation, unit_id, at):
            return delegation
    return None


def lapsed_delegation(
    books: Books, person: str, action: str, unit_id: str, at: datetime
) -> Delegation | None:
    """One that would have let them, had it not expired or been revoked (B45)."""
    for delegation in granted(books, person, action, at):
        if not runs(books, delegation, at) and covers(books, delegation, unit_id, at):
            return delegation
    return None
