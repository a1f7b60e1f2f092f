"""设置岗位 Define a post: a seat in a unit, with its duty and its role (B11)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.organisation import Organisation, OrganisationFact, called, moment
from domain.organisation.records import DUTIES, LEADER, STAFF, Books, Post, PostRecord
from domain.organisation.soundness import must_be_open
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinePost(Command):
    """Define ``post`` (its id, for ever) in a unit. A unit has one leader's post at most.

    ``duty``: leader 负责人, deputy 副职 (they stand in, in the order defined), staff.
    ``role``: the role of the policy whose authority goes with the post.
    """

    ACTION: ClassVar[str] = "define-post"

    post: str
    unit: str
    name: str
    duty: str = STAFF
    role: str = "handler"
    effective_from: datetime | None = None


class PostDefined(OrganisationFact):
    """The post can be held from now on, for as long as its unit is open."""

    TOPIC: ClassVar[str] = "post.defined"

    post: str
    unit: str
    name: str
    duty: str
    role: str

    def enter(self, books: Books) -> Books:
        post = Post(
            id=self.post, unit=self.unit, name=self.name, duty=self.duty, role=self.role
        )
        unit = books.units[self.unit]
        return books.with_post(PostRecord(post=post, since=self.effective_from)).with_units(
            replace(unit, posts=(*unit.posts, self.post))
        )


def define_post(
    organisation: Organisation, command: DefinePost, setting: Setting
) -> list[Fact]:
    since, books = moment(command.effective_from, command), organisation.books
    post_id = called(command.post)
    if post_id in books.posts:
        raise Refused("post_exists", post=post_id)
    if command.duty not in DUTIES:
        raise Refused("unknown_duty", duty=command.duty, known=", ".join(DUTIES))
    if command.role not in setting.policy.roles:
        raise Refused("unknown_role", role=command.role)
    unit = must_be_open(books, command.unit, since)
    taken = [each for each in unit.posts if books.posts[each].post.duty == LEADER]
    if command.duty == LEADER and taken:
        raise Refused("leader_post_exists", unit=unit.id, post=taken[0])
    return [
        PostDefined(
            post=post_id,
            unit=unit.id,
            name=called(command.name),
            duty=command.duty,
            role=command.role,
            effective_from=since,
        )
    ]
