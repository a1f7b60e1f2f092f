"""重复诉求 Repeat: the same customer says the same again (P13, P14: three times)."""

from __future__ import annotations

from domain.case.case import Case, CaseFact
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.policy.time_rows import SignalRule
from domain.signals.detector import enough


def repeat(_: Case, fact: CaseFact, rule: SignalRule) -> int | None:
    """How many cases of the same matter there are in a row: 3 is the third complaint."""
    if not isinstance(fact, CaseLinkedAsRepeat):
        return None
    return enough(fact.times, rule)
