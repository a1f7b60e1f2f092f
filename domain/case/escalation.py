"""升级 Escalate: tell the leader one rung up; whoever was told answers for that rung."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, NamedTuple

from domain.case.case import Case, CaseFact
from domain.case.rules import coded
from domain.case.state import Told
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.organisation.records import Rung
from domain.promise.ladder import held_until
from domain.refused import Refused
from domain.setting import Setting

BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalateCase(Command):
    """Tell the next leader up the holder's line, for a coded ``reason`` (B75, S3)."""

    ACTION: ClassVar[str] = "escalate"

    reason: str
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEscalation(Command):
    """Say, as the one who was told or who acts for them, what is done about it."""

    ACTION: ClassVar[str] = "answer-escalation"

    note: Sealed | None = None


class CaseEscalated(CaseFact):
    """``told``, in ``to_post``, knows of it on behalf of ``unit``: the ``rung``-th level.

    ``from_post``: who was told before, or else who holds the case (None: nobody yet).
    ``rule`` says what made it climb: ``by_hand``, or the ladder of which ``climb`` is under
    way; that rung was ``due`` then, and the next one is at ``next_at`` unless somebody acts
    (None: it is the last). ``fallback`` says why it is not the leader of ``unit``: a
    deputy, the next level, the hotline's own line … or that there was ``nobody`` at all.
    """

    TOPIC: ClassVar[str] = "case.escalated"
    OWNER_ACT: ClassVar[bool] = False

    rung: int
    from_post: str | None
    to_post: str | None
    told: str | None
    unit: str
    reason: str
    rule: str
    fallback: str | None = None
    note: Sealed | None = None
    climb: str | None = None
    due: datetime | None = None
    next_at: datetime | None = None

    @property
    def by_hand(self) -> bool:
        """Whether a person escalated, and no ladder."""
        return self.rule == BY_HAND

    def fold(self, case: Case) -> None:
        case.rung = max(case.rung, self.rung)
        told = Told(
            rung=self.rung,
            unit=self.unit,
            post=self.to_post,
            person=self.told,
            climb=self.climb,
        )
        case.told = [*case.told, told]
        case.climbs = [
            replace(climb, rung=self.rung, next_at=self.next_at)
            if climb.id == self.climb
            else climb
            for climb in case.climbs
        ]


class EscalationAnswered(CaseFact):
    """``person`` answered for the rung; ``told`` had been told.

    The answer holds the ``climb``: its next rung is not before ``next_at``, and where that
    is None it is at an end. ``all_answered``: nobody else whom a person told is silent.
    """

    TOPIC: ClassVar[str] = "case.escalation_answered"
    OWNER_ACT: ClassVar[bool] = False

    rung: int
    unit: str
    post: str | None
    told: str | None
    person: str
    note: Sealed | None = None
    climb: str | None = None
    next_at: datetime | None = None
    all_answered: bool = True

    def fold(self, case: Case) -> None:
        rung = Told(
            rung=self.rung,
            unit=self.unit,
            post=self.post,
            person=self.told,
            climb=self.climb,
        )
        case.told = [
            replace(told, answered=True) if told == rung else told for told in case.told
        ]
        if self.climb is not None:
            case.hold_climb(self.climb, self.next_at)


class Step(NamedTuple):
    """A level of the line, counted from 1, and the seated person who answers for it."""

    rung: int
    unit: str
    post: str
    person: str
    fallback: str | None


def escalate(case: Case, command: EscalateCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``, ``top_of_chain``, ``nobody_to_tell``."""
    coded(case, "escalate", command.reason, setting)
    step = next_step(case, command, setting)
    return [
        CaseEscalated(
            rung=step.rung,
            from_post=case.told[-1].post if case.told else case.holder_post,
            to_post=step.post,
            told=step.person,
            unit=step.unit,
            reason=command.reason,
            rule=BY_HAND,
            fallback=step.fallback,
            note=command.note,
        )
    ]


def next_step(case: Case, command: Command, setting: Setting) -> Step:
    """One rung up from who was told last, in the organisation as it stands at the act.

    When the case has moved to another line since, its own line counts from the bottom.
    Nobody is told what they were just told, and nobody escalates to themselves.
    """
    line = list(steps(case, command, setting))
    if not line:
        raise Refused("nobody_to_tell", unit=case.holder_unit)
    by_hand = [told for told in case.told if told.climb is None]
    last = by_hand[-1] if by_hand else None
    done = [n for n, step in enumerate(line) if passed(step, last, command.actor.person)]
    above = line[done[-1] + 1 :] if done else line
    if not above:
        raise Refused("top_of_chain", unit=line[-1].unit)
    return above[0]


def passed(step: Step, last: Told | None, asking: str) -> bool:
    """Whether the climb has been at this step already."""
    if last is not None and (step.unit == last.unit or step.person == last.person):
        return True
    return step.person == asking


def steps(case: Case, command: Command, setting: Setting) -> Iterator[Step]:
    """The seated levels of the holder's line; of the hotline's own when there are none."""
    organisation, at = setting.organisation, command.at
    found = False
    for step in seated(organisation.chain(case.holder_unit, at)):
        found = True
        yield step
    if not found:
        for step in seated(organisation.chain(setting.policy.intake_unit, at)):
            yield step._replace(fallback="hotline")


def seated(chain: tuple[Rung, ...]) -> Iterator[Step]:
    for number, rung in enumerate(chain, start=1):
        if rung.post is not None and rung.person is not None:
            yield Step(number, rung.unit, rung.post, rung.person, rung.fallback)


def answer_escalation(
    case: Case, command: AnswerEscalation, setting: Setting
) -> list[Fact]:
    """The highest rung that is still open and that this person may answer for.

    Raises Refused: ``no_escalation`` (none is open), ``told_to_another``.
    """
    open_rungs = [told for told in reversed(case.told) if not told.answered]
    if not open_rungs:
        raise Refused("no_escalation")
    for told in open_rungs:
        if answers_for(told, command, setting):
            return [
                EscalationAnswered(
                    rung=told.rung,
                    unit=told.unit,
                    post=told.post,
                    told=told.person,
                    person=command.actor.person,
                    note=command.note,
                    climb=told.climb,
                    next_at=held_until(case, told, command, setting),
                    all_answered=not any(
                        other.climb is None for other in open_rungs if other != told
                    ),
                )
            ]
    raise Refused("told_to_another", person=open_rungs[0].person or "-")


def answers_for(told: Told, command: Command, setting: Setting) -> bool:
    """Who was told; who holds that post now or by delegation; who leads in that unit."""
    actor, at = command.actor, command.at
    if actor.person == told.person:
        return True
    post = None
    if told.post is not None:
        if actor.post == told.post:
            return True
        if setting.organisation.holds_post(actor.person, told.post, at):
            return True
        post = setting.organisation.post(told.post)
    return actor.unit is not None and actor.unit in {told.unit, post.unit if post else None}
