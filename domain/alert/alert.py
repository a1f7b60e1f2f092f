"""An alert as the desk knows it: flat state folded from facts, no decisions here."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.fact import Fact, Recorded
from domain.refused import Refused


class Alert(Recorded):
    """告警. It is raised, perhaps answered, and a focus check is closed.

    ``open``: something is still owed. A ``check`` is open until it is closed, what was to
    ``escalate`` until it is answered; of a ``warn`` nothing is owed. It is about ``unit``
    (of a pair, and ``other_unit``), or about no unit. ``told_person`` was told, in
    ``told_post`` of ``told_post_unit``, on behalf of ``told_unit``.
    """

    TOPIC: ClassVar[str] = "alert"

    class Created(Aggregate.Created):
        """Never recorded; the library wants every inherited event to have a name."""

        TOPIC: ClassVar[str] = "alert.created"

    def __init__(self) -> None:
        self.kind: str = ""
        self.action: str = ""
        self.unit: str | None = None
        self.other_unit: str | None = None
        self.customer: UUID | None = None
        self.told_unit: str = ""
        self.told_post: str | None = None
        self.told_post_unit: str | None = None
        self.told_person: str | None = None
        self.open: bool = False
        self.answered: bool = False
        self.outcome: str | None = None

    def must_be_open(self) -> None:
        """Refuse what is done about something that nothing is owed for any more."""
        if not self.open:
            raise Refused("alert_not_open")


class AlertFact(Fact):
    """A fact about an alert."""
