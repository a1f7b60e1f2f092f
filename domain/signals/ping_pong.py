"""推诿 Ping-pong: a unit sends the case back to where it had come from (A>B>A, B44, S1)."""

from __future__ import annotations

from domain.case.case import Case, CaseFact
from domain.case.dispatch import CaseDispatched
from domain.case.handover import HandoverAccepted
from domain.case.reassign import CaseReassigned
from domain.policy.time_rows import SignalRule
from domain.signals.detector import enough

SENT = CaseDispatched | CaseReassigned | HandoverAccepted


def ping_pong(case: Case, fact: CaseFact, rule: SignalRule) -> int | None:
    """How often the case was sent back, counted as the hand-overs view counts it.

    The way home to the callback, or into a new round, is none. A return that the centre
    agreed to is counted, but not noticed here: that is what ``returns`` is for.
    """
    if not isinstance(fact, SENT) or fact.from_unit == fact.to_unit:
        return None
    if not case.sent_back:
        return None
    return enough(case.pingpongs, rule)
