"""Every shipped figure once more, from the facts alone and with other code: the oracle."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any

from domain.fact import Fact
from tests.projections.kpi_journeys import by_stream

# Numerator and denominator; or the values themselves, of which a mean is wanted.
Answer = tuple[float | None, float | None, float | None]

GOOD = {"very_satisfied", "satisfied"}
NOBODYS_ACT = {
    *("clock_started", "clock_stopped", "deadline_breached", "deadline_warned"),
    *("deadline_moved", "escalated", "escalation_answered", "signal_raised"),
    *("owner_forced", "supervision_ordered", "supervision_closed", "callback_decided"),
    *("case_rated", "customer_urged", "comment_added", "withdrawn", "referral_received"),
    *("customer_identified", "linked_as_repeat", "absorbed", "released"),
}
STOPPED, RESUMED = "case.clock_stopped", "case.clock_resumed"
HOME = {"case.callback_planned", "case.reopened", "case.unmerged"}
AWAY = {
    *("case.dispatched", "case.reassigned", "case.return_decided"),
    "case.handover_accepted",
}


class Told:
    """One case, gone through fact by fact."""

    def __init__(self, facts: list[Any]) -> None:
        self.facts = facts
        self.first: Any = facts[0]
        self.rounds: list[list[Any]] = [[]]
        for fact in facts:
            if fact.TOPIC == "case.reopened":
                self.rounds.append([])
            self.rounds[-1].append(fact)

    def all(self, name: str) -> list[Any]:
        return [fact for fact in self.facts if f"case.{name}" == fact.TOPIC]

    @property
    def complaint(self) -> bool:
        return bool(self.first.business_type == "complaint")

    @property
    def merged(self) -> bool:
        return len(self.all("merged")) > len(self.all("unmerged"))

    @property
    def closed_at(self) -> datetime | None:
        found = last(self.rounds[-1], "closed")
        return found.occurred_at if found else None

    @property
    def on_receipt(self) -> bool:
        return any(fact.on_receipt for fact in self.all("final_answer_given")[-1:])

    def hours_to_close(self) -> float:
        assert self.closed_at is not None
        return float((self.closed_at - self.first.occurred_at).total_seconds() / 3600)

    def way(self) -> list[tuple[Any, bool]]:
        """The facts that were hops, and whether each went straight back."""
        found = []
        path = [self.first.holder_unit]
        for fact in self.facts:
            if fact.TOPIC in HOME:
                path = [fact.to_unit]
            elif fact.TOPIC in AWAY and fact.to_unit != path[-1]:
                found.append((fact, len(path) > 1 and path[-2] == fact.to_unit))
                path.append(fact.to_unit)
        return found

    def idle(self) -> float:
        """The longest time between two acts while the case was open, in hours."""
        longest, acted, is_open = 0.0, self.first.occurred_at, True
        for fact in self.facts:
            by_time = fact.actor.person == "timekeeper"
            if not by_time and fact.TOPIC.removeprefix("case.") not in NOBODYS_ACT:
                if is_open:
                    gap = (fact.occurred_at - acted).total_seconds() / 3600
                    longest = max(longest, gap)
                acted = fact.occurred_at
            is_open = not fact.terminal
        return longest


def first(facts: Iterable[Any], name: str) -> Any:
    return next((fact for fact in facts if f"case.{name}" == fact.TOPIC), None)


def last(facts: list[Any], name: str) -> Any:
    return first(reversed(facts), name)


def part(of: Iterable[bool]) -> Answer:
    """The share of a base: one truth for each thing in it."""
    truths = list(of)
    n, d = sum(truths), len(truths)
    return (n, d, n / d if d else None)


def mean(values: Iterable[float]) -> Answer:
    found = list(values)
    if not found:
        return (None, 0, None)
    return (sum(found), len(found), sum(found) / len(found))


def ranked(values: Iterable[float], stat: str) -> Answer:
    found = sorted(values)
    n = len(found)
    if not n:
        return (None, 0, None)
    middle = (found[(n - 1) // 2] + found[n // 2]) / 2
    value = middle if stat == "median" else found[ceil(0.9 * n - 1e-9) - 1]
    return (sum(found), n, value)


def number(n: int) -> Answer:
    return (n, None, n)


class Oracle:
    """What every figure ought to be, of what happened in ``since`` ≤ t < ``until``."""

    def __init__(
        self, facts: Iterable[Fact], since: datetime, until: datetime, at: datetime
    ) -> None:
        streams = by_stream(facts).values()
        self.cases = [Told(each) for each in streams if each[0].TOPIC == "case.received"]
        self.calls = [each for each in streams if each[0].TOPIC == "call.offered"]
        self.since, self.until, self.at = since, until, at

    def in_time(self, moment: datetime | None) -> bool:
        return moment is not None and self.since <= moment < self.until

    def answers(self) -> dict[str, Answer]:
        return (
            self.amounts()
            | self.clocks()
            | self.dispatching()
            | self.callbacks()
            | self.ratings()
            | self.ways()
            | self.telephone()
        )

    def amounts(self) -> dict[str, Answer]:
        new = [c for c in self.cases if self.in_time(c.first.occurred_at) and not c.merged]
        complaints = [case for case in new if case.complaint]
        return {
            "received": number(len(new)),
            "complaints": number(len(complaints)),
            "closed": number(sum(self.in_time(case.closed_at) for case in self.cases)),
            "first_call": part(c.on_receipt and len(c.rounds) == 1 for c in new),
            "repeated": part(bool(case.all("linked_as_repeat")) for case in complaints),
            "reopened": part(len(case.rounds) > 1 for case in new),
        }

    # Clocks ------------------------------------------------------------------------------

    def runs(self, step: str) -> Iterable[tuple[Told, datetime, Any]]:
        """Case, due time and end (None: it runs) of every run of a step's clock."""
        for case in self.cases:
            for begun in case.all("clock_started"):
                if begun.step == step:
                    same = [f for f in case.facts if getattr(f, "clock", "") == begun.clock]
                    moved = last(same, "deadline_moved")
                    turns = [f for f in same if f.TOPIC in {STOPPED, RESUMED}]
                    runs = not turns or turns[-1].TOPIC == RESUMED
                    yield case, (moved or begun).due, None if runs else turns[-1]

    def due(self, step: str) -> list[tuple[Told, bool]]:
        """Each run that fell due, and whether it was kept; none that nobody waited for."""
        return [
            (case, end is not None and end.outcome == "kept")
            for case, due, end in self.runs(step)
            if self.in_time(due)
            and due < self.at
            and (end is None or end.outcome != "dropped")
        ]

    def ended(self, step: str) -> list[tuple[Told, bool]]:
        return [
            (case, end.outcome == "kept")
            for case, _, end in self.runs(step)
            if end and self.in_time(end.occurred_at) and end.outcome != "dropped"
        ]

    def silent(self, case: Told) -> int:
        """Breaches that nobody explained, of deadlines that were not put off afterwards."""
        excused = {fact.clock for fact in case.all("breach_explained")}
        put_off = [m for m in case.all("deadline_moved") if m.due > m.occurred_at]
        return sum(
            self.in_time(breach.due)
            and breach.clock not in excused
            and not any(
                m.clock == breach.clock and m.originator_version > breach.originator_version
                for m in put_off
            )
            for breach in case.all("deadline_breached")
        )

    def clocks(self) -> dict[str, Answer]:
        open_ = [
            kept
            for case, kept in self.due("contact")
            if not case.first.secret and case.complaint
        ]
        return {
            "complaint_in_time": part(
                kept for case, kept in self.due("promise_answer") if case.complaint
            ),
            "handled_on_time": part(kept for _, kept in self.ended("answer")),
            "overdue": part(not kept for _, kept in self.due("answer")),
            "unexplained_breaches": number(sum(map(self.silent, self.cases))),
            "dispatched_in_time": part(
                kept for case, kept in self.ended("dispatch") if not case.on_receipt
            ),
            "contacted_in_time": part(open_),
        }

    # Dispatches, replies, callbacks ------------------------------------------------------

    def dispatching(self) -> dict[str, Answer]:
        returned, taken_back = [], []
        for case in self.cases:
            sent = [n for n, f in enumerate(case.facts) if f.TOPIC == "case.dispatched"]
            for begin, end in pairwise([*sent, len(case.facts)]):
                if self.in_time(case.facts[begin].occurred_at):
                    after: list[Any] = case.facts[begin:end]
                    asked, decided = (
                        [f for f in after if f"case.{name}" == f.TOPIC]
                        for name in ("returned", "return_decided")
                    )
                    returned.append(bool(asked))
                    taken_back.append(any(fact.approved for fact in decided))
        return {
            "returned": part(returned),
            "dispatched_right": part(not back for back in taken_back),
        }

    def wanted(self, facts: list[Any]) -> Any:
        """What made a callback due: the last decision, or else the first plan after it."""
        decided = last(facts, "callback_decided")
        if decided and decided.due:
            return decided
        since = decided.originator_version if decided else 0
        return first((f for f in facts if f.originator_version > since), "callback_planned")

    def callbacks(self) -> dict[str, Answer]:
        rounds = [(case, facts) for case in self.cases for facts in case.rounds]
        passed, called, reached, satisfied, solved, responded = [], [], [], [], [], []
        for case, facts in rounds:
            said = last(facts, "callback_completed")
            tried = first(facts, "callback_attempted") or said
            spoke = next((f for f in facts if getattr(f, "attempt", 0) and f.reached), said)
            judged = [
                f for f in facts if "reply_approved" in f.TOPIC or "rejected" in f.TOPIC
            ]
            wanted = self.wanted(facts)
            sent = first(facts, "dispatched")
            if judged and self.in_time(judged[0].occurred_at):
                passed.append("approved" in judged[0].TOPIC)
            if wanted and self.in_time(wanted.occurred_at):
                called.append(tried is not None)
            if tried and self.in_time(tried.occurred_at):
                reached.append(spoke is not None)
            if spoke and self.in_time(spoke.occurred_at):
                satisfied.append(said is not None and said.satisfaction in GOOD)
                solved.append(said is not None and said.solved)
            nameless = case.first.secret or case.first.anonymous
            if sent and self.in_time(sent.occurred_at) and not nameless:
                contacts = [f for f in facts if f.TOPIC == "case.customer_contacted"]
                responded.append(any(fact.reached for fact in contacts))
        found = {
            "passed_first": part(passed),
            "called_back": part(called),
            "callback_reached": part(reached),
            "callback_satisfied": part(satisfied),
            "solved": part(solved),
            "responded": part(responded),
        }
        three = [found[c][2] for c in ("responded", "solved", "callback_satisfied")]
        one, two, last_one = three
        points = None
        if one is not None and two is not None and last_one is not None:
            points = 10 * one + 45 * two + 45 * last_one
        return found | {"three_rates": (None, None, points)}

    def ratings(self) -> dict[str, Answer]:
        said = [
            fact
            for case in self.cases
            for fact in case.all("case_rated")
            if self.in_time(fact.occurred_at)
        ]
        return {
            "ratings_satisfied": part(f.satisfaction in GOOD for f in said if f.counts),
            "ratings_rewarded": part(f.satisfaction in GOOD for f in said if f.incentive),
        }

    # How cases went, and calls -----------------------------------------------------------

    def ways(self) -> dict[str, Answer]:
        done = [case for case in self.cases if self.in_time(case.closed_at)]
        spans = [case.hours_to_close() for case in done]
        idle = [case.idle() for case in done]
        told = [
            any(
                answer.told == fact.told and answer.occurred_at >= fact.occurred_at
                for answer in facts
                if answer.TOPIC == "case.escalation_answered"
            )
            for case in self.cases
            for facts in case.rounds
            for fact in facts
            if fact.TOPIC == "case.escalated" and self.in_time(fact.occurred_at)
        ]
        return {
            "handling_mean": mean(spans),
            "handling_median": ranked(spans, "median"),
            "handling_p90": ranked(spans, "p90"),
            "hand_offs": mean(len(case.way()) for case in done),
            "ping_pong": part(any(back for _, back in case.way()) for case in done),
            "layers": mean(
                hop.layers
                for case in self.cases
                for hop, _ in case.way()
                if self.in_time(hop.occurred_at) and hop.layers is not None
            ),
            "idle_mean": mean(idle),
            "idle_p90": ranked(idle, "p90"),
            "escalations_answered": part(told),
        }

    def telephone(self) -> dict[str, Answer]:
        offered, level, talked = [], [], []
        for call in self.calls:
            taken = next((f for f in call if f.TOPIC == "call.answered"), None)
            lost = next((f for f in call if f.TOPIC == "call.abandoned"), None)
            over = next((f for f in call if f.TOPIC == "call.ended"), None)
            begin = call[0].occurred_at
            if self.in_time(begin):
                offered.append((taken is not None, lost is not None))
                if taken:
                    level.append((taken.occurred_at - begin).total_seconds() <= 20)
                elif lost and (lost.occurred_at - begin).total_seconds() >= 5:
                    level.append(False)
            if over and taken and self.in_time(over.occurred_at):
                talked.append((over.occurred_at - taken.occurred_at).total_seconds())
        return {
            "calls_answered": part(taken for taken, _ in offered),
            "calls_abandoned": part(lost for _, lost in offered),
            "service_level": part(level),
            "handling_of_calls": mean(talked),
        }
