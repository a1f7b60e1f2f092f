"""The organisation as the desk knows it: folded from facts, asked about a moment."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.command import Command
from domain.fact import Fact, Recorded
from domain.organisation import chain, delegation, structure
from domain.organisation.records import Books, Delegation, Post, Rung, Unit
from domain.refused import NotFound, Refused

ORGANISATION_ID = uuid5(NAMESPACE_URL, "huiyin:organisation")


class Organisation(Recorded):
    """组织. There is one, and it stands before its first fact, with nothing in it.

    Every question is answered for a moment ``at`` (UTC), from what is on record now:
    facts may take effect earlier or later than they are recorded. The record is one
    immutable value, so that a reader never sees half of a change.
    """

    TOPIC: ClassVar[str] = "organisation"

    class Created(Aggregate.Created):
        """Never recorded; the library wants every inherited event to have a name."""

        TOPIC: ClassVar[str] = "organisation.created"

    def __init__(self) -> None:
        self.books: Books = Books()

    @classmethod
    def empty(cls, stream_id: UUID = ORGANISATION_ID) -> Self:
        """The organisation before anything happened. Raises NotFound for any other id."""
        if stream_id != ORGANISATION_ID:
            raise NotFound("no_such_organisation")
        return super().empty(stream_id)

    # Units ------------------------------------------------------------------------------

    def unit(self, unit_id: str, at: datetime) -> Unit | None:
        """The unit as it stands; None when it is not open then (see ``successor``)."""
        return structure.unit(self.books, unit_id, at)

    def units(self, at: datetime) -> tuple[Unit, ...]:
        """All units open at a moment, by id."""
        books = self.books
        found = (structure.unit(books, unit_id, at) for unit_id in sorted(books.units))
        return tuple(each for each in found if each is not None)

    def successor(self, unit_id: str, at: datetime) -> str | None:
        """The open unit that answers for it: itself or what it merged into; or None."""
        return structure.successor(self.books, unit_id, at)

    def scope(self, unit_id: str, at: datetime) -> frozenset[str]:
        """The unit, all below, and all that was merged into or closed among them.

        A merged unit has its successor's scope; a closed or unknown one has none.
        """
        return structure.scope(self.books, unit_id, at)

    def line(self, unit_id: str, at: datetime) -> tuple[str, ...]:
        """The units from this one (or its successor) up to the root."""
        return structure.line(self.books, unit_id, at)

    def depth(self, unit_id: str, at: datetime) -> int | None:
        """Levels above it, 0 for a root; None when nobody answers for it then."""
        return structure.depth(self.books, unit_id, at)

    def layers_between(self, one: str, other: str, at: datetime) -> int | None:
        """Levels passed along the line of command; None without a common superior (B38)."""
        return structure.layers_between(self.books, one, other, at)

    # People -----------------------------------------------------------------------------

    def leader(self, unit_id: str, at: datetime) -> Rung:
        """Who answers for a unit: leader, else deputy, else the next level; see Rung."""
        return chain.leader(self.books, unit_id, at)

    def deputies(self, unit_id: str, at: datetime) -> tuple[Rung, ...]:
        """The deputies in the order in which they stand in."""
        return chain.deputies(self.books, unit_id, at)

    def chain(self, unit_id: str, at: datetime) -> tuple[Rung, ...]:
        """One rung a level from the unit up to its root; never empty (B39, B73)."""
        return chain.chain(self.books, unit_id, at)

    def name(self, person: str) -> str | None:
        """What a member of staff is called; None when not registered."""
        record = self.books.people.get(person)
        return record.name if record else None

    def post(self, post_id: str) -> Post | None:
        """A post by its id; None when it was never defined."""
        record = self.books.posts.get(post_id)
        return record.post if record else None

    def holds_post(self, person: str, post_id: str, at: datetime) -> bool:
        """Whether the person holds the post; nobody does once its unit has ended."""
        return chain.holds_post(self.books, person, post_id, at)

    def posts_of(self, person: str, at: datetime) -> tuple[Post, ...]:
        """Every post held: leader's first, then deputy's, then staff."""
        return chain.posts_of(self.books, person, at)

    def post_of(self, person: str, at: datetime, unit_id: str | None = None) -> Post | None:
        """The first of ``posts_of``, in a unit if one is given; None without any."""
        held = self.posts_of(person, at)
        return next((p for p in held if unit_id is None or p.unit == unit_id), None)

    # Delegations ------------------------------------------------------------------------

    def reach(self, person: str, unit_id: str | None, at: datetime) -> frozenset[str]:
        """What is open to somebody of a unit: its scope, and what was delegated to them."""
        books = self.books
        own = structure.scope(books, unit_id, at) if unit_id else frozenset()
        return own.union(*delegation.lent_scopes(books, person, at))

    def may_under_delegation(
        self, person: str, action: str, unit_id: str, at: datetime
    ) -> Delegation | None:
        """The delegation that lets a person do this for this unit then, or None (B45)."""
        return delegation.may_under_delegation(self.books, person, action, unit_id, at)

    def lapsed_delegation(
        self, person: str, action: str, unit_id: str, at: datetime
    ) -> Delegation | None:
        """One that would have let them, had it not expired or been revoked; or None."""
        return delegation.lapsed_delegation(self.books, person, action, unit_id, at)


class OrganisationFact(Fact):
    """A fact about the organisation, true from ``effective_from`` (UTC) on."""

    effective_from: datetime

    def mutate(self, aggregate: Any) -> Any:
        """The first fact finds the organisation empty: there is no fact that founds it."""
        return super().mutate(Organisation.empty() if aggregate is None else aggregate)

    def apply(self, aggregate: Organisation) -> None:
        aggregate.books = self.enter(aggregate.books)

    @abstractmethod
    def enter(self, books: Books) -> Books:
        """The books with this fact entered."""


def moment(given: datetime | None, command: Command) -> datetime:
    """When a command is to take effect: as given, else the moment it is voiced."""
    if given is not None and given.tzinfo is None:
        raise Refused("time_without_zone", time=given.isoformat())
    return given or command.at


def called(text: str) -> str:
    """An id or a name as written, without blanks round it; refuses one of blanks only."""
    if not text.strip():
        raise Refused("nameless")
    return text.strip()
