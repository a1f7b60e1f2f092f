"""多次退转 Returns: again and again a case is returned or sent on (B35, S1)."""

from __future__ import annotations

from domain.case.case import Case, CaseFact
from domain.case.reassign import CaseReassigned
from domain.case.returning import CaseReturned
from domain.policy.time_rows import SignalRule
from domain.signals.detector import enough


def returns(case: Case, fact: CaseFact, rule: SignalRule) -> int | None:
    """How many returns and transfers there were in this round.

    A return counts when the unit asks for it, whether or not it is agreed to: so whoever
    asks once too often still holds the case, and can be made to keep it.
    """
    if not isinstance(fact, CaseReturned | CaseReassigned):
        return None
    return enough(case.sent_on, rule)
