"""评分较低 Low rating: handled again, and the customer is still not content (S3, B76)."""

from __future__ import annotations

from domain.case.callback import CallbackCompleted
from domain.case.case import Case, CaseFact
from domain.policy.time_rows import SignalRule
from domain.signals.detector import enough


def low_rating(case: Case, fact: CaseFact, rule: SignalRule) -> int | None:
    """How often in a row the customer was dissatisfied.

    While the case may be handled again for it, that comes first (A6: once); after that the
    next rung hears of it. What is said outside the callback is a figure, not a signal.
    """
    if not isinstance(fact, CallbackCompleted) or not fact.dissatisfied or fact.rehandle:
        return None
    return enough(case.rehandlings + 1, rule)
