"""Everything the desk can be asked to do: one line a capability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.alert.alert import Alert
from domain.alert.answer import AnswerAlert, answer_alert
from domain.alert.close import CloseAlert, close_alert
from domain.alert.raising import raise_alert
from domain.alert.wish import RaiseAlert
from domain.call.abandon import AbandonCall, abandon
from domain.call.answer import AnswerCall, answer
from domain.call.call import Call
from domain.call.end import EndCall, end
from domain.call.hand_on import HandOnCall, hand_on
from domain.call.identify_caller import IdentifyCaller, identify_caller
from domain.call.link_case import LinkCase, link_case
from domain.call.offer import OfferCall, offer
from domain.call.rate import RateCall, rate
from domain.case.accept import AcceptCase, accept
from domain.case.brief import BriefIncident, brief_incident
from domain.case.callback import (
    AttemptCallback,
    CompleteCallback,
    FailCallback,
    PlanCallback,
    attempt_callback,
    complete_callback,
    fail_callback,
    plan_callback,
)
from domain.case.case import Case
from domain.case.classify import ClassifyCase, ReclassifyCase, classify, reclassify
from domain.case.close import CloseCase, close
from domain.case.comment import AddComment, comment
from domain.case.contact import ContactCustomer, contact_customer
from domain.case.dispatch import DispatchCase, dispatch
from domain.case.escalation import (
    AnswerEscalation,
    EscalateCase,
    answer_escalation,
    escalate,
)
from domain.case.extension import (
    ApproveExtension,
    RefuseExtension,
    RequestExtension,
    approve_extension,
    refuse_extension,
    request_extension,
)
from domain.case.final_answer import GiveFinalAnswer, give_final_answer
from domain.case.handover import (
    AcceptHandover,
    OfferHandover,
    RefuseHandover,
    accept_handover,
    offer_handover,
    refuse_handover,
)
from domain.case.identify import IdentifyCustomer, identify_customer
from domain.case.level import AssessLevel, RaiseLevel, assess_level, raise_level
from domain.case.link_repeat import LinkRepeat, link_repeat
from domain.case.merge import MergeCase, UnmergeCase, merge, unmerge
from domain.case.rating import RateCase, rate_case
from domain.case.reassign import ReassignCase, reassign
from domain.case.receive import ReceiveCase, receive
from domain.case.referral import ReceiveReferral, ReferOut, receive_referral, refer_out
from domain.case.reopen import ReopenCase, reopen
from domain.case.reply import ReplyToCase, reply
from domain.case.returning import (
    ApproveReturn,
    RefuseReturn,
    ReturnCase,
    approve_return,
    refuse_return,
    return_case,
)
from domain.case.review import ApproveReply, RejectReply, approve_reply, reject_reply
from domain.case.supervise import (
    AnswerSupervision,
    CloseSupervision,
    SuperviseCase,
    answer_supervision,
    close_supervision,
    supervise,
)
from domain.case.suspension import (
    ApproveSuspension,
    EndSuspension,
    RefuseSuspension,
    RequestSuspension,
    approve_suspension,
    end_suspension,
    refuse_suspension,
    request_suspension,
)
from domain.case.urge import UrgeCase, urge
from domain.case.withdraw import WithdrawCase, withdraw
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.command import Command
from domain.fact import Fact, Recorded
from domain.organisation.appoint import Appoint, appoint
from domain.organisation.close_unit import CloseUnit, close_unit
from domain.organisation.define_post import DefinePost, define_post
from domain.organisation.delegate import Delegate, delegate
from domain.organisation.merge_unit import MergeUnit, merge_unit
from domain.organisation.move_unit import MoveUnit, move_unit
from domain.organisation.open_unit import OpenUnit, open_unit
from domain.organisation.organisation import Organisation
from domain.organisation.register_person import RegisterPerson, register_person
from domain.organisation.relieve import Relieve, relieve
from domain.organisation.revoke_delegation import RevokeDelegation, revoke_delegation
from domain.policy.book import PolicyBook, PublishPolicy, publish
from domain.promise.calendar_book import CalendarBook, PublishCalendar, publish_calendar
from domain.promise.explain import ExplainBreach, explain_breach
from domain.promise.keep_time import KeepTime, keep_time

Decide = Callable[..., list[Fact]]


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of stream: the aggregate, what begins it, and what can be done to it.

    A decision that begins a stream is called ``decide(command, setting)``; every other
    ``decide(aggregate, command, setting)``. A stream that stands before its first fact
    (a policy book, the organisation) is ``empty`` until then, and nothing begins it.
    Commands that nobody sends from outside are ``unsent``: the house itself keeps time,
    and watches over all cases.
    ``witnessed`` are facts that no command leads to: history, imported as it was.
    """

    aggregate: type[Recorded]
    missing: str
    begins: Mapping[type[Command], Decide]
    goes_on: Mapping[type[Command], Decide]
    empty: Callable[[UUID], Recorded] | None = None
    unsent: frozenset[type[Command]] = frozenset()
    witnessed: tuple[type[Fact], ...] = ()

    def commands(self) -> dict[str, type[Command]]:
        """Every command that somebody may send, by its action word (``dispatch``)."""
        sent = (*self.begins, *self.goes_on)
        return {kind.ACTION: kind for kind in sent if kind not in self.unsent}


CALL = Subject(
    aggregate=Call,
    missing="no_such_call",
    begins={OfferCall: offer},
    goes_on={
        AnswerCall: answer,
        IdentifyCaller: identify_caller,
        LinkCase: link_case,
        HandOnCall: hand_on,
        EndCall: end,
        RateCall: rate,
        AbandonCall: abandon,
    },
)

CASE = Subject(
    aggregate=Case,
    missing="no_such_case",
    begins={ReceiveCase: receive},
    goes_on={
        IdentifyCustomer: identify_customer,
        ClassifyCase: classify,
        ReclassifyCase: reclassify,
        AssessLevel: assess_level,
        RaiseLevel: raise_level,
        DispatchCase: dispatch,
        AcceptCase: accept,
        OfferHandover: offer_handover,
        AcceptHandover: accept_handover,
        RefuseHandover: refuse_handover,
        ReturnCase: return_case,
        ApproveReturn: approve_return,
        RefuseReturn: refuse_return,
        ReassignCase: reassign,
        ContactCustomer: contact_customer,
        RequestSuspension: request_suspension,
        ApproveSuspension: approve_suspension,
        RefuseSuspension: refuse_suspension,
        EndSuspension: end_suspension,
        RequestExtension: request_extension,
        ApproveExtension: approve_extension,
        RefuseExtension: refuse_extension,
        UrgeCase: urge,
        AddComment: comment,
        SuperviseCase: supervise,
        AnswerSupervision: answer_supervision,
        CloseSupervision: close_supervision,
        BriefIncident: brief_incident,
        ExplainBreach: explain_breach,
        EscalateCase: escalate,
        AnswerEscalation: answer_escalation,
        ReplyToCase: reply,
        ApproveReply: approve_reply,
        RejectReply: reject_reply,
        GiveFinalAnswer: give_final_answer,
        PlanCallback: plan_callback,
        AttemptCallback: attempt_callback,
        CompleteCallback: complete_callback,
        FailCallback: fail_callback,
        RateCase: rate_case,
        CloseCase: close,
        ReopenCase: reopen,
        LinkRepeat: link_repeat,
        MergeCase: merge,
        UnmergeCase: unmerge,
        WithdrawCase: withdraw,
        ReferOut: refer_out,
        ReceiveReferral: receive_referral,
        KeepTime: keep_time,
    },
    unsent=frozenset({KeepTime}),
    witnessed=(CaseWitnessed, StepWitnessed),
)

ORGANISATION = Subject(
    aggregate=Organisation,
    missing="no_such_organisation",
    begins={},
    goes_on={
        OpenUnit: open_unit,
        MoveUnit: move_unit,
        MergeUnit: merge_unit,
        CloseUnit: close_unit,
        DefinePost: define_post,
        RegisterPerson: register_person,
        Appoint: appoint,
        Relieve: relieve,
        Delegate: delegate,
        RevokeDelegation: revoke_delegation,
    },
    empty=Organisation.empty,
)

POLICY = Subject(
    aggregate=PolicyBook,
    missing="no_such_policy",
    begins={},
    goes_on={PublishPolicy: publish},
    empty=PolicyBook.empty,
)

CALENDAR = Subject(
    aggregate=CalendarBook,
    missing="no_such_calendar",
    begins={},
    goes_on={PublishCalendar: publish_calendar},
    empty=CalendarBook.empty,
)

ALERT = Subject(
    aggregate=Alert,
    missing="no_such_alert",
    begins={RaiseAlert: raise_alert},
    goes_on={AnswerAlert: answer_alert, CloseAlert: close_alert},
    unsent=frozenset({RaiseAlert}),
)

SUBJECTS: dict[str, Subject] = {
    "alert": ALERT,
    "calendar": CALENDAR,
    "call": CALL,
    "case": CASE,
    "organisation": ORGANISATION,
    "policy": POLICY,
}


def subject_of(command: type[Command]) -> Subject:
    """The kind of stream a command speaks to."""
    return next(s for s in SUBJECTS.values() if command in s.begins or command in s.goes_on)
