"""登记人员 Register a member of staff, so that posts and delegations can name them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.organisation import Organisation, OrganisationFact, called, moment
from domain.organisation.records import Books, PersonRecord
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPerson(Command):
    """Register ``person`` (the id that actors, posts and chains name, for ever).

    Staff are named in their office, in clear; customers never enter the organisation.
    """

    ACTION: ClassVar[str] = "register-person"

    person: str
    name: str
    effective_from: datetime | None = None


class PersonRegistered(OrganisationFact):
    """The person can hold posts from now on."""

    TOPIC: ClassVar[str] = "person.registered"

    person: str
    name: str

    def enter(self, books: Books) -> Books:
        return books.with_person(
            PersonRecord(id=self.person, name=self.name, since=self.effective_from)
        )


def register_person(
    organisation: Organisation, command: RegisterPerson, setting: Setting
) -> list[Fact]:
    person = called(command.person)
    if person in organisation.books.people:
        raise Refused("person_exists", person=person)
    since = moment(command.effective_from, command)
    return [
        PersonRegistered(person=person, name=called(command.name), effective_from=since)
    ]


def must_be_registered(books: Books, person: str, at: datetime) -> PersonRecord:
    """The record of a person registered by then."""
    record = books.people.get(person)
    if record is None or record.since > at:
        raise Refused("unknown_person", person=person)
    return record
