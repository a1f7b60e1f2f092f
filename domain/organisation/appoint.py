"""任命 Appoint a person to a post, from a moment on and perhaps until another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.organisation import Organisation, OrganisationFact, moment
from domain.organisation.records import STAFF, Books, PostRecord, Tenure
from domain.organisation.register_person import must_be_registered
from domain.organisation.soundness import must_be_open
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Appoint(Command):
    """``person`` holds ``post`` from ``effective_from`` (UTC, by default now) ``until``.

    A leader's and a deputy's post has one holder at a time, and nobody is leader and
    deputy, or twice deputy, in one unit. A post of staff has any number of holders.
    """

    ACTION: ClassVar[str] = "appoint"

    person: str
    post: str
    until: datetime | None = None
    effective_from: datetime | None = None


class PersonAppointed(OrganisationFact):
    """The person holds the post until ``until`` (None: until relieved)."""

    TOPIC: ClassVar[str] = "person.appointed"

    person: str
    post: str
    unit: str
    until: datetime | None

    def enter(self, books: Books) -> Books:
        record, person = books.posts[self.post], books.people[self.person]
        tenure = Tenure(person=self.person, since=self.effective_from, until=self.until)
        posts = tuple(dict.fromkeys((*person.posts, self.post)))
        return books.with_post(
            replace(record, tenures=(*record.tenures, tenure))
        ).with_person(replace(person, posts=posts))


def appoint(organisation: Organisation, command: Appoint, setting: Setting) -> list[Fact]:
    since, books = moment(command.effective_from, command), organisation.books
    until = command.until and moment(command.until, command)
    if until is not None and until <= since:
        raise Refused("ends_before_it_begins", since=since.isoformat())
    must_be_registered(books, command.person, since)
    record = books.posts.get(command.post)
    if record is None or record.since > since:
        raise Refused("unknown_post", post=command.post)
    must_be_open(books, record.post.unit, since)
    _must_be_free(record, command.person, since, until)
    _must_not_stand_in_for_themselves(books, record, command.person, since, until)
    return [
        PersonAppointed(
            person=command.person,
            post=command.post,
            unit=record.post.unit,
            until=until,
            effective_from=since,
        )
    ]


def _must_be_free(
    record: PostRecord, person: str, since: datetime, until: datetime | None
) -> None:
    many = record.post.duty == STAFF
    for tenure in record.tenures:
        mine = tenure.person == person
        if (mine or not many) and tenure.meets(since, until):
            raise Refused("post_held", post=record.post.id, person=tenure.person)


def _must_not_stand_in_for_themselves(
    books: Books, record: PostRecord, person: str, since: datetime, until: datetime | None
) -> None:
    if record.post.duty == STAFF:
        return
    for other in books.units[record.post.unit].posts:
        if books.posts[other].post.duty == STAFF:
            continue
        for tenure in books.posts[other].tenures:
            if tenure.person == person and tenure.meets(since, until):
                raise Refused("leads_already", person=person, post=other)
