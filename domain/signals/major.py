"""重大事件 Major: a case is so grave that leaders hear of it at once (P1, P11)."""

from __future__ import annotations

from domain.case.case import Case, CaseFact
from domain.case.level import LevelAssessed, LevelRaised
from domain.policy.time_rows import SignalRule
from domain.signals.detector import enough


def major(case: Case, fact: CaseFact, rule: SignalRule) -> int | None:
    """How many of the rule's levels the case has come to: major, then special, is 2."""
    if not isinstance(fact, LevelAssessed | LevelRaised) or fact.level not in rule.levels:
        return None
    return enough(sum(level in rule.levels for level in case.levels), rule)
