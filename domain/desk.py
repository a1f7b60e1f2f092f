"""The desk: load what is spoken to, let it decide, record it, answer where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application, Repository
from eventsourcing.domain import MutableOrImmutableAggregate
from eventsourcing.persistence import InfrastructureFactory, IntegrityError
from eventsourcing.utils import Environment

from domain.authority import admit, see
from domain.case.case import Case
from domain.catalogue import CASE, Subject, subject_of
from domain.command import Command
from domain.fact import Fact, Recorded
from domain.organisation.organisation import ORGANISATION_ID, Organisation
from domain.policy.book import FOUNDING, PolicyBook, PublishPolicy, policy_book_id
from domain.policy.policy import Policy
from domain.refused import NotFound, Refused, Stale
from domain.setting import Setting

ATTEMPTS_MAX = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a command left things: stream, version, and the log position to wait for."""

    id: UUID
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Voiced:
    """A command as the ledger keeps it: its id, and what it asked, to show a reuse."""

    command_id: UUID
    fingerprint: bytes


class Ledger(Protocol):
    """The recorded commands, kept with the facts they led to (store/commands.py)."""

    def find(self, voiced: Voiced) -> Answer | None:
        """The answer this command got, or None; raises Refused("command_reused")."""


class Desk(Application[UUID]):
    """The one door through which facts are made."""

    name = "desk"
    snapshotting_intervals: ClassVar[dict[type[MutableOrImmutableAggregate[Any]], int]] = {
        Case: 100,
        Organisation: 200,
    }

    def __init__(
        self,
        factory: InfrastructureFactory[Any],
        *,
        profile: str,
        ledger: Ledger | None = None,
    ) -> None:
        self._given_factory = factory
        self._ledger = ledger
        self.profile = profile
        self._policies: dict[str, Policy] = {}
        super().__init__({"AGGREGATE_CACHE_MAXSIZE": "2000"})
        self._uncached: Repository[UUID] = Repository(
            event_store=self.events, snapshot_store=self.snapshots
        )

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:  # noqa: ARG002
        return self._given_factory

    def handle(
        self, command: Command, *, version: int | None = None, fingerprint: bytes = b""
    ) -> Answer:
        """Decide and record. The same command id again gets the same answer.

        ``version`` is the version the caller decided on (``If-Match``); ``fingerprint``
        identifies the body, so that another body under a used id is refused.
        Raises Refused (and its kinds NotPermitted, NotFound, Stale) and records nothing.
        """
        voiced = Voiced(command.command_id, fingerprint)
        if done := self._done(voiced):
            return done
        for attempt in range(ATTEMPTS_MAX):
            try:
                return self._attempt(command, version, voiced, cached=attempt == 0)
            except (IntegrityError, Refused) as no:
                # A cached aggregate may lag behind another process: never refuse on it.
                if isinstance(no, Refused) and attempt == 0:
                    continue
                # Nor because the same command, sent twice, has just been done.
                if done := self._done(voiced):
                    return done
                if isinstance(no, Refused):
                    raise
                if type(command) in subject_of(type(command)).begins:
                    raise Refused("already_begun") from None
        raise Refused("contended")

    def _attempt(
        self, command: Command, version: int | None, voiced: Voiced, *, cached: bool
    ) -> Answer:
        subject, kind = subject_of(type(command)), type(command)
        begins = kind in subject.begins
        aggregate = None if begins else self._load(subject, command.subject, cached=cached)
        setting = self.setting(self._policy_for(aggregate, command))
        if aggregate is not None:
            if isinstance(aggregate, Case):
                see(aggregate, command, setting)  # what is hidden has no version either
            if version is not None and version != aggregate.version:
                raise Stale("stale_version", version=aggregate.version)
        stage, actor = admit(aggregate, command, setting)
        command = replace(command, actor=actor)
        facts = (
            subject.begins[kind](command, setting)
            if begins
            else subject.goes_on[kind](aggregate, command, setting)
        )
        return self._put_down(subject, aggregate, command, stage, facts, setting, voiced)

    def _put_down(  # not ``_record``: that name is the library's
        self,
        subject: Subject,
        aggregate: Recorded | None,
        command: Command,
        stage: str | None,
        facts: list[Fact],
        setting: Setting,
        voiced: Voiced,
    ) -> Answer:
        first = aggregate.version + 1 if aggregate else 1
        envelope: dict[str, Any] = {
            "originator_id": command.subject,
            "occurred_at": command.at,
            "actor": command.actor,
            "command_id": command.command_id,
            "correlation_id": command.correlation_id or command.subject,
            "causation_id": command.causation_id,
            "policy": setting.policy.label,
        }
        if subject is CASE:
            envelope["stage"] = stage
            envelope["terminal"] = setting.policy.terminal(stage or "")
        stamped = [
            fact.stamped(originator_version=first + n, **envelope)
            for n, fact in enumerate(facts)
        ]
        if aggregate is None:
            aggregate = cast("Recorded", stamped[0].mutate(None))
            aggregate.pending_events.append(stamped[0])
            stamped = stamped[1:]
        aggregate.admit(stamped)
        recordings = self.save(aggregate, commands=[voiced])
        last = recordings[-1].notification
        return Answer(command.subject, last.originator_version, last.id)

    def _load(self, subject: Subject, subject_id: UUID, *, cached: bool) -> Recorded:
        repository = self.repository if cached else self._uncached
        try:
            found: Recorded = repository.get(subject_id)
        except AggregateNotFoundError:
            if subject.empty is None:
                raise NotFound(subject.missing) from None
            return subject.empty(subject_id)
        if not isinstance(found, subject.aggregate):
            raise NotFound(subject.missing)
        return found

    def _policy_for(self, aggregate: Recorded | None, command: Command) -> Policy:
        """A case keeps the policy it began under; all else follows the one in force."""
        if isinstance(aggregate, Case):
            return self.policy(aggregate.policy)
        if isinstance(command, PublishPolicy):
            return FOUNDING
        return self.policy_in_force(command.at)

    def _done(self, voiced: Voiced) -> Answer | None:
        return self._ledger.find(voiced) if self._ledger else None

    # What decisions look at ------------------------------------------------------------

    def setting(self, policy: Policy) -> Setting:
        return Setting(policy=policy, organisation=self.organisation(), case=self.case)

    def case(self, case_id: UUID) -> Case | None:
        """A case to look at, not to change; None when there is none."""
        try:
            return cast("Case", self._load(CASE, case_id, cached=True))
        except NotFound:
            return None

    def organisation(self) -> Organisation:
        """The organisation as known now; ask it about a moment. Empty at first."""
        try:
            return self.repository.get(ORGANISATION_ID, deepcopy_from_cache=False)
        except AggregateNotFoundError:
            return Organisation.empty()

    def policy(self, label: str) -> Policy:
        """The policy a case is pinned to, by its label (``sgcc-2022@1``)."""
        if label not in self._policies:
            profile, _, version = label.rpartition("@")
            self._policies[label] = self.book(profile).policy(int(version))
        return self._policies[label]

    def policy_in_force(self, at: datetime) -> Policy:
        """The version of this desk's profile that is effective at a moment."""
        return self.policy(self.book(self.profile).label_at(at))

    def book(self, profile: str) -> PolicyBook:
        """Every published version of a profile's rules, to look at, not to change."""
        try:
            return self.repository.get(policy_book_id(profile), deepcopy_from_cache=False)
        except AggregateNotFoundError:
            raise Refused("no_such_policy", profile=profile) from None
