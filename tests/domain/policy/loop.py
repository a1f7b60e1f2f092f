"""A case under the shipped rules, so far through the loop; office hours are those of
tests/support/hours.py, and 2026-03-02 is a Monday."""

from __future__ import annotations

import json
from typing import Any

from api.policies import shipped
from domain.case.accept import AcceptCase
from domain.case.contact import ContactCustomer
from domain.case.final_answer import GiveFinalAnswer
from domain.case.reply import ReplyToCase
from domain.case.review import ApproveReply
from tests.support.hours import Hours, wall
from tests.support.scenario import DISPATCHER, HANDLER, text

REPLY = {
    "cause": text("cause"),
    "measures": text("measures"),
    "answer": text("answer"),
    "responsibility": "company",
}
ANSWER = {"means": "phone", "answer": text("answer")}


def rules_of(profile: str) -> dict[str, Any]:
    """A shipped profile on the desk of the tests: its office hours, its centre."""
    document = json.loads(json.dumps(shipped()[profile]).replace("cn-office", "office"))
    document["profile"] |= {
        "name": "sgcc-2022",
        "intake_unit": "95598",
        "fallback_unit": "95598",
    }
    return dict(document)


def running(hours: Hours) -> dict[str, str]:
    """Which steps are due when."""
    return {clock.step: wall(clock.due) for clock in hours.case.clocks if clock.running}


def kinds(hours: Hours) -> dict[str, str]:
    return {clock.step: clock.kind for clock in hours.case.clocks if clock.running}


def in_hand(hours: Hours, **said: Any) -> Hours:
    """Received Monday 10:00, sent on at 10:05, taken in hand at 10:30."""
    hours.received(**said)
    hours.dispatched()
    hours.do(HANDLER, AcceptCase, "03-02 10:30")
    return hours


def replied(hours: Hours) -> Hours:
    """Contacted Monday 11:00, replied Tuesday 11:00."""
    in_hand(hours)
    said = {"means": "phone", "outcome": "reached"}
    hours.do(HANDLER, ContactCustomer, "03-02 11:00", **said)
    hours.do(HANDLER, ReplyToCase, "03-03 11:00", **REPLY)
    return hours


def answered(hours: Hours) -> Hours:
    """Approved Tuesday 15:00, the customer answered at 16:00."""
    replied(hours)
    hours.do(DISPATCHER, ApproveReply, "03-03 15:00")
    hours.do(DISPATCHER, GiveFinalAnswer, "03-03 16:00", **ANSWER)
    return hours
