"""What a case remembers: the matter, who holds it, how it was handled, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An approval somebody waits for: who asked, for which coded reason, until when."""

    by: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One rung of the accountability chain that was told, and whether it has answered."""

    rung: int
    unit: str
    post: str
    person: str
    answered: bool = False


class Matter:
    """What the case is, and whose. The customer's particulars stay sealed in the facts.

    ``customer`` names the key they are sealed under. ``reachable``: a phone number is
    known. ``secret`` (保密): nobody outside the centre learns who it is.
    """

    def __init__(self) -> None:
        self.number: str = ""
        self.policy: str = ""
        self.business_type: str = ""
        self.channel: str = ""
        self.area: str | None = None
        self.category: str | None = None
        self.level: str | None = None
        self.received_at: datetime | None = None
        self.source: str | None = None
        self.source_id: str | None = None
        self.call_id: UUID | None = None
        self.customer: UUID | None = None
        self.reachable: bool = False
        self.secret: bool = False
        self.anonymous: bool = False
        self.repeat_of: UUID | None = None
        self.merged_into: UUID | None = None
        self.absorbed: list[UUID] = []
        self.referrals: list[str] = []
        self.referred_to: str | None = None


class Custody:
    """Who holds the case, and to whom it is offered.

    Exactly one unit holds it at any instant, until another takes it over: accepts an
    offer, is dispatched to, decides a return, calls the customer back. Offering or
    returning a case does not let go of it. ``holder_person`` is set once somebody of
    that unit has accepted it. ``units`` are all that ever held it, in order.
    """

    def __init__(self) -> None:
        self.holder_unit: str = ""
        self.holder_person: str | None = None
        self.holder_post: str | None = None
        self.units: list[str] = []
        self.offered_to_unit: str | None = None
        self.offered_to_person: str | None = None
        self.offered_by: str | None = None

    def hold(self, unit: str, person: str | None = None, post: str | None = None) -> None:
        """Give the case to exactly one unit, and perhaps one person in it."""
        self.holder_unit, self.holder_person, self.holder_post = unit, person, post
        if not self.units or self.units[-1] != unit:
            self.units.append(unit)
        self.end_offer()

    def end_offer(self) -> None:
        """Nobody is offered the case any more."""
        self.offered_to_unit = self.offered_to_person = self.offered_by = None


class Handling:
    """What waits for an approval, what was approved, and who had a hand in it."""

    def __init__(self) -> None:
        self.returned_by: str | None = None
        self.suspension: Request | None = None
        self.suspended_until: datetime | None = None
        self.extension: Request | None = None
        self.due: datetime | None = None
        self.handled_by: list[str] = []
        self.replied_by: str | None = None
        self.replied_unit: str | None = None
        self.responsibility: str | None = None
        self.rung: int = 0
        self.told: list[Told] = []

    def handled(self, person: str | None) -> None:
        """Remember who had a hand in it: they cannot judge it later (A6, independence)."""
        if person and person not in self.handled_by:
            self.handled_by.append(person)

    def lapse(self) -> None:
        """What was only asked for in one stage is not waited for in the next."""
        self.returned_by = None
        self.suspension = self.suspended_until = self.extension = None


class Outcome:
    """What the customer was told and said, and how the case ended, in this round of it."""

    def __init__(self) -> None:
        self.answered_at: datetime | None = None
        self.callback_planned_for: datetime | None = None
        self.callback_attempts: int = 0
        self.callback_attempted_at: datetime | None = None
        self.callback_reached: bool = False
        self.callback_outcome: str | None = None
        self.satisfaction: str | None = None
        self.solved: bool | None = None
        self.no_callback_reason: str | None = None
        self.withdrawn_for: str | None = None
        self.withdrawn_by: str | None = None
        self.closed_at: datetime | None = None

    def forget_callback(self) -> None:
        """A callback is due again, from the first attempt."""
        self.callback_planned_for = self.callback_outcome = None
        self.callback_attempts, self.callback_reached = 0, False
        self.callback_attempted_at = None
        self.satisfaction = self.solved = None


class Tally:
    """How often each thing happened, and what was witnessed before the case came here.

    ``witnessed_row`` is the last row of imported history, ``line`` its support line,
    ``deviations`` how many of its steps the workflow has no move for.
    """

    def __init__(self) -> None:
        self.contacts: int = 0
        self.replies: int = 0
        self.rejections: int = 0
        self.returns: int = 0
        self.urges: int = 0
        self.supervisions: int = 0
        self.suspensions: int = 0
        self.extensions: int = 0
        self.reopenings: int = 0
        self.rehandlings: int = 0
        self.witnessed_row: int = 0
        self.line: str | None = None
        self.deviations: int = 0
