"""One example of every message, for the AsyncAPI document: nothing in them is real.

All facts are of one invented case. A field is told by its name, so a new fact type has
its example at once; what no name is known for is told by its type.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from consumers.intake.wire import (
    CASE_TYPE,
    IntakeV1,
    Message,
    RefusedV1,
    Unfit,
    read,
    refusal,
)
from domain.case.case import CaseFact
from domain.case.number import case_number
from domain.fact import Actor, Sealed
from domain.promise.coming import Coming
from store.log import Entry

POSITION = 20_417
RECORDED = datetime(2027, 3, 2, 1, 4, 5, 120_000, tzinfo=UTC)
AT = datetime(2027, 3, 2, 1, 4, 5, tzinfo=UTC)
CASE = UUID("6f1d0f6e-3c1b-5f0a-9d59-0c6a5c0f7e21")
EARLIER = UUID("0b54b1f6-6f0e-5b39-8d6c-51b7b2a4f0d3")
CUSTOMER = UUID("a1f4a3de-7c52-4b8e-9a39-2f6a1c0d5e77")
DUE = datetime(2027, 3, 9, 1, 0, tzinfo=UTC)

SAID: dict[str, Any] = {
    "originator_id": CASE,
    "originator_version": 4,
    "occurred_at": AT,
    "actor": Actor(person="lan", role="agent", post="95598.agent-1", unit="95598"),
    "command_id": UUID("3e8f2a10-9d1b-4c47-8f0e-6b7d5a2c9e14"),
    "correlation_id": CASE,
    "causation_id": None,
    "policy": "sgcc-2022@1",
    "activity": "转派",
    "anonymous": False,
    "area": "urban",
    "at": AT,
    "attributes": {"queue": "L1"},
    "body": "12398",
    "business_type": "complaint",
    "calendar": "cn-office@2",
    "call_id": UUID("5d0a7c36-2f1e-4d0b-9b57-7e3c1a8f6204"),
    "callback_outcome": "completed",
    "case": EARLIER,
    "category": "outage_restore.repair.over_time",
    "channel": "95598",
    "climb": "accept.1",
    "clock": "accept.1",
    "customer": CUSTOMER,
    "deviation": None,
    "draw": 0.18,
    "due": DUE,
    "earlier_case": EARLIER,
    "earlier_number": case_number(EARLIER, datetime(2027, 2, 11, tzinfo=UTC)),
    "fallback": None,
    "from_business_type": "opinion",
    "from_category": "service_conduct.attitude",
    "from_due": datetime(2027, 3, 5, 1, 0, tzinfo=UTC),
    "from_level": "general",
    "from_person": "qu",
    "from_post": "bailu-east.leader",
    "from_stage": "callback",
    "from_unit": "95598",
    "holder_person": "lan",
    "holder_unit": "95598",
    "incentive": None,
    "into": EARLIER,
    "into_number": case_number(EARLIER, datetime(2027, 2, 11, tzinfo=UTC)),
    "kind": "step",
    "ladder": "overdue",
    "layers": 2,
    "level": "important",
    "line": "L1",
    "means": "phone",
    "n": 1,
    "new_due": DUE,
    "next_at": datetime(2027, 3, 9, 3, 0, tzinfo=UTC),
    "no_callback_reason": None,
    "number": case_number(CASE, AT),
    "outcome": "reached",
    "person": "qu",
    "planned_for": datetime(2027, 3, 4, 2, 0, tzinfo=UTC),
    "post": "bailu-east.leader",
    "provisional": False,
    "rate": 0.3,
    "rater": "sms",
    "reason": "other_duty",
    "referrals": ("12398 2027-0413",),
    "referred_at": AT,
    "replied_by": "qu",
    "report": "injury",
    "requested_by": "qu",
    "responsibility": "company",
    "result": "reached",
    "row": 1,
    "rule": "accept.general",
    "rung": 1,
    "secret": False,
    "satisfaction": "satisfied",
    "signal": "ping_pong",
    "since": datetime(2027, 3, 2, 0, 30, tzinfo=UTC),
    "source": "12345",
    "source_id": "2027030200118",
    "started_at": AT,
    "step": "accept",
    "to_person": "ran",
    "to_post": "bailu.leader",
    "to_unit": "bailu-east",
    "told": "qu",
    "topics": ("outage",),
    "unit": "bailu-east",
    "until": datetime(2027, 3, 8, 10, 0, tzinfo=UTC),
    "warn_at": (datetime(2027, 3, 9, 0, 30, tzinfo=UTC),),
    "was_in": EARLIER,
    "why": "all",
}
"""What a field of that name says, wherever it is."""

OTHERWISE: dict[tuple[str, str], Any] = {
    ("case.received", "originator_version"): 1,
    ("case.received", "source"): None,
    ("case.received", "source_id"): None,
    ("case.witnessed", "originator_version"): 1,
    ("case.callback_decided", "due"): True,
    ("case.clock_stopped", "outcome"): "kept",
    ("case.deadline_moved", "why"): "extended",
    ("case.reopened", "reason"): "dissatisfied",
    ("case.returned", "reason"): "wrong_area",
    ("case.withdrawn", "reason"): "solved",
}
"""Where a name says something else in one fact type."""

STAGES = {
    "case.received": "received",
    "case.dispatched": "dispatched",
    "case.reassigned": "dispatched",
    "case.returned": "returned",
    "case.return_decided": "received",
    "case.suspension_approved": "suspended",
    "case.reply_submitted": "replied",
    "case.reply_approved": "reviewed",
    "case.final_answer_given": "reviewed",
    "case.callback_decided": "reviewed",
    "case.callback_planned": "callback",
    "case.callback_attempted": "callback",
    "case.callback_completed": "callback",
    "case.callback_failed": "callback",
    "case.case_rated": "closed",
    "case.closed": "closed",
    "case.merged": "merged",
    "case.referred_out": "referred",
    "case.withdrawn": "withdrawn",
}
ENDS = frozenset({"closed", "merged", "referred"})

COMING = Coming(
    at=datetime(2027, 3, 9, 0, 30, tzinfo=UTC),
    what="warn",
    clock="accept.1",
    unit="bailu-east",
    post="bailu-east.leader",
    person="qu",
    due=DUE,
    due_clock="accept.1",
)
MASKS = {"name": "王**", "phone": "138****5678"}
BY_TYPE = {int: 1, float: 0.5, bool: True, str: "text", UUID: EARLIER, datetime: AT}


def example(kind: type[CaseFact]) -> Entry:
    """A fact of that type at its place in the log, always the same one."""
    hints = get_type_hints(kind)
    stage = STAGES.get(kind.TOPIC, "handling")
    own = {name: said for (topic, name), said in OTHERWISE.items() if topic == kind.TOPIC}
    told = SAID | own
    told |= {"stage": stage, "terminal": stage in ENDS}
    told["coming"] = None if stage in ENDS else COMING
    fields = [each.name for each in dataclasses.fields(kind)]
    said = {name: value(name, hints[name], told) for name in fields}
    return Entry(POSITION, RECORDED, kind(**said))


def value(name: str, hint: Any, told: dict[str, Any]) -> Any:
    """What a field says: as its name has it, else something of its type."""
    if name in told:
        return told[name]
    kinds = [each for each in get_args(hint) if each is not NoneType]
    if hint is Sealed or Sealed in kinds:
        return sealed(name)
    if get_origin(hint) in (tuple, list):
        return get_origin(hint)([value("", kinds[0], told)])
    inner: Any = kinds[0] if kinds else hint
    if inner in BY_TYPE:
        return BY_TYPE[inner]
    hints = get_type_hints(inner)
    return inner(**{each: value(each, hints[each], told) for each in hints})


def sealed(name: str) -> Sealed:
    """An envelope as it looks; there is no key that opens this one."""
    return Sealed(
        person=CUSTOMER,
        envelope=UUID("c2b7e9a4-5d18-4f63-8e21-93a0d4b6f715"),
        mask=MASKS.get(name, "[18]"),
        box="bm90aGluZyBpcyBpbiBoZXJl",
        commitment="bm8ga2V5IG9wZW5zIGl0",
    )


def intake_example() -> tuple[list[tuple[str, bytes]], IntakeV1]:
    """The headers and the body of a case that another system sends."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "outage-2027-0302-118",
        "ce_source": "outage",
        "ce_type": CASE_TYPE,
        "ce_time": "2027-03-02T09:04:05+08:00",
        "content-type": "application/json",
    }
    case = IntakeV1(
        business_type="complaint",
        channel="95598",
        area="urban",
        name="王小明",
        phone="13812345678",
        address="白鹭县望湖路 12 号",
        content="昨晚八点停电, 报修后三小时无人到场。",
        wish="尽快复电, 并说明原因。",
        source_id="GZ-20270302-118",
    )
    return [(name, said.encode()) for name, said in headers.items()], case


def refused_example() -> RefusedV1:
    """What the sender hears when it leaves the time away."""
    headers, _ = intake_example()
    timeless = [(name, said) for name, said in headers if name != "ce_time"]
    message = Message(
        3, 1_207, timeless, b'{"business_type":"complaint","channel":"95598"}'
    )
    try:
        read(message)
    except Unfit as wrong:
        return refusal(message, wrong.code, wrong.zh, wrong.en, wrong.field)
    raise AssertionError("a message without its time is refused")
