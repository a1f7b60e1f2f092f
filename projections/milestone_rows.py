"""Milestones of a case 里程碑: the rows that measures count, one a case, round, dispatch,
rating."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from projections.table import Row


class RoundRow(Row, frozen=True, kw_only=True):
    """One round of a case, from its receipt or a reopening to its end.

    ``unit`` handles it, or handled it last: the way home to the callback changes nothing.
    Times are those of the first of each: dispatch, contact in which the customer was
    reached, reply, review; ``answered_at``, ``closed_at``: the last. ``passed``: the first
    review approved (None: not reviewed). ``callable``: a callback was decided to be due.
    ``called_at``: first attempt, or the customer rang back; ``reached_at`` likewise.
    """

    case_id: UUID
    round: int
    unit: str
    begun_at: datetime
    dispatched_at: datetime | None = None
    contacted_at: datetime | None = None
    replied_at: datetime | None = None
    reviewed_at: datetime | None = None
    passed: bool | None = None
    answered_at: datetime | None = None
    decided_at: datetime | None = None
    callable: bool | None = None
    called_at: datetime | None = None
    reached_at: datetime | None = None
    satisfaction: str | None = None
    solved: bool | None = None
    closed_at: datetime | None = None


class DispatchRow(Row, frozen=True, kw_only=True):
    """The ``n``-th dispatch of a case (from 1), to ``unit``, and whether it came back.

    ``returned_at``, ``return_reason``: the first time that it was asked to be taken back;
    ``taken_back_at``: the centre agreed.
    """

    case_id: UUID
    n: int
    at: datetime
    from_unit: str
    unit: str
    reason: str | None = None
    layers: int | None = None
    returned_at: datetime | None = None
    return_reason: str | None = None
    taken_back_at: datetime | None = None


class RatingRow(Row, frozen=True, kw_only=True):
    """The ``n``-th rating of a case by ``rater``, apart from the callback.

    ``counted_in``: it is the person's first, and nothing was offered for it. ``incentive``
    says what was (S3, P25).
    """

    case_id: UUID
    n: int
    unit: str
    at: datetime
    rater: str
    satisfaction: str
    solved: bool | None = None
    counted_in: bool
    incentive: str | None = None


class MilestoneRow(Row, frozen=True, kw_only=True):
    """One case: what it is, and its rounds, dispatches and ratings in order.

    ``on_receipt``: answered on the call, nobody else handled it. ``idle_hours``: the
    longest time, while the case was open, between two acts of its owners; ``acted_at`` is
    the last. ``witnessed``: told by another system.
    """

    case_id: UUID
    number: str
    policy: str
    open: bool
    business_type: str
    channel: str
    category: str | None = None
    level: str | None = None
    area: str | None = None
    secret: bool = False
    anonymous: bool = False
    witnessed: bool = False
    source: str | None = None
    unit: str
    received_at: datetime
    acted_at: datetime
    idle_hours: float = 0.0
    on_receipt: bool = False
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    reopened: int = 0
    repeat_of: UUID | None = None
    merged_into: UUID | None = None
    rounds: tuple[RoundRow, ...] = ()
    dispatches: tuple[DispatchRow, ...] = ()
    ratings: tuple[RatingRow, ...] = ()
