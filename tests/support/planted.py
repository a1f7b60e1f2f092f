"""A made-up log of a few thousand facts in which there is something to be noticed.

Four weeks of ordinary cases; on the last day a surge, customers who call again and again,
two units that pass cases back and forth, units whose cases lie, and one of them silent.
Some facts are recorded long after they happened.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from api.policies import publish, shipped
from domain.case.accept import CaseAccepted
from domain.case.case import CaseFact
from domain.case.classify import CaseClassified
from domain.case.comment import CommentAdded
from domain.case.dispatch import CaseDispatched
from domain.case.reassign import CaseReassigned
from domain.case.receive import CaseReceived
from domain.desk import Desk
from domain.fact import TIMEKEEPER, Actor, Fact
from domain.promise.climb import SignalRaised
from tests.support.offices import SYSTEM, timeless
from tests.support.organisation import SINCE, founding
from tests.support.scenario import AGENT, DISPATCHER, MONDAY, text

SPACE = UUID(int=0x95598_0005)
UNITS = ("bailu", "bailu-east", "xishi", "xishi-town", "liuying-town")
CATEGORIES = ("supply.voltage", "meter.wrong", None)
OFTEN, LATE = uuid5(SPACE, "often"), uuid5(SPACE, "late")
TODAY = MONDAY + timedelta(days=28)
# Smaller than those shipped, so that a few thousand facts are enough for each.
ALERTS = {
    "surge": {"times": 6, "factor": 2, "quiet": "2 h"},
    "topic_surge": {"times": 8, "factor": 2, "quiet": "2 h"},
    "repeat_caller": {"times": 4},
    "ping_pong": {"times": 3},
    "stall": {"times": 4},
    "silence": {"times": 3},
}


def rules(version: int = 1, **changes: dict[str, Any]) -> dict[str, Any]:
    """The shipped rules without those of time, with the alerts above, or these changes."""
    document = deepcopy(timeless(shipped()["sgcc-2022"]))
    document["profile"]["version"] = version
    for code, change in (ALERTS | changes).items():
        document["alerts"][code] |= change
    return document


def found(desk: Desk, *documents: dict[str, Any]) -> None:
    """Publish these rules, and open the units."""
    for document in documents or (rules(),):
        publish(desk, document, SINCE, SYSTEM)
    for each in founding():
        desk.handle(each)


@dataclass
class Planting:
    """Facts of many cases with the moment each happened and was recorded."""

    dice: random.Random
    cases: int = 0
    told: list[tuple[datetime, int, datetime, Actor, CaseFact]] = field(
        default_factory=list
    )

    def case(self, at: datetime, unit: str, **said: Any) -> int:
        """One more case, received and a few minutes later dispatched to the unit."""
        self.cases += 1
        number, category = self.cases, said.pop("category", None)
        self.tell(
            number,
            at,
            AGENT,
            CaseReceived(
                number=f"N{number}",
                business_type="complaint",
                channel="95598",
                holder_unit="95598",
                holder_person="dan",
                stage="received",
                **said,
            ),
        )
        if category is not None:
            classified = CaseClassified(category=category, stage="received")
            self.tell(number, at, AGENT, classified)
        sent = CaseDispatched(from_unit="95598", to_unit=unit, stage="dispatched")
        self.tell(number, at + self.minutes(1, 9), DISPATCHER, sent)
        return number

    def tell(
        self, number: int, at: datetime, actor: Actor, fact: CaseFact, late: float = 0
    ) -> None:
        """It happened ``at`` that time, and was recorded so many minutes later."""
        recorded = at + timedelta(minutes=late)
        self.told.append((recorded, number, at, actor, fact))

    def minutes(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=self.dice.uniform(least, most))

    def stall(self, number: int, at: datetime, late: float = 0) -> None:
        stalled = SignalRaised(
            signal="stall", times=1, climb=f"stall:{at}", since=at, stage="dispatched"
        )
        self.tell(number, at, TIMEKEEPER, stalled, late)

    def act(self, number: int, at: datetime, unit: str, late: float = 0) -> None:
        actor = Actor(person=f"somebody of {unit}", role="handler", unit=unit)
        added = CommentAdded(times=1, text=text("x"), stage="dispatched")
        self.tell(number, at, actor, added, late)

    def facts(self) -> list[Fact]:
        """In the order in which they were recorded; each case in its own order."""
        versions: dict[int, int] = {}
        stamped: list[Fact] = []
        for _, number, at, actor, fact in sorted(self.told, key=lambda told: told[:2]):
            versions[number] = versions.get(number, 0) + 1
            stamped.append(
                fact.stamped(
                    originator_id=uuid5(SPACE, str(number)),
                    originator_version=versions[number],
                    occurred_at=at,
                    actor=actor,
                    command_id=uuid5(SPACE, f"{number}/{versions[number]}"),
                    policy="sgcc-2022@1",
                )
            )
        return stamped


def planted(ordinary: int = 500, seed: int = 7) -> list[Fact]:
    """The whole log: so many ordinary cases, and all that is to be noticed."""
    plot = Planting(random.Random(seed))  # noqa: S311 - the same every time
    for at in moments(plot, ordinary):
        number = plot.case(
            at,
            plot.dice.choice(UNITS),
            category=plot.dice.choice(CATEGORIES),
            customer=uuid5(SPACE, f"customer {plot.dice.randrange(ordinary * 40)}"),
            topics=tuple(plot.dice.sample(("outage", "voltage", "bill"), k=1)),
        )
        accepted = CaseAccepted(unit="bailu", person="lan", stage="handling")
        if plot.dice.random() < 0.3:
            actor = Actor(person="lan", role="leader", unit="bailu")
            plot.tell(number, at + plot.minutes(10, 300), actor, accepted)
    surges(plot)
    callers(plot)
    passed_back_and_forth(plot)
    lying(plot)
    return plot.facts()


def moments(plot: Planting, n: int) -> Iterator[datetime]:
    """Spread over four weeks and the day after."""
    for _ in range(n):
        yield MONDAY + plot.minutes(0, 29 * 24 * 60)


def surges(plot: Planting) -> None:
    """Two in one place, three hours apart, and one that is usual at its hour there."""
    for start in (0, 180):
        for n in range(14):
            at = TODAY + timedelta(minutes=start + 3 * n)
            plot.case(at, "bailu", category="supply.voltage", topics=("outage",))
    for week in range(5):
        for n in range(8):
            at = TODAY + timedelta(days=-7 * week, minutes=300 + 4 * n)
            plot.case(at, "xishi", category="meter.wrong")


def callers(plot: Planting) -> None:
    """One calls six times in a fortnight; another four times, the second recorded last."""
    for n in range(6):
        plot.case(TODAY - timedelta(days=2 * n), "xishi-town", customer=OFTEN)
    for days in (12, 9, 6):
        plot.case(TODAY - timedelta(days=days), "xishi-town", customer=LATE)
    plot.cases += 1
    told = CaseReceived(
        number=f"N{plot.cases}",
        business_type="complaint",
        channel="95598",
        holder_unit="95598",
        holder_person="dan",
        stage="received",
        customer=LATE,
    )
    plot.tell(plot.cases, TODAY - timedelta(days=10), AGENT, told, late=8 * 24 * 60)


def passed_back_and_forth(plot: Planting) -> None:
    """Five cases between two units, each sent back once or twice."""
    for n in range(5):
        at = TODAY + timedelta(hours=2, minutes=20 * n)
        number = plot.case(at, "bailu")
        for turn, unit in enumerate(("xishi", "bailu", "xishi")[: 2 + n % 2], start=1):
            sent = CaseReassigned(
                from_unit="?", to_unit=unit, reason="wrong_area", stage="dispatched"
            )
            plot.tell(number, at + timedelta(minutes=20 * turn), DISPATCHER, sent)


def lying(plot: Planting) -> None:
    """Cases of two units stall; in one of them somebody acts on another case meanwhile, in
    the other nobody of whom it is known in time. Some stalls are recorded late."""
    for unit in ("liuying-town", "bailu-east"):
        numbers = [plot.case(TODAY + timedelta(minutes=n), unit) for n in range(9)]
        for n, number in enumerate(numbers):
            at = TODAY + timedelta(hours=4, minutes=30 * n)
            plot.stall(number, at, late=200 if n % 4 == 1 else 0)
            if unit == "bailu-east" and n % 2:
                plot.act(numbers[0], at + timedelta(minutes=5), unit)
        if unit == "liuying-town":
            at = TODAY + timedelta(hours=5, minutes=20)
            plot.act(plot.case(at, "bailu"), at + timedelta(minutes=10), unit, late=400)
