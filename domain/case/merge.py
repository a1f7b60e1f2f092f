"""合并 Merge: two cases are one matter; it goes on in the other. It can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.case.case import Case, CaseFact
from domain.case.referral import KIND
from domain.case.rules import another_case, centre, coded, no_order_open
from domain.command import Command
from domain.fact import Fact
from domain.promise.records import OUTER
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCase(Command):
    """Let the matter go on in the case ``into``, which must be open."""

    ACTION: ClassVar[str] = "merge"

    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeCase(Command):
    """Undo the merge, for a coded ``reason``: the case begins again at the centre."""

    ACTION: ClassVar[str] = "unmerge"

    reason: str


class CaseMerged(CaseFact):
    """Nothing more happens here: the matter goes on in the case ``into``."""

    TOPIC: ClassVar[str] = "case.merged"

    into: UUID
    into_number: str

    def fold(self, case: Case) -> None:
        case.merged_into, case.merged_at = self.into, self.occurred_at


class CaseAbsorbed(CaseFact):
    """The matter of ``case`` goes on here. It is recorded together with its CaseMerged, so
    that two cases are never merged into each other at the same time.

    ``referrals`` are those of the other case (``12398 2026-0413``): who sent it waits for
    this one now, since ``referred_at``.
    """

    TOPIC: ClassVar[str] = "case.absorbed"
    OWNER_ACT: ClassVar[bool] = False

    case: UUID
    number: str
    referrals: tuple[str, ...] = ()
    referred_at: datetime | None = None

    def fold(self, case: Case) -> None:
        case.absorbed.append(self.case)
        case.referrals.extend(r for r in self.referrals if r not in case.referrals)

    @property
    def referred(self) -> bool:
        """Whether an outside body waits for the other case."""
        return bool(self.referrals)

    @property
    def counts_from(self) -> datetime:
        """What a referral started there goes on here, from when it was received."""
        return self.referred_at or self.occurred_at


class CaseReleased(CaseFact):
    """``case`` was another matter after all, and goes on by itself."""

    TOPIC: ClassVar[str] = "case.released"
    OWNER_ACT: ClassVar[bool] = False

    case: UUID
    number: str

    def fold(self, case: Case) -> None:
        case.absorbed.remove(self.case)


class CaseUnmerged(CaseFact):
    """It was another matter after all; ``to_unit`` holds the case from now on."""

    TOPIC: ClassVar[str] = "case.unmerged"

    was_in: UUID | None
    to_unit: str
    reason: str

    def fold(self, case: Case) -> None:
        case.merged_into = None
        case.come_round(self.to_unit)


def merge(case: Case, command: MergeCase, setting: Setting) -> list[Fact]:
    """Into an open case only, which is not merged itself: so merges never go in circles.

    Raises Refused: ``same_case``, ``other_case_unknown``, ``merged_itself``,
    ``merge_into_done``, ``order_open``.
    """
    no_order_open(case, setting)
    into = another_case(case, command.into, command, setting)
    if into.merged_into is not None:
        raise Refused("merged_itself", number=into.number)
    if setting.policy.terminal(into.stage):
        raise Refused("merge_into_done", number=into.number)
    return [
        CaseMerged(into=into.id, into_number=into.number),
        CaseAbsorbed(
            case=case.id,
            number=case.number,
            referrals=referrals(case, setting),
            referred_at=referred_at(case),
        ).onto(into.id),
    ]


def referrals(case: Case, setting: Setting) -> tuple[str, ...]:
    """Who sent the case here, also where it only came by the channel of a body."""
    came_by = (KIND, case.channel) in setting.policy.reasons
    return tuple(case.referrals) or ((case.channel,) if came_by else ())


def referred_at(case: Case) -> datetime | None:
    """Since when an outside body waits for the case; None when none does."""
    waiting = [c.started_at for c in case.clocks if c.running and c.kind == OUTER]
    return min(waiting, default=None)


def unmerge(case: Case, command: UnmergeCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``."""
    coded(case, "unmerge", command.reason, setting)
    undone = CaseUnmerged(
        was_in=case.merged_into, to_unit=centre(command, setting), reason=command.reason
    )
    into = setting.case(case.merged_into) if case.merged_into else None
    if into is None or case.id not in into.absorbed:
        return [undone]
    return [undone, CaseReleased(case=case.id, number=case.number).onto(into.id)]
