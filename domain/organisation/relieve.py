"""免职 Relieve a person of a post; it is vacant until somebody is appointed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.organisation import Organisation, OrganisationFact, moment
from domain.organisation.records import Books
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Relieve(Command):
    """``person`` no longer holds ``post`` from ``effective_from`` (UTC, by default now)."""

    ACTION: ClassVar[str] = "relieve"

    person: str
    post: str
    effective_from: datetime | None = None


class PersonRelieved(OrganisationFact):
    """The tenure that ran at ``effective_from`` ends there."""

    TOPIC: ClassVar[str] = "person.relieved"

    person: str
    post: str
    unit: str

    def enter(self, books: Books) -> Books:
        record, end = books.posts[self.post], self.effective_from
        tenures = tuple(
            replace(tenure, until=end)
            if tenure.person == self.person and tenure.runs(end)
            else tenure
            for tenure in record.tenures
        )
        return books.with_post(replace(record, tenures=tenures))


def relieve(organisation: Organisation, command: Relieve, setting: Setting) -> list[Fact]:
    since, books = moment(command.effective_from, command), organisation.books
    record = books.posts.get(command.post)
    if record is None or not any(
        tenure.person == command.person and tenure.runs(since) for tenure in record.tenures
    ):
        raise Refused("post_not_held", person=command.person, post=command.post)
    return [
        PersonRelieved(
            person=command.person,
            post=command.post,
            unit=record.post.unit,
            effective_from=since,
        )
    ]
