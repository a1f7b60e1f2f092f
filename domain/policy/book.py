"""规则册: the published versions of one profile's rules, and which one is in force when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.command import Command
from domain.fact import Fact, Recorded
from domain.policy.lint import ERROR, lint
from domain.policy.parse import parse
from domain.policy.policy import Policy
from domain.policy.rows import RoleRule
from domain.policy.time_checks import named_calendars, vocabulary
from domain.refused import Refused

if TYPE_CHECKING:
    from domain.setting import Setting

NAMESPACE = UUID("6d0c2f0e-5a0b-5d8e-9c6b-95598000b00c")


def policy_book_id(profile: str) -> UUID:
    """The stream of a profile's book: the same on every machine."""
    return uuid5(NAMESPACE, profile)


class PolicyBook(Recorded):
    """规则册. Versions as they were published; nothing is ever taken back.

    Every profile has a book, with nothing in it before the first version.
    """

    TOPIC: ClassVar[str] = "policy"

    class Created(Aggregate.Created):
        """Never recorded; the library wants every inherited event to have a name."""

        TOPIC: ClassVar[str] = "policy.created"

    def __init__(self) -> None:
        self.profile: str = ""
        self.versions: dict[int, tuple[datetime, dict[str, Any]]] = {}

    @property
    def last(self) -> int:
        """The number of the latest published version; 0 before the first."""
        return max(self.versions, default=0)

    def policy(self, version: int) -> Policy:
        """The rules of one version. Raises Refused when it was never published."""
        if version not in self.versions:
            raise Refused("no_such_policy_version", profile=self.profile, version=version)
        return Policy.from_document(self.versions[version][1])

    def label_at(self, at: datetime) -> str:
        """The label of the version in force at a moment (``sgcc-2022@1``).

        That is the one that took effect last by then; of two that took effect together,
        the later version. Before the first took effect, the first: a matter older than
        all rules is judged by the oldest.
        """
        order = sorted((since, version) for version, (since, _) in self.versions.items())
        in_force = [version for since, version in order if since <= at]
        return f"{self.profile}@{in_force[-1] if in_force else order[0][1]}"


class PolicyPublished(Fact):
    """A version of a profile's rules, whole, in force from ``effective_from`` (UTC)."""

    TOPIC: ClassVar[str] = "policy.published"

    profile: str
    version: int
    effective_from: datetime
    document: dict[str, Any]

    def mutate(self, aggregate: Any) -> Any:
        """The first version finds the book empty: there is no fact that founds it."""
        empty = PolicyBook.empty(self.originator_id) if aggregate is None else aggregate
        return super().mutate(empty)

    def apply(self, aggregate: PolicyBook) -> None:
        aggregate.profile = self.profile
        # A new dict: other threads may be reading the book that is kept in the cache.
        published = {self.version: (self.effective_from, self.document)}
        aggregate.versions = aggregate.versions | published


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPolicy(Command):
    """Put a version of a profile's rules into the log, in force from its effective date."""

    ACTION: ClassVar[str] = "publish-policy"

    document: Mapping[str, Any]


FOUNDING = Policy(
    profile="founding",
    version=0,
    effective_from=datetime(1, 1, 1, tzinfo=UTC),
    start="",
    intake_unit="",
    moves={},
    types={},
    channels={},
    roles={
        role: RoleRule(
            zh=zh,
            en=role,
            scope="own",
            may=frozenset({"publish-policy", "publish-calendar"}),
            views=frozenset(),
        )
        for role, zh in {"admin": "系统管理员", "system": "系统"}.items()
    },
)
"""Who may publish rules. It holds before there are any, and no rule can take it away:
a bad version could otherwise lock out whoever has to mend it."""


def publish(book: PolicyBook, command: PublishPolicy, setting: Setting) -> list[Fact]:
    """Publish a version: whole, sound, later than every version before it, and counting in
    calendars that there are."""
    document = parse(command.document, vocabulary())
    policy = Policy.from_document(document)
    if policy_book_id(policy.profile) != command.subject:
        raise Refused("policy_wrong_book", profile=policy.profile)
    if policy.version <= book.last:
        raise Refused("policy_version_not_later", version=policy.version, last=book.last)
    errors = [f for f in lint(document["workflow"]) if f.severity == ERROR]
    if errors:
        told = ", ".join(
            f"{f.code} {f.state}" + (f".{f.action}" if f.action else "") for f in errors
        )
        raise Refused("policy_unsound", findings=told)
    _calendars_published(policy, setting)
    return [
        PolicyPublished(
            profile=policy.profile,
            version=policy.version,
            effective_from=policy.effective_from,
            document=document,
        )
    ]


def _calendars_published(policy: Policy, setting: Setting) -> None:
    """No case could be received under rules that count in a calendar nobody knows.

    Raises Refused: ``policy_unknown_calendar``.
    """
    for where, name in named_calendars(policy):
        try:
            known = setting.calendar_book(name).last > 0
        except Refused:
            known = False
        if not known:
            raise Refused("policy_unknown_calendar", where=where, calendar=name)
