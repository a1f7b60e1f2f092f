"""A call as the desk knows it: flat state folded from facts, no decisions here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.fact import Fact, Recorded
from domain.refused import Refused


class Call(Recorded):
    """来电. It rings, is answered, perhaps handed on, and ends; or the caller gives up.

    ``unit`` and ``agent`` have the call now; ``agent`` is None while nobody has answered
    and after it was handed on to a unit at large. ``cases`` are those it led to, in order.
    """

    TOPIC: ClassVar[str] = "call"

    class Created(Aggregate.Created):
        """Never recorded; the library wants every inherited event to have a name."""

        TOPIC: ClassVar[str] = "call.created"

    def __init__(self) -> None:
        self.channel: str = ""
        self.line: str = ""
        self.unit: str = ""
        self.agent: str | None = None
        self.customer: UUID | None = None
        self.cases: list[UUID] = []
        self.offered_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.rating: str | None = None

    @property
    def waiting(self) -> timedelta | None:
        """From the first ring to the first answer, or to giving up; None while it rings."""
        return _between(self.offered_at, self.answered_at or self.ended_at)

    @property
    def talking(self) -> timedelta | None:
        """From the first answer to the end, time on hold and between desks included."""
        return _between(self.answered_at, self.ended_at)

    def must_go_on(self) -> None:
        """Refuse what can only be done while the caller is on the line."""
        if self.ended_at is not None:
            raise Refused("call_over")

    def must_be_answered(self) -> None:
        """Refuse what needs somebody to have spoken with the caller."""
        if self.answered_at is None:
            raise Refused("call_unanswered")


class CallFact(Fact):
    """A fact about a call. Waiting and talk times follow from the facts' times."""


def _between(begin: datetime | None, end: datetime | None) -> timedelta | None:
    # Two machines' clocks may differ a little: a time is never negative.
    return max(end - begin, timedelta(0)) if begin and end else None
