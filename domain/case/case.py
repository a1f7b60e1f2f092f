"""A case as the desk knows it: flat state folded from facts, no decisions here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from eventsourcing.domain import Aggregate

from domain.case.state import Custody, Handling, Hours, Matter, Outcome, Tally
from domain.fact import TIMEKEEPER, Birth, Fact, Recorded
from domain.promise.coming import STALL, Coming
from domain.promise.words import words


class Case(Matter, Custody, Handling, Outcome, Hours, Tally, Recorded):
    """工单. ``stage`` is a state of the policy's workflow; the holder answers for it."""

    TOPIC: ClassVar[str] = "case"

    class Created(Aggregate.Created):
        """Never recorded; the library wants every inherited event to have a name."""

        TOPIC: ClassVar[str] = "case.created"

    def __init__(self) -> None:
        self.stage: str = ""
        for part in (Matter, Custody, Handling, Outcome, Hours, Tally):
            part.__init__(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy to decide on: of what a case remembers, only the lists ever change."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(
            (name, list(kept) if isinstance(kept, list) else kept)
            for name, kept in vars(self).items()
        )
        return twin

    def move_on(self, stage: str) -> None:
        """Enter a stage. What was only asked for or offered in the last one lapses."""
        if stage != self.stage:
            self.stage = stage
            self.lapse()
            self.end_offer()

    def begin_again(self, *, rehandling: bool) -> None:
        """A new round: a new callback is due, and the chain starts at its first rung.

        ``rehandling``: straight from the callback, which the policy limits (A6).
        """
        self.forget_callback()
        self.answered_at = self.closed_at = None
        self.no_callback_reason = self.referred_to = None
        self.withdrawn_for = self.withdrawn_by = None
        self.rung, self.told, self.due = 0, [], None
        self.climbs, self.signals, self.words = [], [], []
        self.forced_unit = None
        self.callback_due = None
        self.sent_on = 0
        self.reopenings += 1
        self.rehandlings = self.rehandlings + 1 if rehandling else 0


class CaseFact(Fact):
    """A fact about a case. ``stage`` is the state the case is in after it, ``terminal``
    whether the case's policy has it that nothing more is due then. ``coming`` is what time
    will do next, after the whole command that this fact belongs to.

    ``OWNER_ACT``: whoever answers for the case did something about it. Time, the customer
    and the chain of leaders are not its owner.
    """

    OWNER_ACT: ClassVar[bool] = True

    stage: str = ""
    terminal: bool = False
    coming: Coming | None = None

    def apply(self, aggregate: Case) -> None:
        aggregate.move_on(self.stage)
        if self.actor != TIMEKEEPER:
            aggregate.heard = self.originator_version
        if self.OWNER_ACT and self.actor != TIMEKEEPER:
            aggregate.acted_at = self.occurred_at
            aggregate.end_climbs(signal=STALL)
        self.fold(aggregate)
        if self.terminal:
            aggregate.climbs = []
        aggregate.words = sorted(words(self).union(aggregate.words))

    def fold(self, case: Case) -> None:
        """Change what this fact changes, besides the stage."""

    @property
    def counts_from(self) -> datetime:
        """From when on what it starts is counted."""
        return self.occurred_at


class CaseBirth(CaseFact, Birth):
    """A fact that begins a case."""

    originator_topic = "case"
