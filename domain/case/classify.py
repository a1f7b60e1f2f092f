"""分类 Classify: say what the case is about, and correct it later for a coded reason."""

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
class ClassifyCase(Command):
    """Put the case into a ``category`` of the policy (A2), at receipt, once: what stands
    there is only corrected with a reason (ReclassifyCase)."""

    ACTION: ClassVar[str] = "classify"

    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclassifyCase(Command):
    """Correct category or business type (A1), for a coded ``reason``."""

    ACTION: ClassVar[str] = "reclassify"

    category: str
    reason: str
    business_type: str | None = None


class CaseClassified(CaseFact):
    """What the case is about, as understood at receipt."""

    TOPIC: ClassVar[str] = "case.classified"

    category: str

    def fold(self, case: Case) -> None:
        case.category = self.category


class CaseReclassified(CaseFact):
    """The case turned out to be about something else; its promises may change with it."""

    TOPIC: ClassVar[str] = "case.reclassified"

    from_category: str | None
    category: str
    from_business_type: str
    business_type: str
    reason: str

    def fold(self, case: Case) -> None:
        case.category, case.business_type = self.category, self.business_type


def classify(case: Case, command: ClassifyCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_category``, ``category_of_other_type``, ``nothing_new``,
    ``classified_already``."""
    category = category_for(case.business_type, command.category, setting)
    if category == case.category:
        raise Refused("nothing_new")
    if case.category is not None:
        raise Refused("classified_already", category=case.category)
    return [CaseClassified(category=category)]


def reclassify(case: Case, command: ReclassifyCase, setting: Setting) -> list[Fact]:
    """Raises Refused: as ``classify``, and ``unknown_type``, ``unknown_reason``."""
    business_type = command.business_type or case.business_type
    if business_type not in setting.policy.types:
        raise Refused("unknown_type", business_type=business_type)
    category = category_for(business_type, command.category, setting)
    if (category, business_type) == (case.category, case.business_type):
        raise Refused("nothing_new")
    coded(case, "reclassify", command.reason, setting)
    return [
        CaseReclassified(
            from_category=case.category,
            category=category,
            from_business_type=case.business_type,
            business_type=business_type,
            reason=command.reason,
        )
    ]


def category_for(business_type: str, code: str, setting: Setting) -> str:
    """The category's code, provided that it is one for this business type."""
    category = setting.policy.category(code)
    if category.types and business_type not in category.types:
        raise Refused("category_of_other_type", category=code, business_type=business_type)
    return code
