"""Bringing a case into any state of the shipped workflow, by real commands only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from tests.support.hotline import Hotline

Step = tuple[str, str, dict[str, Any]]

CONTACT: Step = ("handler", "contact-customer", {"means": "phone", "outcome": "reached"})
REPLY: Step = (
    "handler",
    "reply",
    {"cause": "跳闸", "measures": "更换", "answer": "已复电", "responsibility": "company"},
)
RECEIVED: tuple[Step, ...] = ()
DISPATCHED: tuple[Step, ...] = (("dispatcher", "dispatch", {"unit": "bailu-east"}),)
HANDLING = (*DISPATCHED, ("handler", "accept", {}))
ASKED_TO_SUSPEND: Step = (
    "handler",
    "request-suspension",
    {"reason": "waiting_customer", "until": "2026-03-12T10:00:00+08:00"},
)
REPLIED = (*HANDLING, CONTACT, REPLY)
REVIEWED = (*REPLIED, ("dispatcher", "approve-reply", {}))
PLANNED: Step = ("agent", "plan-callback", {"planned_for": "2027-03-04T10:00:00+08:00"})
WITHDRAWN: tuple[Step, ...] = (("agent", "withdraw", {"reason": "solved"}),)

# The commands that lead to each state. OTHER stands for the id of another open case.
OTHER = "OTHER"
WAYS: dict[str, tuple[Step, ...]] = {
    "received": RECEIVED,
    "dispatched": DISPATCHED,
    "handling": HANDLING,
    "returned": (*DISPATCHED, ("handler", "return", {"reason": "wrong_area"})),
    "suspended": (*HANDLING, ASKED_TO_SUSPEND, ("leader", "approve-suspension", {})),
    "replied": REPLIED,
    "reviewed": REVIEWED,
    "callback": (*REVIEWED, PLANNED),
    "withdrawn": WITHDRAWN,
    "closed": (*WITHDRAWN, ("dispatcher", "close", {"no_callback_reason": "withdrawn"})),
    "referred": (("dispatcher", "refer-out", {"body": "12398", "reason": "other_remit"}),),
    "merged": (("dispatcher", "merge", {"into": OTHER}),),
}

ESCALATED: Step = ("agent", "escalate", {"reason": "no_answer"})
ASKED_TO_EXTEND: Step = (
    "handler",
    "request-extension",
    {
        "reason": "waiting_outage",
        "new_due": "2027-03-13T18:00:00+08:00",
        "customer_told": True,
    },
)
OFFERED: Step = ("handler", "offer-handover", {"unit": "xishi-town"})
CALLED: Step = ("agent", "attempt-callback", {"result": "reached"})
SUPERVISED: Step = ("supervisor", "supervise", {"order": "今日内报告。"})
MAJOR: Step = ("agent", "raise-level", {"level": "major", "reason": "harm"})

# What must have happened in the state before an action makes sense there.
BEFORE: dict[str, tuple[Step, ...]] = {
    "answer-escalation": (ESCALATED,),
    "approve-suspension": (ASKED_TO_SUSPEND,),
    "refuse-suspension": (ASKED_TO_SUSPEND,),
    "approve-extension": (ASKED_TO_EXTEND,),
    "refuse-extension": (ASKED_TO_EXTEND,),
    "accept-handover": (OFFERED,),
    "refuse-handover": (OFFERED,),
    "complete-callback": (CALLED,),
    "answer-supervision": (SUPERVISED,),
    "close-supervision": (SUPERVISED,),
    "brief-incident": (MAJOR,),
}
# Where nothing of this can be done any more, it happened on the way there.
TOO_LATE = frozenset({"withdrawn"})
# So long nobody does anything before an action makes sense: the first clock is late then.
LATE: dict[str, timedelta] = {"explain-breach": timedelta(days=3)}
SATISFIED: Step = (
    "agent",
    "complete-callback",
    {"satisfaction": "satisfied", "solved": True},
)
DISSATISFIED: Step = (
    "agent",
    "complete-callback",
    {"satisfaction": "dissatisfied", "solved": False},
)
BEFORE_IN: dict[tuple[str, str], tuple[Step, ...]] = {
    ("callback", "close"): (CALLED, SATISFIED),
    ("callback", "reopen"): (CALLED, DISSATISFIED),
}


# What a profile calls something else than the examples do, which speak State Grid's words.
WORDS: dict[str, dict[str, str]] = {
    "hotline-12345": {
        "outage_restore.repair.over_time": "utilities.power",
        "service_conduct.attitude": "housing.repair",
        "important": "urgent",
        "major": "critical",
        "waiting_outage": "other",
        "company": "unit",
        "12398": "province",
        "12345": "95598",
    },
}


class Preparing:
    """Makes cases in a state; keeps one case of each kind that others refer to.

    ``words`` puts the codes of another profile for those of the templates.
    """

    def __init__(
        self, hotline: Hotline, words: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._hotline = hotline
        self._words = words
        self.open_case = hotline.receive()
        self.closed_case = self.case("closed")

    def case(self, state: str, action: str = "", **body: Any) -> str:
        """A fresh case in a state, ready for an action; its id."""
        case_id = self._hotline.receive(**body)
        self._hotline.clock.forward(LATE.get(action, timedelta()))
        before = BEFORE_IN.get((state, action), BEFORE.get(action, ()))
        way = WAYS[state]
        steps = (*before, *way) if state in TOO_LATE else (*way, *before)
        for who, word, template in steps:
            said = {k: self.open_case if v == OTHER else v for k, v in template.items()}
            self._hotline.done(who, f"/cases/{case_id}/{word}", self.worded(said))
        return case_id

    def worded(self, template: Mapping[str, Any]) -> dict[str, Any]:
        """A body in the words of the profile."""
        return {name: self._words.get(value, value) for name, value in template.items()}
