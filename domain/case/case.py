"""A case as the desk knows it: flat state folded from facts, no decisions here."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.fact import Birth, Fact, Recorded


class Case(Recorded):
    """工单. ``stage`` is a state of the policy's workflow; the holder is who must act next.

    Exactly one unit holds a case at any instant; ``holder_person`` is set once somebody
    of that unit has accepted it. ``units`` are all units that ever held it, in order.
    """

    TOPIC: ClassVar[str] = "case"

    class Created(Aggregate.Created):
        """Never recorded; the library wants every inherited event to have a name."""

        TOPIC: ClassVar[str] = "case.created"

    def __init__(self) -> None:
        self.number: str = ""
        self.policy: str = ""
        self.stage: str = ""
        self.business_type: str = ""
        self.channel: str = ""
        self.received_at: datetime | None = None
        self.holder_unit: str = ""
        self.holder_person: str | None = None
        self.units: list[str] = []

    def hold(self, unit: str, person: str | None = None) -> None:
        """Give the case to exactly one unit, and perhaps one person in it."""
        self.holder_unit, self.holder_person = unit, person
        if not self.units or self.units[-1] != unit:
            self.units.append(unit)


class CaseFact(Fact):
    """A fact about a case. ``stage`` is the state the case is in after it."""

    stage: str = ""

    def apply(self, aggregate: Case) -> None:
        aggregate.stage = self.stage
        self.fold(aggregate)

    def fold(self, case: Case) -> None:
        """Change what this fact changes, besides the stage."""


class CaseBirth(CaseFact, Birth):
    """A fact that begins a case."""

    originator_topic: ClassVar[str] = "case"
