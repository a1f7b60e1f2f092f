"""How one complaint went, fact by fact: what scenarios begin with.

Each fact says the stage it led to and who acted. A constant in the plural is everything
that has happened up to there: ``given(*HANDLING)``.
"""

from __future__ import annotations

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackCompleted, CallbackPlanned
from domain.case.case import CaseFact
from domain.case.close import CaseClosed
from domain.case.dispatch import CaseDispatched
from domain.case.handover import HandoverOffered
from domain.case.identify import CustomerIdentified
from domain.case.receive import CaseReceived
from domain.case.reply import ReplySubmitted
from domain.case.returning import CaseReturned
from domain.case.review import ReplyApproved
from domain.case.suspension import SuspensionApproved
from domain.case.withdraw import CaseWithdrawn
from domain.fact import Actor
from tests.support.scenario import (
    AGENT,
    CUSTOMER,
    DISPATCHER,
    HANDLER,
    LEADER,
    MONDAY,
    OTHER_AGENT,
    later,
    text,
)

NUMBER = "260302-0000-1JJY"
# The ends of the shipped workflows.
TERMINAL = frozenset({"closed", "referred", "merged"})


def happened(stage: str, actor: Actor, fact: CaseFact) -> CaseFact:
    """The fact with what the desk would have stamped on it."""
    return fact.stamped(
        stage=stage, terminal=stage in TERMINAL, actor=actor, occurred_at=MONDAY
    )


def received(
    business_type: str = "complaint",
    *,
    secret: bool = False,
    anonymous: bool = False,
    number: str = NUMBER,
) -> CaseFact:
    """A customer called, and the agent's unit holds the case."""
    fact = CaseReceived(
        number=number,
        business_type=business_type,
        channel="95598",
        holder_unit="95598",
        holder_person="dan",
        content=text("电压低"),
        customer=CUSTOMER,
        secret=secret,
        anonymous=anonymous,
    )
    return happened("received", AGENT, fact)


IDENTIFIED = happened(
    "received", AGENT, CustomerIdentified(customer=CUSTOMER, phone=text("138****5678"))
)
DISPATCHED = happened(
    "dispatched", DISPATCHER, CaseDispatched(from_unit="95598", to_unit="bailu-east")
)
ACCEPTED = happened(
    "handling",
    HANDLER,
    CaseAccepted(unit="bailu-east", person="ran", post="bailu-east.ran"),
)
OFFERED = happened(
    "handling", HANDLER, HandoverOffered(from_unit="bailu-east", to_unit="xishi-town")
)
RETURNED = happened(
    "returned", HANDLER, CaseReturned(from_unit="bailu-east", reason="wrong_area")
)
SUSPENDED = happened(
    "suspended",
    LEADER,
    SuspensionApproved(requested_by="ran", reason="waiting_customer", until=later(days=2)),
)
REPLIED = happened(
    "replied",
    HANDLER,
    ReplySubmitted(
        unit="bailu-east",
        person="ran",
        cause=text("cause"),
        measures=text("measures"),
        answer=text("answer"),
        responsibility="company",
    ),
)
APPROVED = happened("reviewed", DISPATCHER, ReplyApproved(replied_by="ran"))
PLANNED = happened(
    "callback",
    AGENT,
    CallbackPlanned(planned_for=later(days=1), from_unit="bailu-east", to_unit="95598"),
)
WITHDRAWN = happened("withdrawn", AGENT, CaseWithdrawn(reason="solved"))
CLOSED = happened(
    "closed", AGENT, CaseClosed(callback_outcome="completed", no_callback_reason=None)
)


def called_back(satisfaction: str = "satisfied", *, solved: bool = True) -> CaseFact:
    """The customer was reached, and said this."""
    fact = CallbackCompleted(attempts=1, satisfaction=satisfaction, solved=solved)
    return happened("callback", OTHER_AGENT, fact)


RECEIPT = (received(), IDENTIFIED)
DISPATCH = (*RECEIPT, DISPATCHED)
HANDLING = (*DISPATCH, ACCEPTED)
OFFER = (*HANDLING, OFFERED)
RETURN = (*HANDLING, RETURNED)
SUSPENSION = (*HANDLING, SUSPENDED)
REPLY = (*HANDLING, REPLIED)
REVIEW = (*REPLY, APPROVED)
CALLBACK = (*REVIEW, PLANNED)
WITHDRAWAL = (*RECEIPT, WITHDRAWN)
ARCHIVE = (*CALLBACK, called_back(), CLOSED)
