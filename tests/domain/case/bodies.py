"""A body for every command of a case, mostly one that could be accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from domain.case.brief import BriefIncident
from domain.case.callback import (
    AttemptCallback,
    CompleteCallback,
    FailCallback,
    PlanCallback,
)
from domain.case.classify import ClassifyCase, ReclassifyCase
from domain.case.close import CloseCase
from domain.case.comment import AddComment
from domain.case.contact import ContactCustomer
from domain.case.dispatch import DispatchCase
from domain.case.escalation import EscalateCase
from domain.case.extension import RequestExtension
from domain.case.final_answer import GiveFinalAnswer
from domain.case.handover import OfferHandover, RefuseHandover
from domain.case.identify import IdentifyCustomer
from domain.case.level import AssessLevel, RaiseLevel
from domain.case.link_repeat import LinkRepeat
from domain.case.merge import MergeCase, UnmergeCase
from domain.case.rating import RateCase
from domain.case.reassign import ReassignCase
from domain.case.referral import ReceiveReferral, ReferOut
from domain.case.reopen import ReopenCase
from domain.case.reply import ReplyToCase
from domain.case.returning import ReturnCase
from domain.case.review import RejectReply
from domain.case.supervise import AnswerSupervision, CloseSupervision, SuperviseCase
from domain.case.suspension import RequestSuspension
from domain.case.withdraw import WithdrawCase
from domain.command import Command
from domain.promise.explain import ExplainBreach
from tests.support.scenario import CASE_ID, CUSTOMER, MONDAY, OTHER_ID, policy, text

Pick = Callable[[Random], Any]

RULES = policy()


def one_of(*values: object) -> Pick:
    """Any of these."""
    return lambda chance: chance.choice(values)


def code(kind: str) -> Pick:
    """A coded reason of that kind, or one that nobody knows."""
    known = sorted(code for its_kind, code in RULES.reasons if its_kind == kind)
    return one_of(*known, "mood")


def code_if_any(kind: str) -> Pick:
    """A coded reason of that kind, or none at all."""
    known = sorted(code for its_kind, code in RULES.reasons if its_kind == kind)
    return one_of(*known, *[None] * len(known))


def moment(chance: Random) -> Any:
    """Mostly still to come."""
    return MONDAY + timedelta(hours=chance.randint(-1, 900))


TEXT = one_of(text("…"))
ORDER = one_of(None, None, 1, 2, 7)
MAYBE_TEXT = one_of(text("…"), None)
UNIT = one_of("bailu-east", "bailu-east", "bailu-east", "bailu", "xishi-town", "atlantis")
MAYBE_UNIT = one_of(None, "bailu", "atlantis")
CATEGORY = one_of("business", "business.metering", "supply_quality.voltage", "weather")
LEVEL = one_of(*sorted(RULES.levels), "apocalyptic")
CASES = one_of(CASE_ID, OTHER_ID, OTHER_ID, UUID(int=5))
FLAG = one_of(False, True)

BODIES: Mapping[type[Command], Mapping[str, Pick]] = {
    IdentifyCustomer: {"customer": one_of(CUSTOMER), "phone": MAYBE_TEXT},
    ClassifyCase: {"category": CATEGORY},
    ReclassifyCase: {
        "category": CATEGORY,
        "business_type": one_of(None, None, *RULES.types),
        "reason": code("reclassify"),
    },
    AssessLevel: {"level": LEVEL},
    RaiseLevel: {"level": LEVEL, "reason": code("raise_level")},
    DispatchCase: {"unit": UNIT, "reason": code_if_any("dispatch")},
    OfferHandover: {
        "unit": one_of("xishi-town", "bailu", "bailu-east"),
        "person": one_of(None, None, "ran", "qu", "tan"),
    },
    RefuseHandover: {"reason": code("refuse_handover")},
    ReturnCase: {"reason": code("return")},
    ReassignCase: {"unit": UNIT, "reason": code("reassign")},
    ContactCustomer: {"means": code("means"), "outcome": code("contact")},
    RequestSuspension: {"reason": code("suspension"), "until": moment},
    RequestExtension: {
        "reason": code("extension"),
        "new_due": moment,
        "customer_told": FLAG,
    },
    AddComment: {"text": TEXT},
    SuperviseCase: {"order": TEXT, "to_unit": MAYBE_UNIT},
    AnswerSupervision: {"answer": TEXT, "n": ORDER},
    CloseSupervision: {"n": ORDER, "reason": code_if_any("close_order")},
    BriefIncident: {"report": one_of(*RULES.first_report, "weather"), "brief": TEXT},
    ExplainBreach: {
        "clock": one_of("answer.1", "contact.1", "dispatch.1", "moon.1"),
        "reason": code("breach"),
    },
    EscalateCase: {"reason": code("escalate")},
    ReplyToCase: {
        "cause": TEXT,
        "measures": TEXT,
        "answer": TEXT,
        "responsibility": code("responsibility"),
    },
    RejectReply: {"reason": code("reject")},
    GiveFinalAnswer: {"answer": TEXT, "means": code("means")},
    PlanCallback: {"planned_for": moment},
    AttemptCallback: {"result": code("attempt")},
    CompleteCallback: {"satisfaction": one_of(*RULES.satisfaction), "solved": FLAG},
    FailCallback: {"reason": code("callback_failed")},
    RateCase: {
        "satisfaction": one_of(*RULES.satisfaction),
        "rater": one_of("customer", "sms", "pigeon"),
        "incentive": code_if_any("incentive"),
    },
    CloseCase: {"no_callback_reason": code_if_any("no_callback")},
    ReopenCase: {"reason": code("reopen")},
    LinkRepeat: {"earlier_case": CASES},
    MergeCase: {"into": CASES},
    UnmergeCase: {"reason": code("unmerge")},
    WithdrawCase: {"reason": code("withdraw")},
    ReferOut: {"body": code("body"), "reason": code("refer")},
    ReceiveReferral: {"body": code("body"), "number": one_of(None, "77", "78")},
}


def body_of(kind: type[Command], chance: Random) -> dict[str, Any]:
    """What such a command may say; nothing, for one that says nothing but its name."""
    return {name: pick(chance) for name, pick in BODIES.get(kind, {}).items()}
