"""given(facts).when(command).then(facts): what the desk decides about a case, as sentences.

Facts are spoken without their envelope; the few that a scenario begins with say the stage
they led to and who acted (``tests/support/story.py``). Rules are the shipped ones, the
organisation is the invented province.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import pytest

from api.policies import shipped
from domain.authority import admit
from domain.case.case import Case, CaseFact
from domain.catalogue import CASE
from domain.command import Command
from domain.fact import UNSTAMPED, Actor, Fact, Sealed
from domain.organisation.organisation import Organisation
from domain.policy.policy import Policy
from domain.refused import Refused
from domain.setting import Setting
from tests.support.calendars import calendar_book
from tests.support.organisation import founded

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CASE_ID = UUID("0c5e0000-0000-4000-8000-00000000ca5e")
OTHER_ID = UUID("0c5e0000-0000-4000-8000-0000000007e4")
CUSTOMER = UUID("0c5e0000-0000-4000-8000-00000000c057")

# Who acts. The person, the post and the unit are those of tests/support/organisation.py.
AGENT = Actor(person="dan", role="agent", post="95598.dan", unit="95598")
OTHER_AGENT = Actor(person="dong", role="agent", unit="95598")
DISPATCHER = Actor(person="e", role="dispatcher", post="95598.e", unit="95598")
HANDLER = Actor(person="ran", role="handler", post="bailu-east.ran", unit="bailu-east")
LEADER = Actor(person="qu", role="leader", post="bailu-east.leader", unit="bailu-east")
COUNTY_HANDLER = Actor(person="nie", role="handler", post="bailu.nie", unit="bailu")
COUNTY_LEADER = Actor(person="lan", role="leader", post="bailu.leader", unit="bailu")
TOWN_LEADER = Actor(
    person="tan", role="leader", post="xishi-town.leader", unit="xishi-town"
)
SUPERVISOR = Actor(
    person="fei", role="supervisor", post="supervision.leader", unit="supervision"
)


def text(said: str) -> Sealed:
    """A personal text in an envelope that no vault made: decisions never open one."""
    return Sealed(person=CUSTOMER, envelope=CASE_ID, mask=said, box="", commitment="")


@cache
def policy(profile: str = "sgcc-2022") -> Policy:
    """The shipped rules of a profile."""
    return Policy.from_document(shipped()[profile])


@cache
def province() -> Organisation:
    """The invented province as it was founded."""
    return founded()


def by(actor: Actor, kind: type[Command], /, **said: Any) -> Command:
    """The command, voiced by somebody about the scenario's case; ``at`` is MONDAY unless
    said."""
    body = dict(said)
    at = body.pop("at", MONDAY)
    return kind(
        subject=CASE_ID,
        command_id=uuid5(CASE_ID, f"{kind.ACTION} {at.isoformat()}"),
        actor=actor,
        at=at,
        **body,
    )


def later(**span: float) -> datetime:
    """A while after the moment at which things happen unless told."""
    return MONDAY + timedelta(**span)


def told(case_id: UUID, facts: tuple[Fact, ...], rules: Policy) -> Case | None:
    """The case that these facts fold into."""
    case: Case | None = None
    for version, fact in enumerate(facts, start=1):
        case = fact.stamped(
            originator_id=case_id,
            originator_version=version,
            occurred_at=max(fact.occurred_at, MONDAY),
            policy=rules.label,
        ).mutate(case)
    return case


class Scenario:
    """A case after some facts; ``when`` voices a command, ``then`` says what came of it."""

    def __init__(self, *facts: Fact) -> None:
        self.rules = policy()
        self.organisation = province()
        self.facts = facts
        self.others: dict[UUID, tuple[Fact, ...]] = {}

    def beside(self, *facts: Fact, case_id: UUID = OTHER_ID) -> Scenario:
        """There is another case, after these facts."""
        self.others[case_id] = facts
        return self

    def under(self, rules: Policy) -> Scenario:
        """Other rules apply."""
        self.rules = rules
        return self

    def within(self, organisation: Organisation) -> Scenario:
        """The organisation stands otherwise."""
        self.organisation = organisation
        return self

    @property
    def case(self) -> Case:
        """The case after the given facts."""
        case = told(CASE_ID, self.facts, self.rules)
        assert case is not None
        return case

    @property
    def setting(self) -> Setting:
        """What a decision about the case may look at besides."""
        return Setting(
            policy=self.rules,
            organisation=self.organisation,
            case=lambda case_id: told(case_id, self.others.get(case_id, ()), self.rules),
            calendar_book=calendar_book,
        )

    def when(self, command: Command) -> Voiced:
        case = told(CASE_ID, self.facts, self.rules)
        return Voiced(command, self.setting, case, frozenset(self.others))


class Voiced:
    """A command in its setting, about to be decided as the desk decides it."""

    def __init__(
        self,
        command: Command,
        setting: Setting,
        case: Case | None,
        others: frozenset[UUID],
    ) -> None:
        self.command, self.setting, self.case = command, setting, case
        self.others = others

    def decide(self) -> tuple[str | None, list[Fact]]:
        """The stage the case is in afterwards, and the facts. Raises Refused."""
        stage, actor = admit(self.case, self.command, self.setting)
        command, kind = replace(self.command, actor=actor), type(self.command)
        if self.case is None:
            return stage, CASE.begins[kind](command, self.setting)
        return stage, CASE.goes_on[kind](self.case, command, self.setting)

    def then(self, *expected: Fact) -> Case:
        """These facts and no others; returns the case after them."""
        stage, happened = self.decide()
        assert tuple(happened) == expected
        return self.after(stage, happened)

    def then_stage(self, stage: str) -> Case:
        """The case moves there, whatever the facts say."""
        reached, happened = self.decide()
        assert reached == stage
        return self.after(reached, happened)

    def after(self, stage: str | None, happened: list[Fact]) -> Case:
        case = self.case
        for fact in happened:
            assert isinstance(fact, CaseFact)
            if fact.originator_id in self.others:
                continue  # that one is for another case
            assert fact.originator_id == UNSTAMPED, "a decision leaves the envelope alone"
            case = fact.stamped(
                originator_id=CASE_ID,
                originator_version=case.version + 1 if case else 1,
                occurred_at=self.command.at,
                actor=self.command.actor,
                policy=self.setting.policy.label,
                stage=stage,
            ).mutate(case)
        assert case is not None
        assert case.holder_unit, "somebody always holds a case"
        return case

    def then_refused(self, code: str) -> Refused:
        """Refused for this reason, in both languages, and nothing has changed."""
        before = deepcopy(vars(self.case)) if self.case else None
        with pytest.raises(Refused) as refusal:
            self.decide()
        assert refusal.value.code == code
        assert refusal.value.zh
        assert refusal.value.en
        if self.case is not None:
            assert vars(self.case) == before
        return refusal.value


given = Scenario
