"""The desk: load what is spoken to, let it decide, record it, answer where it stands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any, ClassVar, NamedTuple, Protocol, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application, Repository
from eventsourcing.domain import MutableOrImmutableAggregate
from eventsourcing.persistence import InfrastructureFactory, IntegrityError
from eventsourcing.utils import Environment

from domain.authority import let_through, versions
from domain.case.case import Case, CaseFact
from domain.catalogue import CASE, Subject, subject_of
from domain.command import Command
from domain.fact import UNSTAMPED, Fact, Recorded
from domain.organisation.organisation import ORGANISATION_ID, Organisation
from domain.patience import Attempts, Turn, at_once, unasked
from domain.policy.book import FOUNDING, PolicyBook, PublishPolicy, policy_book_id
from domain.policy.policy import Policy
from domain.promise.calendar_book import CalendarBook, PublishCalendar, calendar_book_id
from domain.promise.course import catch_up, follow_up, tell, with_coming
from domain.refused import Contended, NotFound, Refused
from domain.setting import Setting
from domain.stamp import stamped


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


NOWHERE = 0
"""The position of an answer to a command that led to no fact: nothing to wait for."""


class Others:
    """Other cases as one decision looks at them: each is loaded once, and what fell due on
    it has happened (``happened``, recorded only if the decision puts a fact beside it)."""

    def __init__(
        self,
        load: Callable[[UUID], Case | None],
        catch_up: Callable[[Case], list[CaseFact]],
    ) -> None:
        self._load, self._catch_up = load, catch_up
        self.looked_at: dict[UUID, Case] = {}
        self.happened: dict[UUID, list[CaseFact]] = {}

    def __call__(self, case_id: UUID) -> Case | None:
        if case_id not in self.looked_at and (found := self._load(case_id)):
            self.happened[case_id] = self._catch_up(found)
            self.looked_at[case_id] = found
        return self.looked_at.get(case_id)


class Around(NamedTuple):
    """The organisation and the calendars that a decision looks at."""

    organisation: Organisation
    calendar_book: Callable[[str], CalendarBook]


class Decided(NamedTuple):
    """What came of a command: the stream with its new ``facts`` taken in, stamped, and the
    facts for other cases, unstamped."""

    aggregate: Recorded
    others: Others
    facts: list[Fact]
    elsewhere: list[Fact]


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
        attempts: Attempts = at_once,
        turn: Turn = unasked,
    ) -> None:
        """``attempts``: how long to try again where other processes are faster; ``turn``:
        how the threads of this one take turns at a stream."""
        self._given_factory = factory
        self._ledger = ledger
        self._attempts = attempts
        self._turn = turn
        self.profile = profile
        self._policies: dict[str, Policy] = {}
        super().__init__({"AGGREGATE_CACHE_MAXSIZE": "2000"})
        self._uncached: Repository[UUID] = Repository(
            event_store=self.events, snapshot_store=self.snapshots
        )

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:  # noqa: ARG002
        return self._given_factory

    def handle(
        self,
        command: Command,
        *,
        version: int | None = None,
        fingerprint: bytes = b"",
        around: Around | None = None,
    ) -> Answer:
        """Decide and record. The same command id again gets the same answer.

        ``version`` is the version the caller decided on (``If-Match``); ``fingerprint``
        identifies the body, so that another body under a used id is refused. ``around`` is
        what to decide among, for whoever handles many at a moment; else as known now.
        Raises Refused (and its kinds NotPermitted, NotFound, Stale, Contended) and records
        nothing.
        """
        voiced = Voiced(command.command_id, fingerprint)
        if done := self._done(voiced):
            return done
        with self._turn(command.subject):
            return self._in_turn(command, version, voiced, around)

    def foresee(
        self, command: Command, *, version: int | None = None, fingerprint: bytes = b""
    ) -> Answer | None:
        """The answer that a command already got; None when it would go through now.

        For whoever prepares a command at a price (the keys that texts are sealed under):
        nothing is recorded. What the texts say plays no part. Raises Refused as ``handle``.
        """
        voiced = Voiced(command.command_id, fingerprint)
        if done := self._done(voiced):
            return done
        with suppress(Refused):
            self._begin_or_go_on(command, version, cached=True)
            return None
        try:
            self._begin_or_go_on(command, version, cached=False)
        except Refused:
            # The same command, sent twice, may just have been done.
            if done := self._done(voiced):
                return done
            raise
        return None

    def _begin_or_go_on(
        self, command: Command, version: int | None, *, cached: bool
    ) -> None:
        self._decide(command, version, cached=cached)
        begins = type(command) in subject_of(type(command)).begins
        if begins and command.subject in self._uncached:
            raise Refused("already_begun")

    def _in_turn(
        self,
        command: Command,
        version: int | None,
        voiced: Voiced,
        around: Around | None,
    ) -> Answer:
        for attempt, _ in enumerate(self._attempts()):
            cached, among = attempt == 0, around if attempt == 0 else None
            try:
                return self._attempt(command, version, voiced, among, cached=cached)
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
        raise Contended("contended")

    def _attempt(
        self,
        command: Command,
        version: int | None,
        voiced: Voiced,
        around: Around | None,
        *,
        cached: bool,
    ) -> Answer:
        decided = self._decide(command, version, around, cached=cached)
        aggregate, others = decided.aggregate, decided.others
        if not decided.facts:
            return Answer(command.subject, aggregate.version, NOWHERE)
        aggregate.pending_events.extend(decided.facts)
        touched = [self._beside(others, fact, command) for fact in decided.elsewhere]
        # One insert, all of it or nothing. The command's own stream is last: its last fact
        # is what the ledger and the answer point to.
        last = self.save(*touched, aggregate, commands=[voiced])[-1].notification
        return Answer(command.subject, last.originator_version, last.id)

    def _decide(
        self,
        command: Command,
        version: int | None,
        around: Around | None = None,
        *,
        cached: bool,
    ) -> Decided:
        """Load, let happen what fell due meanwhile, let through, decide, follow up."""
        subject, kind = subject_of(type(command)), type(command)
        begins = kind in subject.begins
        aggregate = None if begins else self._load(subject, command.subject, cached=cached)
        others = Others(
            partial(self.case, cached=cached),
            lambda case: catch_up(case, command, self.setting(self.policy(case.policy))),
        )
        policy = self._policy_for(aggregate, command)
        setting = self.setting(policy, others, around)
        seen = versions(aggregate)
        happened: list[Fact] = []
        if isinstance(aggregate, Case):
            happened += catch_up(aggregate, command, setting)
        stage, actor = let_through(aggregate, command, setting, version, seen)
        command = replace(command, actor=actor)
        facts = (
            subject.begins[kind](command, setting)
            if begins
            else subject.goes_on[kind](aggregate, command, setting)
        )
        elsewhere = [fact for fact in facts if fact.originator_id != UNSTAMPED]
        own = [fact for fact in facts if fact.originator_id == UNSTAMPED]
        own = stamped(own, aggregate, command, setting.policy, stage)
        for fact in own:
            aggregate = cast("Recorded", fact.mutate(aggregate))
        happened += own
        if isinstance(aggregate, Case):
            of_case = cast("list[CaseFact]", own)
            happened += follow_up(aggregate, of_case, command, setting)
            of_case = cast("list[CaseFact]", happened)
            happened = [*with_coming(aggregate, of_case, setting)]
        return Decided(cast("Recorded", aggregate), others, happened, elsewhere)

    def _beside(self, others: Others, fact: Fact, command: Command) -> Case:
        """Put a fact onto another case, at the version the decision looked at.

        That case keeps its own stage and policy.
        """
        case = others.looked_at[fact.originator_id]
        setting = self.setting(self.policy(case.policy))
        told = tell(case, cast("list[CaseFact]", [fact]), command, setting, case.stage)
        told += follow_up(case, list(told), command, setting)
        happened = [*others.happened[case.id], *told]
        case.pending_events.extend(with_coming(case, happened, setting))
        return case

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
        if isinstance(command, PublishPolicy | PublishCalendar):
            return FOUNDING
        return self.policy_in_force(command.at)

    def _done(self, voiced: Voiced) -> Answer | None:
        return self._ledger.find(voiced) if self._ledger else None

    # What decisions look at ------------------------------------------------------------

    def setting(
        self,
        policy: Policy,
        case: Callable[[UUID], Case | None] | None = None,
        around: Around | None = None,
    ) -> Setting:
        organisation, calendar_book = around or self.around()
        return Setting(
            policy=policy,
            organisation=organisation,
            case=case or self.case,
            calendar_book=calendar_book,
        )

    def around(self) -> Around:
        """What every decision looks at, as known now; each calendar is loaded once."""
        return Around(self.organisation(), cache(self.calendar_book))

    def case(self, case_id: UUID, *, cached: bool = True) -> Case | None:
        """A case to look at, not to change; None when there is none."""
        try:
            return cast("Case", self._load(CASE, case_id, cached=cached))
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

    def calendar_book(self, name: str) -> CalendarBook:
        """Every published version of a working calendar, to look at, not to change."""
        try:
            return self.repository.get(calendar_book_id(name), deepcopy_from_cache=False)
        except AggregateNotFoundError:
            raise Refused("no_such_calendar", calendar=name) from None
