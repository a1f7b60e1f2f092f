"""Whatever anybody asks, whenever time is kept: nothing due is lost or doubled."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import uuid5

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from domain.authority import see
from domain.case.case import CaseFact
from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.catalogue import CASE
from domain.command import Command
from domain.fact import Actor
from domain.promise.climb import SignalRaised
from domain.promise.clock import (
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
)
from domain.promise.keep_time import KeepTime
from domain.refused import Refused
from tests.domain.case.bodies import body_of
from tests.support.calendars import calendar
from tests.support.hours import NAMED, Hours, rules
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    MONDAY,
    OTHER_AGENT,
    SUPERVISOR,
    TOWN_LEADER,
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
)
# What makes another case of it, or needs one.
ASIDE = {"merge", "unmerge", "link-repeat", "keep-time"}
COMMANDS = sorted(
    (kind for kind in CASE.goes_on if kind.ACTION not in ASIDE),
    key=lambda kind: kind.ACTION,
)
SIGNALS = {
    "stall": NAMED
    | {"ladder": "idle", "times": 1, "after": "6 h", "calendar": "office", "stages": []},
    "ping_pong": NAMED | {"ladder": "climb", "times": 1},
    "returns": NAMED | {"ladder": "climb", "times": 3, "force": True},
    "reopened": NAMED | {"ladder": "climb", "times": 2},
    "low_rating": NAMED | {"ladder": "idle", "times": 1},
}
DOCUMENT = rules(signals=SIGNALS)
SEED = st.integers(0, 2**20)
OVER = {"closed", "referred", "merged"}


class Time(RuleBasedStateMachine):
    """One case at two desks: at one, time is kept now and then; at the other, never before
    somebody asks for something."""

    def __init__(self) -> None:
        super().__init__()
        self.kept, self.unkept = Hours(DOCUMENT), Hours(DOCUMENT)
        self.now = MONDAY
        self.asked = 0
        self.versions = 1

    @initialize()
    def a_complaint_comes_in(self) -> None:
        for hours in (self.kept, self.unkept):
            hours.received()
            hours.dispatched()
        self.now += timedelta(minutes=5)

    @rule(seeds=st.lists(SEED, min_size=1, max_size=6))
    def they_ask_for_what_they_may(self, seeds: list[int]) -> None:
        for seed in seeds:
            chance = Random(seed)  # noqa: S311 - chance, not secrecy
            self.now += timedelta(minutes=chance.choice((0, 1, 10, 60)))
            wishes = self.open_to_them() or [(KeepTime, AGENT)]
            kind, actor = chance.choice(wishes)
            self.asked += 1
            command = kind(
                subject=CASE_ID,
                command_id=uuid5(CASE_ID, str(self.asked)),
                actor=actor,
                at=self.now,
                **body_of(kind, chance) if kind is not KeepTime else {},
            )
            outcomes = {self.outcome(each, command) for each in (self.kept, self.unkept)}
            assert len(outcomes) == 1, "both desks answer alike"

    @rule(minutes=st.sampled_from([1, 59, 240, 1_440, 4_000, 20_000]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def time_is_kept(self) -> None:
        self.kept.keep(self.now)
        assert self.kept.keep(self.now) == [], "once is enough"

    @rule(days=st.integers(0, 20))
    def a_late_notice_comes_out(self, days: int) -> None:
        self.versions += 1
        self.now += timedelta(minutes=1)
        free = [f"{self.now + timedelta(days=days + n):%Y-%m-%d}" for n in range(3)]
        for hours in (self.kept, self.unkept):
            hours.publish(calendar(self.versions, holidays=free), self.now)

    # What must hold ------------------------------------------------------------------

    def outcome(self, hours: Hours, command: Command) -> str:
        try:
            hours.voice(command)
        except Refused as refused:
            return refused.code
        return "done"

    def open_to_them(self) -> list[tuple[type[Command], Actor]]:
        case = self.kept.case
        setting = self.kept.desk.setting(self.kept.desk.policy(case.policy))
        found = []
        for kind in COMMANDS:
            move = setting.policy.moves.get((case.stage, kind.ACTION))
            for actor in ACTORS:
                if move is None or actor.role not in move.roles:
                    continue
                asked = Command(
                    subject=CASE_ID, command_id=CASE_ID, actor=actor, at=self.now
                )
                with suppress(Refused):
                    see(case, asked, setting)
                    found.append((kind, actor))
        return found

    @invariant()
    def nothing_that_passed_is_without_its_fact(self) -> None:
        if not self.kept.memory.facts(CASE_ID):
            return
        self.kept.keep(self.now)
        case = self.kept.case
        for clock in case.clocks:
            passed = clock.running and clock.due < self.now
            assert not passed or clock.breached or case.stage in OVER
        for climb in case.climbs:
            assert climb.next_at is None or climb.next_at > self.now

    @invariant()
    def whatever_is_late_is_being_climbed_for(self) -> None:
        if not self.kept.memory.facts(CASE_ID):
            return
        case = self.kept.case
        climbed = {climb.cause for climb in case.climbs}
        for clock in case.clocks:
            if clock.running and clock.breached and case.stage not in OVER:
                assert clock.id in climbed

    @invariant()
    def each_rung_is_told_once_and_none_is_skipped(self) -> None:
        """Only an answer that did not help has the top told once more."""
        reached: dict[str, int] = {}
        answered: set[str | None] = set()
        for fact in self.kept.facts():
            if isinstance(fact, DeadlineBreached):
                reached[f"overdue:{fact.clock}"] = 0
            if isinstance(fact, ClockResumed):
                reached[f"overdue:{fact.clock}"] = fact.rung
            if isinstance(fact, SignalRaised):
                reached[fact.climb] = 0
            if isinstance(fact, EscalationAnswered):
                answered.add(fact.climb)
            if isinstance(fact, CaseEscalated) and fact.climb is not None:
                before = reached[fact.climb]
                again = fact.rung == before and fact.climb in answered
                assert fact.rung == before + 1 or again
                reached[fact.climb] = fact.rung

    @invariant()
    def each_deadline_is_broken_once_and_each_clock_begins_and_ends_once(self) -> None:
        facts = self.kept.facts()
        breaches = Counter(
            (f.clock, f.due) for f in facts if isinstance(f, DeadlineBreached)
        )
        begun = Counter(f.clock for f in facts if isinstance(f, ClockStarted))
        assert all(times == 1 for times in (*breaches.values(), *begun.values()))
        ended = {f.clock for f in facts if isinstance(f, ClockStopped)}
        assert ended <= set(begun)

    @invariant()
    def exactly_one_unit_holds_the_case(self) -> None:
        if self.kept.memory.facts(CASE_ID):
            assert self.kept.case.holder_unit

    def teardown(self) -> None:
        """At the end, when time is kept at both, both have the same history."""
        if not self.unkept.memory.facts(CASE_ID):
            return
        self.kept.keep(self.now)
        self.unkept.keep(self.now)
        assert spoken(self.kept) == spoken(self.unkept)


def spoken(hours: Hours) -> list[CaseFact]:
    """The history, but for which command brought it and what was to come then."""
    return [
        replace(fact, command_id=CASE_ID, correlation_id=None, coming=None)
        for fact in hours.facts()
    ]


@pytest.mark.usefixtures("uncounted")
def test_nothing_that_falls_due_is_lost_doubled_or_told_out_of_turn() -> None:
    run_state_machine_as_test(
        Time,
        settings=settings(max_examples=25, stateful_step_count=15),
    )
