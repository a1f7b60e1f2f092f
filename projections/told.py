"""Told 告知: which leader an escalation told, and which of them an answer is for."""

from __future__ import annotations

import msgspec

from domain.case.escalation import CaseEscalated, EscalationAnswered


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Who was told of a case: ``person``, in ``post``, on behalf of ``unit``.

    ``rung`` alone does not say it: after a reassignment another line of units counts from
    the bottom again, and so does each ``climb`` (None: a person escalated). Nobody (None)
    was told where a whole line and the fallback are vacant.
    """

    rung: int
    unit: str
    post: str | None
    person: str | None
    climb: str | None = None


def told_by(fact: CaseEscalated | EscalationAnswered) -> Told:
    """Whom an escalation told, or for whom an answer was given."""
    post = fact.to_post if isinstance(fact, CaseEscalated) else fact.post
    return Told(
        rung=fact.rung, unit=fact.unit, post=post, person=fact.told, climb=fact.climb
    )
