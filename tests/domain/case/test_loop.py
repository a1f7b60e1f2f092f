"""One complaint goes the whole loop, under each of the shipped rules."""

from __future__ import annotations

import pytest

from domain.case.accept import AcceptCase
from domain.case.callback import AttemptCallback, CompleteCallback, PlanCallback
from domain.case.case import CaseFact
from domain.case.close import CloseCase
from domain.case.contact import ContactCustomer
from domain.case.dispatch import DispatchCase
from domain.case.final_answer import GiveFinalAnswer
from domain.case.receive import ReceiveCase
from domain.case.reply import ReplyToCase
from domain.case.returning import ReturnCase
from domain.case.review import ApproveReply
from domain.case.suspension import RequestSuspension
from domain.command import Command
from domain.policy.policy import Policy
from tests.support.scenario import (
    AGENT,
    CUSTOMER,
    DISPATCHER,
    HANDLER,
    OTHER_AGENT,
    by,
    given,
    later,
    policy,
    text,
)
from tests.support.story import HANDLING

LOOP = (
    by(
        AGENT,
        ReceiveCase,
        business_type="complaint",
        customer=CUSTOMER,
        phone=text("138****5678"),
        content=text("…"),
    ),
    by(DISPATCHER, DispatchCase, unit="bailu-east"),
    by(HANDLER, AcceptCase),
    by(HANDLER, ContactCustomer, means="phone", outcome="reached"),
    by(
        HANDLER,
        ReplyToCase,
        cause=text("…"),
        measures=text("…"),
        answer=text("…"),
        responsibility="third_party",
    ),
    by(DISPATCHER, ApproveReply),
    by(HANDLER, GiveFinalAnswer, answer=text("…"), means="phone"),
    by(OTHER_AGENT, PlanCallback, planned_for=later(days=1)),
    by(OTHER_AGENT, AttemptCallback, result="no_answer"),
    by(OTHER_AGENT, CompleteCallback, satisfaction="satisfied", solved=True),
    by(AGENT, CloseCase),
)
# Which action asks for a code of which kind.
ASKS = {
    "return": "return",
    "reassign": "reassign",
    "reclassify": "reclassify",
    "raise-level": "raise_level",
    "request-suspension": "suspension",
    "request-extension": "extension",
    "reject-reply": "reject",
    "reopen": "reopen",
    "escalate": "escalate",
    "withdraw": "withdraw",
    "refer-out": "refer",
    "receive-referral": "body",
    "close": "no_callback",
    "fail-callback": "callback_failed",
    "attempt-callback": "attempt",
    "contact-customer": "contact",
    "give-final-answer": "means",
    "refuse-handover": "refuse_handover",
    "unmerge": "unmerge",
    "reply": "responsibility",
    "dispatch": "dispatch",
}
PROFILES = ["sgcc-2022", "hotline-12345"]


def played(rules: Policy, commands: tuple[Command, ...]) -> tuple[CaseFact, ...]:
    """The facts that these commands lead to, one after the other."""
    facts: tuple[CaseFact, ...] = ()
    for command in commands:
        stage, said = given(*facts).under(rules).when(command).decide()
        for fact in said:
            assert isinstance(fact, CaseFact)
            stamp = {"stage": stage, "actor": command.actor, "occurred_at": command.at}
            facts = (*facts, fact.stamped(**stamp))
    return facts


@pytest.mark.parametrize("profile", PROFILES)
def test_a_complaint_goes_the_whole_loop(profile: str) -> None:
    rules = policy(profile)
    facts = played(rules, LOOP)
    case = given(*facts).under(rules).case
    assert rules.terminal(case.stage)
    assert case.callback_outcome == "completed"
    assert case.units == ["95598", "bailu-east", "95598"]
    assert [fact.TOPIC for fact in facts] == [
        "case.received",
        "case.customer_identified",
        "case.dispatched",
        "case.accepted",
        "case.customer_contacted",
        "case.reply_submitted",
        "case.reply_approved",
        "case.final_answer_given",
        "case.callback_decided",
        "case.callback_planned",
        "case.callback_attempted",
        "case.callback_completed",
        "case.closed",
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_policy_has_a_code_for_every_reason_it_may_ask_for(profile: str) -> None:
    rules = policy(profile)
    kinds = {kind for kind, _ in rules.reasons}
    actions = {action for _, action in rules.moves}
    assert [a for a, kind in ASKS.items() if a in actions and kind not in kinds] == []


def test_at_12345_the_first_receiver_leads_to_the_end() -> None:
    """Nothing is returned once a unit handles it, and nothing rests (P22)."""
    start = given(*HANDLING).under(policy("hotline-12345"))
    start.when(by(HANDLER, ReturnCase, reason="wrong_area")).then_refused("no_such_move")
    rest = by(HANDLER, RequestSuspension, reason="in_court", until=later(days=1))
    start.when(rest).then_refused("not_permitted")
