"""多次重办 Reopened: what was done with is taken up again, and again."""

from __future__ import annotations

from domain.case.case import Case, CaseFact
from domain.case.reopen import CaseReopened
from domain.policy.time_rows import SignalRule
from domain.signals.detector import enough


def reopened(case: Case, fact: CaseFact, rule: SignalRule) -> int | None:
    """How often the case was reopened, from the callback or from the archive."""
    if not isinstance(fact, CaseReopened):
        return None
    return enough(case.reopenings, rule)
