"""Who answers for a unit at a moment, rung by rung up to the root; none is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.organisation.records import DEPUTY, DUTIES, LEADER, Books, Post, Rung
from domain.organisation.structure import line, settled


def holders(books: Books, post_id: str, at: datetime) -> Iterator[str]:
    """Who holds a post; nobody does once its unit is closed or merged away."""
    record = books.posts.get(post_id)
    if record is None or not books.units[record.post.unit].open(at):
        return
    for tenure in record.tenures:
        if tenure.runs(at):
            yield tenure.person


def holds_post(books: Books, person: str, post_id: str, at: datetime) -> bool:
    return person in holders(books, post_id, at)


def posts_of(books: Books, person: str, at: datetime) -> tuple[Post, ...]:
    """Every post a person holds: leader's first, then deputy's, then staff, then by id."""
    record = books.people.get(person)
    ever = record.posts if record else ()
    posts = [books.posts[each].post for each in ever if holds_post(books, person, each, at)]
    return tuple(sorted(posts, key=lambda post: (DUTIES.index(post.duty), post.id)))


def seated(
    books: Books, unit_id: str, duty: str, at: datetime
) -> Iterator[tuple[Post, str]]:
    """Posts of a unit with a duty, in the order defined, each with who holds it."""
    record = books.units.get(unit_id)
    for post_id in record.posts if record else ():
        post = books.posts[post_id].post
        if post.duty == duty:
            for person in holders(books, post_id, at):
                yield post, person


def deputies(books: Books, unit_id: str, at: datetime) -> tuple[Rung, ...]:
    """The deputies in the order in which they stand in."""
    return tuple(
        Rung(unit=unit_id, post=post.id, person=person, duty=DEPUTY, fallback="deputy")
        for post, person in seated(books, settled(books, unit_id, at), DEPUTY, at)
    )


def in_the_unit(books: Books, unit_id: str, at: datetime) -> Rung | None:
    """The unit's own leader, or else its first deputy, or else None."""
    for post, person in seated(books, unit_id, LEADER, at):
        return Rung(unit=unit_id, post=post.id, person=person, duty=LEADER, fallback=None)
    return next(iter(deputies(books, unit_id, at)), None)


def leader(books: Books, unit_id: str, at: datetime) -> Rung:
    """Who answers for a unit, falling back to the levels above; see Rung.fallback."""
    rungs = chain(books, unit_id, at)
    return rungs[0]


def chain(books: Books, unit_id: str, at: datetime) -> tuple[Rung, ...]:
    """One rung a level, from the unit up to its root; never empty, never a level twice.

    The chain of a merged unit is its successor's. A unit that is not known by then has
    one rung that says so (``none``).
    """
    rungs: list[Rung] = []
    answers: Rung | None = None
    for level in reversed(line(books, unit_id, at)):
        own = in_the_unit(books, level, at)
        answers = own or answers
        rungs.append(own or _vacant(level, answers))
    return tuple(reversed(rungs)) or (_vacant(unit_id, None),)


def _vacant(unit_id: str, answers: Rung | None) -> Rung:
    if answers is None:
        return Rung(unit=unit_id, post=None, person=None, duty=None, fallback="none")
    return Rung(
        unit=unit_id,
        post=answers.post,
        person=answers.person,
        duty=answers.duty,
        fallback="vacant_next_level",
    )
