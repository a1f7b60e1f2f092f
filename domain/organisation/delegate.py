"""授权 Delegate: let another do what one's post may do, for a time (B45)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Actor, Fact
from domain.organisation.organisation import Organisation, OrganisationFact, called, moment
from domain.organisation.records import Books, Delegation, Post
from domain.organisation.register_person import must_be_registered
from domain.organisation.soundness import must_be_open
from domain.policy.policy import Policy
from domain.refused import NotPermitted, Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate(Command):
    """Let ``to_person`` take ``actions`` for ``unit`` and below, as ``from_post`` may.

    ``actions`` are steps of the case workflow that the post's role may take; what was
    itself delegated cannot be passed on. ``delegation`` is its id, for ever.
    """

    ACTION: ClassVar[str] = "delegate"

    delegation: str
    from_person: str
    from_post: str
    to_person: str
    actions: tuple[str, ...]
    unit: str
    expires_at: datetime | None = None
    effective_from: datetime | None = None


class AuthorityDelegated(OrganisationFact):
    """``to_person`` may act under ``role`` from now until before ``expires_at``."""

    TOPIC: ClassVar[str] = "authority.delegated"

    delegation: str
    from_person: str
    from_post: str
    role: str
    to_person: str
    actions: tuple[str, ...]
    unit: str
    expires_at: datetime

    def enter(self, books: Books) -> Books:
        person = books.people[self.to_person]
        delegation = Delegation(
            id=self.delegation,
            from_person=self.from_person,
            from_post=self.from_post,
            role=self.role,
            to_person=self.to_person,
            actions=self.actions,
            unit=self.unit,
            since=self.effective_from,
            expires_at=self.expires_at,
        )
        return books.with_delegation(delegation).with_person(
            replace(person, granted=(*person.granted, self.delegation))
        )


def delegate(organisation: Organisation, command: Delegate, setting: Setting) -> list[Fact]:
    since, books = moment(command.effective_from, command), organisation.books
    delegation_id = called(command.delegation)
    if delegation_id in books.delegations:
        raise Refused("delegation_exists", delegation=delegation_id)
    if command.expires_at is None:
        raise Refused("delegation_without_expiry")
    expires_at = moment(command.expires_at, command)
    if expires_at <= since:
        raise Refused("ends_before_it_begins", since=since.isoformat())
    must_speak_for(command.from_person, command.actor, setting.policy)
    must_be_registered(books, command.to_person, since)
    if command.to_person == command.from_person:
        raise Refused("delegated_to_oneself", person=command.to_person)
    must_be_open(books, command.unit, since)
    post = _authority(organisation, command, since)
    _must_be_theirs(post, command.actions, setting.policy)
    return [
        AuthorityDelegated(
            delegation=delegation_id,
            from_person=command.from_person,
            from_post=post.id,
            role=post.role,
            to_person=command.to_person,
            actions=tuple(sorted(set(command.actions))),
            unit=command.unit,
            expires_at=expires_at,
            effective_from=since,
        )
    ]


def must_speak_for(person: str, actor: Actor, policy: Policy) -> None:
    """One disposes of one's own authority; who may appoint may record it for another."""
    keeper = actor.role in policy.roles and "appoint" in policy.roles[actor.role].may
    if actor.person != person and not keeper:
        raise NotPermitted("not_your_authority", person=person)


def _authority(organisation: Organisation, command: Delegate, since: datetime) -> Post:
    post = organisation.post(command.from_post)
    if post is None or not organisation.holds_post(command.from_person, post.id, since):
        raise Refused("post_not_held", person=command.from_person, post=command.from_post)
    if command.unit not in organisation.scope(post.unit, since):
        raise Refused("beyond_the_post", post=post.id, unit=command.unit)
    return post


def _must_be_theirs(post: Post, actions: tuple[str, ...], policy: Policy) -> None:
    moves = policy.moves.items()
    theirs = {action for (_, action), move in moves if post.role in move.roles}
    if not actions:
        raise Refused("delegation_of_nothing")
    for action in actions:
        if action not in theirs:
            raise Refused("authority_not_held", post=post.id, action=action)
