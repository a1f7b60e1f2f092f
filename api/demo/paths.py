"""What a story of the sample day is, and the ways it can go: each step a real command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Later:
    """A moment so many working days, and then minutes, after the step that names it."""

    minutes: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class CaseOf:
    """Another story's case."""

    story: str


@dataclass(frozen=True, slots=True)
class Step:
    """So many minutes after the step before, somebody (``ROLE`` or ``ROLE:UNIT``) acts;
    ``days``: so many working days later first."""

    after: int
    who: str
    action: str
    body: dict[str, Any] = field(default_factory=dict)
    days: int = 0


Path = list[Step]


@dataclass(frozen=True, slots=True)
class Story:
    """One case: when and from whom it came (``customer`` counts into CUSTOMERS), what was
    said, and the way it went. ``days_ago`` counts working days back from the sample day."""

    key: str
    at: str
    customer: int
    business_type: str
    category: str | None
    area: str
    text: str
    path: Path
    days_ago: int = 0
    channel: str = "95598"
    secret: bool = False
    anonymous: bool = False


def sent(unit: str, level: str = "general", *, after: int = 9) -> Path:
    """Level set, and on its way to a unit."""
    return [
        Step(2, "agent", "assess-level", {"level": level}),
        Step(after, "dispatcher", "dispatch", {"unit": unit}),
    ]


def rushed(unit: str, level: str = "general", *, arrives: int = 28) -> Path:
    """As a fault goes: dispatched and accepted within minutes, then somebody is there."""
    return [
        Step(0, "agent", "assess-level", {"level": level}),
        Step(1, "dispatcher", "dispatch", {"unit": unit}),
        Step(2, f"handler:{unit}", "accept"),
        met(unit, "已到达现场。", after=arrives),
    ]


def taken(unit: str, *, after: int = 18, contact: int = 35) -> Path:
    """Accepted by the unit, and the customer called."""
    return [
        Step(after, f"handler:{unit}", "accept"),
        called(unit, "已与客户联系, 说明处理安排。", after=contact),
    ]


def called(unit: str, note: str, *, after: int = 0, days: int = 0) -> Step:
    """The customer hears by phone how it stands."""
    return _contact(unit, "phone", "reached", note, after, days)


def met(unit: str, note: str, *, after: int = 0, days: int = 0) -> Step:
    """Somebody is with the customer, or where the trouble is."""
    return _contact(unit, "visit", "met", note, after, days)


def _contact(unit: str, means: str, outcome: str, note: str, after: int, days: int) -> Step:
    said = {"means": means, "outcome": outcome, "note": note}
    return Step(after, f"handler:{unit}", "contact-customer", said, days)


def replied(unit: str, cause: str, measures: str, *, after: int = 95) -> Path:
    return [
        Step(
            after,
            f"handler:{unit}",
            "reply",
            {
                "cause": cause,
                "measures": measures,
                "answer": "已向客户说明原因和处理结果, 客户表示理解。",
                "responsibility": "company",
            },
        )
    ]


def reviewed(*, after: int = 22) -> Path:
    return [
        Step(after, "reviewer", "approve-reply"),
        Step(
            6,
            "agent",
            "give-final-answer",
            {"answer": "处理结果已告知客户。", "means": "phone"},
        ),
    ]


def rejected(reason: str = "no_evidence", *, after: int = 25) -> Path:
    return [
        Step(
            after,
            "reviewer",
            "reject-reply",
            {"reason": reason, "note": "请补充现场照片。"},
        )
    ]


def called_back(
    satisfaction: str = "satisfied", *, solved: bool = True, after: int = 20
) -> Path:
    return [
        Step(after, "agent", "plan-callback", {"planned_for": Later(15)}),
        Step(16, "agent", "attempt-callback", {"result": "reached"}),
        Step(
            3,
            "agent",
            "complete-callback",
            {"satisfaction": satisfaction, "solved": solved},
        ),
    ]


def filed(*, after: int = 4) -> Path:
    return [Step(after, "agent", "close")]


def whole_loop(
    unit: str,
    cause: str,
    measures: str,
    satisfaction: str = "satisfied",
    level: str = "general",
) -> Path:
    """From dispatch to archive without a hitch."""
    return [
        *sent(unit, level),
        *taken(unit),
        *replied(unit, cause, measures),
        *reviewed(),
        *called_back(satisfaction),
        *filed(),
    ]


def supervised(order: str, *, after: int = 15) -> Path:
    """The supervision office orders the unit that holds it to see to it."""
    return [Step(after, "supervisor", "supervise", {"order": order})]


def escalated(unit: str, *above: str, after: int = 55) -> Path:
    """Up the chain, one rung after the other; each leader told answers, but the last."""
    steps: Path = []
    for n, leader in enumerate(above):
        steps.append(
            Step(
                after,
                f"handler:{unit}" if n == 0 else "supervisor",
                "escalate",
                {
                    "reason": "authority_lacking" if n == 0 else "no_answer",
                    "note": "请上级协调处理。",
                },
            )
        )
        if n < len(above) - 1:
            steps.append(
                Step(
                    40,
                    f"leader:{leader}",
                    "answer-escalation",
                    {"note": "已安排专人跟进。"},
                )
            )
    return steps
