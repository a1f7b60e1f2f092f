"""等级 Level: how grave a case is, assessed at receipt and only ever raised after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessLevel(Command):
    """Set the ``level`` by importance of the customer and possible effect (A3, P8), once:
    from then on it is only raised, with a reason (RaiseLevel)."""

    ACTION: ClassVar[str] = "assess-level"

    level: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseLevel(Command):
    """Set a graver ``level``, for a coded ``reason`` (kind ``raise_level``)."""

    ACTION: ClassVar[str] = "raise-level"

    level: str
    reason: str


class LevelAssessed(CaseFact):
    """How grave the case is, as understood at receipt."""

    TOPIC: ClassVar[str] = "case.level_assessed"

    level: str
    reason: str | None = None

    def fold(self, case: Case) -> None:
        case.level = self.level
        case.levels.append(self.level)


class LevelRaised(CaseFact):
    """The case turned out to be graver than it was taken for."""

    TOPIC: ClassVar[str] = "case.level_raised"

    from_level: str | None
    level: str
    reason: str

    def fold(self, case: Case) -> None:
        case.level = self.level
        case.levels.append(self.level)


def assess_level(case: Case, command: AssessLevel, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_level``, ``unknown_reason``, ``nothing_new``,
    ``assessed_already``."""
    level = setting.policy.level(command.level)
    if level.code == case.level:
        raise Refused("nothing_new")
    if case.level is not None:
        raise Refused("assessed_already", level=case.level)
    if command.reason is not None:
        coded(case, "raise_level", command.reason, setting)
    return [LevelAssessed(level=level.code, reason=command.reason)]


def raise_level(case: Case, command: RaiseLevel, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_level``, ``not_graver``, ``unknown_reason``."""
    policy = setting.policy
    level = policy.level(command.level)
    if case.level is not None and level.rank <= policy.level(case.level).rank:
        raise Refused("not_graver", level=level.code, now=case.level)
    coded(case, "raise_level", command.reason, setting)
    return [LevelRaised(from_level=case.level, level=level.code, reason=command.reason)]
