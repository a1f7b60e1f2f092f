"""Milestones 里程碑: when was each case received, sent, answered, called back, closed?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackAttempted, CallbackCompleted, CallbackPlanned
from domain.case.callback_choice import CallbackDecided
from domain.case.case import CaseFact
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.close import CaseClosed
from domain.case.contact import CustomerContacted
from domain.case.dispatch import CaseDispatched
from domain.case.final_answer import FinalAnswerGiven
from domain.case.handover import HandoverAccepted
from domain.case.identify import CustomerIdentified
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.merge import CaseMerged, CaseUnmerged
from domain.case.rating import CaseRated
from domain.case.reassign import CaseReassigned
from domain.case.receive import CaseReceived
from domain.case.reopen import CaseReopened
from domain.case.reply import ReplySubmitted
from domain.case.returning import CaseReturned, ReturnDecided
from domain.case.review import ReplyApproved, ReplyRejected
from domain.case.withdraw import CaseWithdrawn
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.fact import TIMEKEEPER
from projections.milestone_rows import DispatchRow, MilestoneRow, RatingRow, RoundRow
from projections.table import Row, Table
from projections.view import Occurrences, View, known, on, sets

HOUR = 3600.0


def begun(_: MilestoneRow | None, fact: CaseReceived | CaseWitnessed) -> MilestoneRow:
    first = RoundRow(
        case_id=fact.originator_id,
        round=1,
        unit=fact.holder_unit,
        begun_at=fact.occurred_at,
        closed_at=fact.occurred_at if fact.terminal else None,
    )
    return MilestoneRow(
        case_id=fact.originator_id,
        number=fact.number,
        policy=fact.policy or "",
        open=not fact.terminal,
        business_type=fact.business_type,
        channel=fact.channel,
        area=fact.area,
        secret=isinstance(fact, CaseReceived) and fact.secret,
        anonymous=isinstance(fact, CaseReceived) and fact.anonymous,
        category=fact.category if isinstance(fact, CaseWitnessed) else None,
        level=fact.level if isinstance(fact, CaseWitnessed) else None,
        witnessed=isinstance(fact, CaseWitnessed),
        source=fact.source,
        unit=fact.holder_unit,
        received_at=fact.occurred_at,
        acted_at=fact.occurred_at,
        closed_at=first.closed_at,
        rounds=(first,),
    )


def ticked(row: MilestoneRow, fact: CaseFact) -> MilestoneRow:
    """Every fact: whether the case is open, and how long no owner had acted before it.

    What another system tells was done by an owner there, though it is no act of ours.
    """
    acts = fact.OWNER_ACT and fact.actor != TIMEKEEPER
    if not (acts or isinstance(fact, StepWitnessed)):
        return row if row.open != fact.terminal else replace(row, open=not fact.terminal)
    idle = (fact.occurred_at - row.acted_at).total_seconds() / HOUR if row.open else 0.0
    return replace(
        row,
        open=not fact.terminal,
        acted_at=fact.occurred_at,
        idle_hours=max(row.idle_hours, idle),
    )


# Rounds -----------------------------------------------------------------------------------


def last_round(row: MilestoneRow, **changes: Any) -> MilestoneRow:
    """The row with these changes in the round that the case is in."""
    return replace(row, rounds=(*row.rounds[:-1], replace(row.rounds[-1], **changes)))


def first(name: str) -> Callable[[MilestoneRow, CaseFact], MilestoneRow]:
    """A fold that notes when something happened for the first time in this round."""

    def fold(row: MilestoneRow, fact: CaseFact) -> MilestoneRow:
        if getattr(row.rounds[-1], name) is not None:
            return row
        return last_round(row, **{name: fact.occurred_at})

    return fold


def with_unit(row: MilestoneRow, unit: str) -> MilestoneRow:
    """Another unit handles the case from now on."""
    return row if unit == row.unit else last_round(replace(row, unit=unit), unit=unit)


def sent(row: MilestoneRow, fact: Any) -> MilestoneRow:
    return with_unit(row, fact.to_unit)


def accepted(row: MilestoneRow, fact: CaseAccepted) -> MilestoneRow:
    return with_unit(row, fact.unit)


def contacted(row: MilestoneRow, fact: CustomerContacted) -> MilestoneRow:
    return first("contacted_at")(row, fact) if fact.reached else row


def reviewed(row: MilestoneRow, fact: ReplyApproved | ReplyRejected) -> MilestoneRow:
    if row.rounds[-1].reviewed_at is not None:
        return row
    passed = isinstance(fact, ReplyApproved)
    return last_round(row, reviewed_at=fact.occurred_at, passed=passed)


def answered(row: MilestoneRow, fact: FinalAnswerGiven) -> MilestoneRow:
    row = replace(row, answered_at=fact.occurred_at, on_receipt=fact.on_receipt)
    return last_round(row, answered_at=fact.occurred_at)


def decided(row: MilestoneRow, fact: CallbackDecided) -> MilestoneRow:
    return last_round(row, callable=fact.due, decided_at=fact.occurred_at)


def planned(row: MilestoneRow, fact: CallbackPlanned) -> MilestoneRow:
    """Whoever plans one has decided that it is due, whatever was decided before."""
    if row.rounds[-1].callable:
        return row
    return last_round(row, callable=True, decided_at=fact.occurred_at)


def attempted(row: MilestoneRow, fact: CallbackAttempted) -> MilestoneRow:
    row = first("called_at")(row, fact)
    return first("reached_at")(row, fact) if fact.reached else row


def called_back(row: MilestoneRow, fact: CallbackCompleted) -> MilestoneRow:
    row = first("reached_at")(first("called_at")(row, fact), fact)
    return last_round(row, satisfaction=fact.satisfaction, solved=fact.solved)


def rated(row: MilestoneRow, fact: CaseRated) -> MilestoneRow:
    rating = RatingRow(
        case_id=row.case_id,
        n=len(row.ratings) + 1,
        unit=row.unit,
        at=fact.occurred_at,
        rater=fact.rater,
        satisfaction=fact.satisfaction,
        solved=fact.solved,
        counted_in=fact.counts,
        incentive=fact.incentive,
    )
    return replace(row, ratings=(*row.ratings, rating))


def closed(row: MilestoneRow, fact: CaseFact) -> MilestoneRow:
    row = replace(row, closed_at=fact.occurred_at)
    return last_round(row, closed_at=fact.occurred_at)


def reopened(row: MilestoneRow, fact: CaseReopened) -> MilestoneRow:
    return new_round(row, fact.occurred_at, fact.to_unit)


def new_round(row: MilestoneRow, at: datetime, unit: str) -> MilestoneRow:
    """The case begins again: what was answered and closed before stays in its round."""
    begun_again = RoundRow(
        case_id=row.case_id, round=len(row.rounds) + 1, unit=unit, begun_at=at
    )
    return replace(
        row,
        unit=unit,
        answered_at=None,
        closed_at=None,
        reopened=row.reopened + 1,
        rounds=(*row.rounds, begun_again),
    )


def stepped(row: MilestoneRow, fact: StepWitnessed) -> MilestoneRow:
    """A row of history: who had it then, and whether it ended or began again."""
    if fact.terminal and row.closed_at is None:
        row = closed(row, fact)
    elif not fact.terminal and row.closed_at is not None:
        row = new_round(row, fact.occurred_at, fact.unit)
    return with_unit(row, fact.unit)


# Dispatches -------------------------------------------------------------------------------


def dispatched(row: MilestoneRow, fact: CaseDispatched) -> MilestoneRow:
    sending = DispatchRow(
        case_id=row.case_id,
        n=len(row.dispatches) + 1,
        at=fact.occurred_at,
        from_unit=fact.from_unit,
        unit=fact.to_unit,
        reason=fact.reason,
        layers=fact.layers,
    )
    row = replace(row, dispatches=(*row.dispatches, sending))
    return with_unit(first("dispatched_at")(row, fact), fact.to_unit)


def last_dispatch(row: MilestoneRow, name: str, **changes: Any) -> MilestoneRow:
    """Note once what became of the last dispatch; a case may have had none."""
    if not row.dispatches or getattr(row.dispatches[-1], name) is not None:
        return row
    changed = replace(row.dispatches[-1], **changes)
    return replace(row, dispatches=(*row.dispatches[:-1], changed))


def returned(row: MilestoneRow, fact: CaseReturned) -> MilestoneRow:
    said = {"returned_at": fact.occurred_at, "return_reason": fact.reason}
    return last_dispatch(row, "returned_at", **said)


def return_decided(row: MilestoneRow, fact: ReturnDecided) -> MilestoneRow:
    if fact.approved:
        row = last_dispatch(row, "taken_back_at", taken_back_at=fact.occurred_at)
    return with_unit(row, fact.to_unit)


# What the steps of a row add to the tables of rounds, dispatches and ratings --------------


def listed(name: str) -> Callable[[Any, Any, CaseFact], Iterator[Row]]:
    """The entries of a list of the row that a step added or changed."""

    def made(
        before: MilestoneRow | None, after: MilestoneRow | None, _: CaseFact
    ) -> Iterator[Row]:
        old = getattr(before, name) if before else ()
        for n, entry in enumerate(getattr(after, name) if after else ()):
            if n >= len(old) or old[n] != entry:
                yield entry

    return made


ROUNDS: Occurrences[MilestoneRow] = Occurrences(
    Table(
        "rounds",
        RoundRow,
        key=("case_id", "round"),
        indexes=(
            ("dispatched_at",),
            ("reviewed_at",),
            ("answered_at",),
            ("decided_at",),
            ("called_at",),
            ("reached_at",),
        ),
    ),
    listed("rounds"),
)
DISPATCHES: Occurrences[MilestoneRow] = Occurrences(
    Table("dispatches", DispatchRow, key=("case_id", "n"), indexes=(("at",),)),
    listed("dispatches"),
)
RATINGS: Occurrences[MilestoneRow] = Occurrences(
    Table("ratings", RatingRow, key=("case_id", "n"), indexes=(("at",),)),
    listed("ratings"),
)

MILESTONES: View[MilestoneRow] = View(
    Table(
        "milestones",
        MilestoneRow,
        key=("case_id",),
        indexes=(("received_at",), ("answered_at",), ("closed_at",)),
    ),
    docs="when each case was received, sent, answered, called back and closed: for figures",
    handlers=(
        on(CaseReceived, begun, fresh=True),
        on(CaseWitnessed, begun, fresh=True),
        on(CaseFact, known(ticked)),
        on(StepWitnessed, known(stepped)),
        # What it is.
        on(CaseClassified, sets(lambda f: {"category": f.category})),
        on(
            CaseReclassified,
            sets(lambda f: {"category": f.category, "business_type": f.business_type}),
        ),
        on(LevelAssessed, sets(lambda f: {"level": f.level})),
        on(LevelRaised, sets(lambda f: {"level": f.level})),
        on(CustomerIdentified, sets(lambda _: {"anonymous": False})),
        on(CaseLinkedAsRepeat, sets(lambda f: {"repeat_of": f.earlier_case})),
        on(CaseMerged, sets(lambda f: {"merged_into": f.into})),
        on(CaseUnmerged, sets(lambda _: {"merged_into": None})),
        on(CaseWithdrawn, sets(lambda f: {"withdrawn_at": f.occurred_at})),
        # Who handles it.
        on(CaseDispatched, known(dispatched)),
        on(CaseReturned, known(returned)),
        on(ReturnDecided, known(return_decided)),
        on(CaseReassigned, known(sent)),
        on(HandoverAccepted, known(sent)),
        on(CaseUnmerged, known(sent)),
        on(CaseAccepted, known(accepted)),
        # How the loop closes, and opens again.
        on(CustomerContacted, known(contacted)),
        on(ReplySubmitted, known(first("replied_at"))),
        on(ReplyApproved, known(reviewed)),
        on(ReplyRejected, known(reviewed)),
        on(FinalAnswerGiven, known(answered)),
        on(CallbackDecided, known(decided)),
        on(CallbackPlanned, known(planned)),
        on(CallbackAttempted, known(attempted)),
        on(CallbackCompleted, known(called_back)),
        on(CaseRated, known(rated)),
        on(CaseClosed, known(closed)),
        on(CaseReopened, known(reopened)),
    ),
    occurrences=(ROUNDS, DISPATCHES, RATINGS),
)
