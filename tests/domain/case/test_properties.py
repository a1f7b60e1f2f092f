"""Whatever anybody asks in whatever order: one holder, and nothing after the archive."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest
from eventsourcing.domain import Snapshot
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from domain.authority import admit, see
from domain.case.case import Case, CaseFact
from domain.catalogue import CASE
from domain.command import Command
from domain.fact import Actor
from domain.refused import Refused
from domain.setting import Setting
from domain.stamp import stamped
from store.mapper import FactMapper
from tests.domain.case.bodies import body_of
from tests.support import story
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    MONDAY,
    OTHER_AGENT,
    OTHER_ID,
    SUPERVISOR,
    TOWN_LEADER,
    policy,
    province,
)

ACTORS = (
    AGENT,
    OTHER_AGENT,
    DISPATCHER,
    HANDLER,
    LEADER,
    COUNTY_LEADER,
    TOWN_LEADER,
    SUPERVISOR,
    replace(HANDLER, person="hu", unit="bailu", post=None),
)
# Only these facts move a case from one holder to another.
CUSTODY = frozenset(
    {
        "case.received",
        "case.dispatched",
        "case.accepted",
        "case.handover_accepted",
        "case.return_decided",
        "case.reassigned",
        "case.callback_planned",
        "case.reopened",
        "case.unmerged",
    }
)
Story = tuple[CaseFact, ...]
STORIES: tuple[Story, ...] = (
    story.RECEIPT,
    story.DISPATCH,
    story.HANDLING,
    story.OFFER,
    story.SUSPENSION,
    story.RETURN,
    story.REPLY,
    story.REVIEW,
    story.CALLBACK,
    story.ARCHIVE,
    (story.received(secret=True), *story.HANDLING[1:]),
)
RULES = policy()
AFTER_THE_END = {"reopen", "unmerge", "rate-case"}
MAPPER = FactMapper()
SEED = st.integers(0, 2**20)
SEEDS = st.lists(SEED, min_size=1, max_size=20)
COMMANDS = sorted(CASE.goes_on, key=lambda kind: kind.ACTION)


class Office(RuleBasedStateMachine):
    """Two cases, and a handful of people who ask for anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[UUID, list[CaseFact]] = {CASE_ID: [], OTHER_ID: []}
        self.cases: dict[UUID, Case] = {}
        self.now = MONDAY
        self.asked = 0

    @initialize(first=st.sampled_from(STORIES), second=st.sampled_from(STORIES))
    def two_cases_have_come_some_way(self, first: Story, second: Story) -> None:
        for case_id, begun in ((CASE_ID, first), (OTHER_ID, second)):
            case: Case | None = None
            for version, fact in enumerate(begun, start=1):
                said = {"originator_id": case_id, "originator_version": version}
                told = fact.stamped(**said, policy=RULES.label)
                case = told.mutate(case)
                self.facts[case_id].append(told)
            assert case is not None
            self.cases[case_id] = case

    @rule(case_id=st.sampled_from([CASE_ID, CASE_ID, OTHER_ID]), seeds=SEEDS)
    def they_ask_for_what_they_may(self, case_id: UUID, seeds: list[int]) -> None:
        for seed in seeds:
            chance = Random(seed)  # noqa: S311 - chance, not secrecy
            kind, actors = chance.choice(list(self.open_to_them(case_id).items()))
            actor = chance.choice(actors)
            self.ask(kind, case_id, actor, body_of(kind, chance))

    @rule(kind=st.sampled_from(COMMANDS), actor=st.sampled_from(ACTORS), seed=SEED)
    def somebody_asks_for_anything(
        self, kind: type[Command], actor: Actor, seed: int
    ) -> None:
        chance = Random(seed)  # noqa: S311 - chance, not secrecy
        self.ask(kind, CASE_ID, actor, body_of(kind, chance))

    @rule(hours=st.integers(0, 30))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # What must hold ------------------------------------------------------------------

    def ask(
        self, kind: type[Command], case_id: UUID, actor: Actor, body: dict[str, Any]
    ) -> None:
        before = deepcopy(vars(self.cases[case_id]))
        written = len(self.facts[case_id])
        if not self.accepted(self.command(kind, case_id, actor, body)):
            assert vars(self.cases[case_id]) == before, "a refusal changes nothing"
            assert len(self.facts[case_id]) == written, "a refusal writes nothing"
            return
        new = self.facts[case_id][written:]
        assert new, "what is accepted leaves a fact"
        if RULES.terminal(before["stage"]):
            assert kind.ACTION in AFTER_THE_END
        if not CUSTODY.intersection(fact.TOPIC for fact in new):
            case = self.cases[case_id]
            assert case.holder_unit == before["holder_unit"]
            assert case.holder_person == before["holder_person"]

    def open_to_them(self, case_id: UUID) -> dict[type[Command], list[Actor]]:
        """What may be asked for as the case stands, and by whom."""
        case, setting = self.cases[case_id], self.setting()
        seeing = []
        for actor in ACTORS:
            asked = Command(subject=case_id, command_id=case_id, actor=actor, at=self.now)
            with suppress(Refused):
                see(case, asked, setting)
                seeing.append(actor)
        found = {}
        for kind in COMMANDS:
            move = RULES.moves.get((case.stage, kind.ACTION))
            if move and (may := [actor for actor in seeing if actor.role in move.roles]):
                found[kind] = may
        return found

    def setting(self) -> Setting:
        return Setting(policy=RULES, organisation=province(), case=self.cases.get)

    def accepted(self, command: Command) -> bool:
        try:
            self.decide(command)
        except Refused:
            return False
        return True

    def command(
        self, kind: type[Command], case_id: UUID, actor: Actor, body: dict[str, Any]
    ) -> Command:
        self.asked += 1
        return kind(
            subject=case_id,
            command_id=uuid5(CASE_ID, str(self.asked)),
            actor=actor,
            at=self.now,
            **body,
        )

    def decide(self, command: Command) -> None:
        """As the desk does it: admit, decide, stamp, fold."""
        case = self.cases[command.subject]
        setting = self.setting()
        stage, actor = admit(case, command, setting)
        command = replace(command, actor=actor)
        for fact in CASE.goes_on[type(command)](case, command, setting):
            elsewhere = self.cases.get(fact.originator_id)
            onto, after = (elsewhere, elsewhere.stage) if elsewhere else (case, stage)
            for each in stamped([fact], onto, command, RULES, after):
                assert isinstance(each, CaseFact)
                each.mutate(onto)
                self.facts[onto.id].append(each)

    @invariant()
    def exactly_one_holder(self) -> None:
        for case in self.cases.values():
            assert case.holder_unit
            assert case.holder_unit == case.units[-1]
            offered = (case.offered_to_unit, case.offered_to_person)
            assert offered != (case.holder_unit, case.holder_person)
            assert case.offered_to_unit is None or case.stage == "handling"

    @invariant()
    def a_stage_that_the_policy_has(self) -> None:
        assert all(case.stage in RULES.states for case in self.cases.values())

    @invariant()
    def what_is_closed_says_what_the_customer_said_or_why_not(self) -> None:
        for case in self.cases.values():
            if case.stage == "closed":
                assert (case.callback_outcome is None) != (case.no_callback_reason is None)

    @invariant()
    def whoever_judges_had_no_hand_in_it(self) -> None:
        for facts in self.facts.values():
            repliers: set[str] = set()
            for fact in facts:
                if fact.TOPIC == "case.reply_submitted":
                    repliers.add(fact.actor.person)
                if fact.TOPIC in {"case.reply_approved", "case.callback_completed"}:
                    assert fact.actor.person not in repliers

    @invariant()
    def merges_do_not_go_in_circles(self) -> None:
        for case in self.cases.values():
            into = self.cases.get(case.merged_into) if case.merged_into else None
            assert into is None or into.merged_into != case.id
            assert into is None or into.absorbed == [case.id]
            assert all(self.cases[each].merged_into == case.id for each in case.absorbed)

    def teardown(self) -> None:
        for case_id, live in self.cases.items():
            self.state_is_the_fold_of_what_was_stored(case_id, live)
            taken = MAPPER.to_stored_event(Snapshot.take(live))
            restored = MAPPER.to_domain_event(taken).mutate(None)
            assert vars(restored) == vars(live), "a snapshot keeps all of it"

    def state_is_the_fold_of_what_was_stored(self, case_id: UUID, live: Case) -> None:
        folded: Case | None = None
        for fact in self.facts[case_id]:
            read = MAPPER.to_domain_event(MAPPER.to_stored_event(fact))
            assert read == fact
            folded = read.mutate(folded)
        assert folded is not None
        assert vars(folded) == vars(live)


def test_whatever_is_asked_the_laws_hold() -> None:
    limits = settings(max_examples=150, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(Office, settings=limits)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.ACTION)
def test_every_command_is_among_what_is_asked(kind: type[Command]) -> None:
    body = body_of(kind, Random(1))  # noqa: S311 - chance, not secrecy
    kind(subject=CASE_ID, command_id=CASE_ID, actor=AGENT, at=MONDAY, **body)
