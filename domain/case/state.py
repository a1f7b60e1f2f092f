"""What a case remembers: the matter, who holds it, how it was handled, how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.promise.records import Climb, Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An approval somebody waits for: who asked, for which coded reason, until when."""

    by: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One rung of the accountability chain that was told, and whether it has answered.

    ``climb`` is the ladder that led there; None when a person escalated. Nobody (None) is
    told where a whole line and the fallback are vacant.
    """

    rung: int
    unit: str
    post: str | None
    person: str | None
    answered: bool = False
    climb: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The ``n``-th supervision order 督办 of a case, open until somebody closes it."""

    n: int
    from_unit: str | None
    from_person: str
    to_unit: str
    answered: bool = False
    closed: bool = False


class Matter:
    """What the case is, and whose. The customer's particulars stay sealed in the facts.

    ``customer`` names the key they are sealed under. ``reachable``: a phone number is
    known. ``secret`` (保密): nobody outside the centre learns who it is. ``levels`` are
    all that it was assessed as or raised to, in order. ``repeats`` counts the cases of the
    same matter in a row, this one included.
    """

    def __init__(self) -> None:
        self.number: str = ""
        self.policy: str = ""
        self.business_type: str = ""
        self.channel: str = ""
        self.area: str | None = None
        self.category: str | None = None
        self.level: str | None = None
        self.levels: list[str] = []
        self.received_at: datetime | None = None
        self.source: str | None = None
        self.source_id: str | None = None
        self.call_id: UUID | None = None
        self.customer: UUID | None = None
        self.reachable: bool = False
        self.secret: bool = False
        self.anonymous: bool = False
        self.repeat_of: UUID | None = None
        self.repeats: int = 1
        self.merged_into: UUID | None = None
        self.merged_at: datetime | None = None
        self.absorbed: list[UUID] = []
        self.referrals: list[str] = []
        self.referred_to: str | None = None


class Custody:
    """Who holds the case, and to whom it is offered.

    Exactly one unit holds it at any instant, until another takes it over: accepts an
    offer, is dispatched to, decides a return, calls the customer back. Offering or
    returning a case does not let go of it. ``holder_person`` is set once somebody of
    that unit has accepted it. ``units`` are all that ever held it, in order; ``trail`` only
    those since it began or came round last (the callback, a new round), and ``pingpongs``
    how often it was sent back on such a trail (A>B>A, B44).
    """

    def __init__(self) -> None:
        self.holder_unit: str = ""
        self.holder_person: str | None = None
        self.holder_post: str | None = None
        self.units: list[str] = []
        self.trail: list[str] = []
        self.pingpongs: int = 0
        self.offered_to_unit: str | None = None
        self.offered_to_person: str | None = None
        self.offered_by: str | None = None

    def hold(self, unit: str, person: str | None = None, post: str | None = None) -> None:
        """Give the case to exactly one unit, and perhaps one person in it."""
        self.holder_unit, self.holder_person, self.holder_post = unit, person, post
        if not self.units or self.units[-1] != unit:
            self.units.append(unit)
        if not self.trail or self.trail[-1] != unit:
            self.trail.append(unit)
            self.pingpongs += self.sent_back
        self.end_offer()

    def come_round(self, unit: str) -> None:
        """The regular way home, to the callback or to a new round: no hop, no return."""
        self.trail = [unit]
        self.hold(unit)

    @property
    def sent_back(self) -> bool:
        """Whether the unit that holds it now is the one it had come from before."""
        return self.trail[-1:] == self.trail[-3:-2]

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
        self.orders: list[Order] = []

    def handled(self, person: str | None) -> None:
        """Remember who had a hand in it: they cannot judge it later (A6, independence)."""
        if person and person not in self.handled_by:
            self.handled_by.append(person)

    def open_orders(self) -> list[Order]:
        """The supervision orders that nobody has closed, the oldest first."""
        return [order for order in self.orders if not order.closed]

    def lapse(self) -> None:
        """What was only asked for in one stage is not waited for in the next."""
        self.returned_by = None
        self.suspension = self.suspended_until = self.extension = None


class Outcome:
    """What the customer was told and said, and how the case ended, in this round of it.

    ``callback_due``: decided so (None: not decided yet). ``callback_attempted_at`` has the
    moment of each attempt. ``ratings`` counts what the customer gave in all rounds.
    """

    def __init__(self) -> None:
        self.answered_at: datetime | None = None
        self.callback_due: bool | None = None
        self.callback_planned_for: datetime | None = None
        self.callback_attempts: int = 0
        self.callback_attempted_at: list[datetime] = []
        self.callback_reached: bool = False
        self.callback_outcome: str | None = None
        self.satisfaction: str | None = None
        self.solved: bool | None = None
        self.ratings: int = 0
        self.no_callback_reason: str | None = None
        self.withdrawn_for: str | None = None
        self.withdrawn_by: str | None = None
        self.closed_at: datetime | None = None

    def forget_callback(self) -> None:
        """A callback is due again, from the first attempt."""
        self.callback_planned_for = self.callback_outcome = None
        self.callback_attempts, self.callback_reached = 0, False
        self.callback_attempted_at = []
        self.satisfaction = self.solved = None


class Hours:
    """What time has to do with the case: its clocks, the ladders it climbs, who acted when.

    ``clocks`` are all there ever were, in the order in which they began; ``climbs`` those
    ladders that nobody has brought to an end. ``signals`` are the climbs that signals
    began. ``acted_at`` is the last act of an owner: what time, the customer or the chain do
    is none. ``heard`` is the version of the last fact that somebody, not time, brought
    about. ``round_at`` is when this round of the case began, ``words`` what its facts say
    in the words of rules.
    """

    def __init__(self) -> None:
        self.clocks: list[Clock] = []
        self.climbs: list[Climb] = []
        self.signals: list[str] = []
        self.forced_unit: str | None = None
        self.acted_at: datetime | None = None
        self.heard: int = 0
        self.round_at: datetime | None = None
        self.words: list[str] = []

    def release(self, to_unit: str) -> None:
        """Whoever had to see it through no longer has to, once another unit holds it."""
        if to_unit != self.forced_unit:
            self.forced_unit = None

    def running(self, step: str) -> Clock | None:
        """The clock of a step that runs now."""
        return next((c for c in self.clocks if c.step == step and c.running), None)

    def clock(self, clock_id: str) -> Clock | None:
        return next((c for c in self.clocks if c.id == clock_id), None)

    def start_climb(
        self,
        climb: str,
        *,
        ladder: str,
        signal: str,
        cause: str | None,
        since: datetime,
        next_at: datetime | None,
        rung: int = 0,
    ) -> None:
        """Begin at the bottom of a ladder, or go on above ``rung``; one at a time."""
        begun = Climb(
            id=climb,
            ladder=ladder,
            signal=signal,
            cause=cause,
            since=since,
            rung=rung,
            next_at=next_at,
        )
        self.climbs = [*(c for c in self.climbs if c.id != climb), begun]

    def hold_climb(self, climb: str, until: datetime | None) -> None:
        """Nobody more is told before ``until``; None: nobody more at all."""
        if until is None:
            self.climbs = [c for c in self.climbs if c.id != climb]
            return
        self.climbs = [
            replace(c, next_at=until) if c.id == climb else c for c in self.climbs
        ]

    def end_climbs(self, *, cause: str | None = None, signal: str | None = None) -> None:
        """Nobody more is told for this cause, or for this signal."""
        self.climbs = [
            c
            for c in self.climbs
            if not (cause is not None and c.cause == cause)
            and not (signal is not None and c.signal == signal)
        ]


class Tally:
    """How often each thing happened, and what was witnessed before the case came here.

    ``sent_on`` counts returns and transfers together, in this round.
    ``witnessed_row`` is the last row of imported history, ``line`` its support line,
    ``deviations`` how many of its steps the workflow has no move for.
    """

    def __init__(self) -> None:
        self.contacts: int = 0
        self.replies: int = 0
        self.rejections: int = 0
        self.returns: int = 0
        self.sent_on: int = 0
        self.urges: int = 0
        self.urged_at: datetime | None = None
        self.comments: int = 0
        self.briefs: int = 0
        self.supervisions: int = 0
        self.suspensions: int = 0
        self.extensions: int = 0
        self.reopenings: int = 0
        self.rehandlings: int = 0
        self.witnessed_row: int = 0
        self.line: str | None = None
        self.deviations: int = 0
