"""Invented cases and calls by a seed: facts as a desk might have written them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

from domain.call.abandon import CallAbandoned
from domain.call.answer import CallAnswered
from domain.call.end import CallEnded
from domain.call.offer import CallOffered
from domain.call.rate import CallRated
from domain.case.callback import CallbackAttempted, CallbackCompleted, CallbackPlanned
from domain.case.callback_choice import CallbackDecided
from domain.case.case import CaseFact
from domain.case.close import CaseClosed
from domain.case.contact import CustomerContacted
from domain.case.dispatch import CaseDispatched
from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.case.final_answer import FinalAnswerGiven
from domain.case.level import LevelAssessed
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.merge import CaseMerged
from domain.case.rating import CaseRated
from domain.case.reassign import CaseReassigned
from domain.case.receive import CaseReceived
from domain.case.reopen import CaseReopened
from domain.case.reply import ReplySubmitted
from domain.case.returning import CaseReturned, ReturnDecided
from domain.case.review import ReplyApproved, ReplyRejected
from domain.fact import Actor, Fact
from domain.promise.clock import (
    BreachExplained,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
)
from tests.support.scenario import CASE_ID, OTHER_ID, text

BEGIN = datetime(2026, 1, 20, tzinfo=UTC)
DAYS = 70
TYPES = ("complaint", "complaint", "complaint", "enquiry", "opinion", "fault_repair")
UNITS = ("bailu", "bailu-east", "xishi-town")
STEPS = {"dispatch": 0.4, "contact": 20.0, "answer": 90.0, "promise_answer": 110.0}
STEPS_OF_ALL = ("dispatch", "answer")
SCALE = ("very_satisfied", "satisfied", "neutral", "dissatisfied", "very_dissatisfied")
STAFF = Actor(person="ran", role="handler", unit="bailu-east")


class Journey:
    """One case being told, an hour here and an hour there."""

    def __init__(self, dice: Random, number: int, latest: datetime) -> None:
        self.dice, self.latest = dice, latest
        self.id = uuid5(CASE_ID, f"kpi {number}")
        self.now = BEGIN + timedelta(days=dice.uniform(0, DAYS))
        self.told: list[CaseFact] = []
        self.stage, self.unit, self.round = "received", "95598", 1
        self.running: dict[str, datetime] = {}

    def chance(self, of: float) -> bool:
        return self.dice.random() < of

    def say(self, fact: CaseFact, stage: str | None = None, hours: float = 0.0) -> None:
        """The fact some hours later; what falls due by then is told before it."""
        self.now += timedelta(hours=self.dice.uniform(0, 2 * hours))
        for step, due in sorted(self.running.items(), key=lambda clock: clock[1]):
            if due < self.now and not self.breached(step):
                self.put(
                    DeadlineBreached(
                        clock=f"{step}.{self.round}", step=step, kind="step", due=due
                    ),
                    due,
                )
        self.stage = stage or self.stage
        self.put(fact, self.now)

    def put(self, fact: CaseFact, at: datetime) -> None:
        terminal = self.stage in {"closed", "merged"}
        self.told.append(
            fact.stamped(
                originator_id=self.id,
                originator_version=len(self.told) + 1,
                occurred_at=at,
                stage=self.stage,
                terminal=terminal,
                actor=STAFF,
                policy="sgcc-2022@1",
                command_id=uuid5(self.id, f"{at} {type(fact).__name__}"),
            )
        )

    def breached(self, step: str) -> bool:
        clock = f"{step}.{self.round}"
        return any(isinstance(f, DeadlineBreached) and f.clock == clock for f in self.told)

    def start(self, steps: Iterable[str]) -> None:
        for step in steps:
            due = self.now + timedelta(hours=STEPS[step] * self.dice.uniform(0.5, 1.5))
            self.running[step] = due
            self.put(
                ClockStarted(
                    clock=f"{step}.{self.round}",
                    step=step,
                    kind="step",
                    rule=step,
                    started_at=self.now,
                    due=due,
                ),
                self.now,
            )

    def stop(self, *steps: str, dropped: bool = False) -> None:
        for step in steps:
            due = self.running.pop(step, None)
            if due is None:
                continue
            outcome = "kept" if self.now <= due else "late"
            self.put(
                ClockStopped(
                    clock=f"{step}.{self.round}",
                    step=step,
                    kind="step",
                    outcome="dropped" if dropped else outcome,
                    due=due,
                ),
                self.now,
            )
            if outcome == "late" and self.chance(0.3):
                self.put(
                    BreachExplained(clock=f"{step}.{self.round}", reason="weather"),
                    self.now,
                )

    # The way of a case -------------------------------------------------------------------

    def tell(self) -> list[CaseFact]:
        kind = self.dice.choice(TYPES)
        self.say(
            CaseReceived(
                number=f"n{self.id.hex[:6]}",
                business_type=kind,
                channel=self.dice.choice(("95598", "app")),
                holder_unit="95598",
                holder_person="dan",
                secret=self.chance(0.1),
                anonymous=self.chance(0.05),
            )
        )
        if self.chance(0.5):
            self.say(LevelAssessed(level=self.dice.choice(("general", "major"))))
        if self.chance(0.15):
            earlier = CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number="n", times=2)
            self.say(earlier)
        self.start(STEPS if kind == "complaint" else STEPS_OF_ALL)
        if self.chance(0.05):
            self.say(CaseMerged(into=OTHER_ID, into_number="n"), "merged", 1)
            self.stop(*STEPS, dropped=True)
        elif kind == "enquiry" and self.chance(0.6):
            self.on_the_call()
        else:
            self.handling()
        return [fact for fact in self.told if fact.occurred_at < self.latest]

    def on_the_call(self) -> None:
        answer = FinalAnswerGiven(answer=text("so"), means="phone", on_receipt=True)
        self.say(answer, "reviewed", 0.1)
        self.stop("dispatch", "answer")
        self.say(CallbackDecided(due=False, why="not_drawn"))
        self.say(
            CaseClosed(callback_outcome=None, no_callback_reason="not_sampled"), "closed", 1
        )

    def handling(self) -> None:
        self.dispatch(self.dice.choice(UNITS))
        while self.chance(0.25):
            self.returning()
        while self.chance(0.3):
            self.move(self.dice.choice([unit for unit in UNITS if unit != self.unit]))
        for _ in range(self.dice.randrange(3)):
            self.contact()
        if self.chance(0.2):
            self.escalate()
        if self.chance(0.9):
            self.replying()

    def dispatch(self, unit: str) -> None:
        self.say(CaseDispatched(from_unit=self.unit, to_unit=unit), "dispatched", 0.4)
        self.unit = unit
        self.stop("dispatch")

    def returning(self) -> None:
        self.say(CaseReturned(from_unit=self.unit, reason="wrong_area"), "returned", 2)
        approved = self.chance(0.6)
        to_unit = "95598" if approved else self.unit
        decided = ReturnDecided(approved=approved, from_unit=self.unit, to_unit=to_unit)
        self.say(decided, "received" if approved else "dispatched", 2)
        self.unit = to_unit
        if approved:
            self.dispatch(self.dice.choice(UNITS))

    def move(self, unit: str) -> None:
        moved = CaseReassigned(
            from_unit=self.unit,
            to_unit=unit,
            reason="no_progress",
            layers=self.dice.randrange(4),
        )
        self.say(moved, "dispatched", 5)
        self.unit = unit

    def contact(self) -> None:
        reached = self.chance(0.6)
        fact = CustomerContacted(means="phone", outcome="reached", reached=reached)
        self.say(fact, "handling", 12)
        if reached:
            self.stop("contact")

    def escalate(self) -> None:
        for rung in range(1, self.dice.randrange(2, 5)):
            told: dict[str, Any] = {
                "rung": rung,
                "unit": self.unit,
                "told": f"leader {rung}",
            }
            self.say(
                CaseEscalated(
                    **told, from_post=None, to_post="p", reason="no_answer", rule="by_hand"
                ),
                hours=3,
            )
            if self.chance(0.6):
                self.say(EscalationAnswered(**told, post="p", person="anybody"), hours=3)

    def replying(self) -> None:
        for last in (False, True):
            self.say(
                ReplySubmitted(
                    unit=self.unit,
                    person="ran",
                    cause=text("c"),
                    measures=text("m"),
                    answer=text("a"),
                    responsibility="company",
                ),
                "replied",
                40,
            )
            self.stop("answer")
            if last or self.chance(0.7):
                break
            self.say(ReplyRejected(replied_by="ran", reason="no_cause"), "handling", 5)
        if self.chance(0.9):
            self.say(ReplyApproved(replied_by="ran"), "reviewed", 5)
            self.answering()

    def answering(self) -> None:
        answer = FinalAnswerGiven(answer=text("so"), means="phone", on_receipt=False)
        self.say(answer, hours=5)
        self.stop("contact", "promise_answer")
        due = self.chance(0.8)
        self.say(CallbackDecided(due=due, why="all" if due else "none"))
        if due and self.chance(0.9):
            self.calling_back()
        if self.chance(0.3):
            self.rating()
        if self.chance(0.9):
            self.say(
                CaseClosed(callback_outcome=None, no_callback_reason="x"), "closed", 10
            )
            if self.round == 1 and self.chance(0.2):
                self.again()

    def calling_back(self) -> None:
        self.say(
            CallbackPlanned(planned_for=self.now, from_unit=self.unit, to_unit="95598"),
            "callback",
            10,
        )
        for attempt in range(1, self.dice.randrange(2, 5)):
            reached = self.chance(0.5)
            result = "reached" if reached else "no_answer"
            self.say(
                CallbackAttempted(attempt=attempt, result=result, reached=reached), hours=3
            )
            if reached:
                if self.chance(0.9):
                    said = self.dice.choice(SCALE)
                    self.say(
                        CallbackCompleted(
                            attempts=attempt, satisfaction=said, solved=self.chance(0.7)
                        )
                    )
                return

    def rating(self) -> None:
        for nth in range(1, self.dice.randrange(2, 4)):
            incentive = "coupon" if self.chance(0.4) else None
            self.say(
                CaseRated(
                    rater="customer",
                    satisfaction=self.dice.choice(SCALE),
                    incentive=incentive,
                    counts=nth == 1 and incentive is None,
                    nth=nth,
                ),
                hours=5,
            )

    def again(self) -> None:
        """A second round, with clocks of its own."""
        self.round = 2
        self.running.clear()
        reopened = CaseReopened(
            from_stage="closed", to_unit="95598", rehandling=False, reason="unsolved"
        )
        self.say(reopened, "received", 60)
        self.unit = "95598"
        self.start(("dispatch", "answer"))
        self.handling()


def calls(dice: Random, n: int, latest: datetime) -> Iterator[Fact]:
    for number in range(n):
        stream = uuid5(CASE_ID, f"kpi call {number}")
        at = BEGIN + timedelta(days=dice.uniform(0, DAYS))
        told: list[tuple[datetime, Fact]] = [
            (at, CallOffered(channel="95598", line="1", unit="95598"))
        ]
        at += timedelta(seconds=dice.choice((0, 3, 5, 5.5, 12, 20, 20.5, 40)))
        if dice.random() < 0.8:
            told.append((at, CallAnswered(agent="dan", unit="95598")))
            at += timedelta(seconds=dice.uniform(5, 900))
            if dice.random() < 0.95:
                told.append((at, CallEnded()))
                if dice.random() < 0.3:
                    said = dice.choice(SCALE)
                    rated = CallRated(satisfaction=said, agent="dan", unit="95598")
                    told.append((at, rated))
        elif dice.random() < 0.9:
            told.append((at, CallAbandoned()))
        for version, (moment, fact) in enumerate(told, start=1):
            if moment < latest:
                yield fact.stamped(
                    originator_id=stream, originator_version=version, occurred_at=moment
                )


def journeys(seed: int, cases: int, latest: datetime) -> list[Fact]:
    """So many cases and as many calls, everything that had happened before ``latest``, in
    the order of happening."""
    dice = Random(seed)  # noqa: S311 - invented cases, no secrets
    told: list[Fact] = []
    for number in range(cases):
        told += Journey(dice, number, latest).tell()
    told += calls(dice, cases, latest)
    return sorted(told, key=lambda fact: fact.occurred_at)


def by_stream(facts: Iterable[Fact]) -> dict[UUID, list[Fact]]:
    """The facts of each case or call, in their order."""
    found: dict[UUID, list[Fact]] = {}
    for fact in facts:
        found.setdefault(fact.originator_id, []).append(fact)
    return found
