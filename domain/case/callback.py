"""回访 Call back: ask the customer, some time after the answer, whether it is solved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import ahead, coded, independent, own_unit
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.policy.policy import Policy
from domain.refused import Refused
from domain.setting import Setting

COMPLETED, FAILED = "completed", "failed"
NOON = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCallback(Command):
    """Have the customer called back at ``planned_for`` (UTC). The caller's unit takes over
    the case: from here on the loop is the centre's to close."""

    ACTION: ClassVar[str] = "plan-callback"

    planned_for: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCallback(Command):
    """Record one attempt; ``result`` is a code of kind ``attempt``."""

    ACTION: ClassVar[str] = "attempt-callback"

    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteCallback(Command):
    """Record what the customer said: ``satisfaction`` (a step of the policy's scale, A6)
    and whether it is ``solved``."""

    ACTION: ClassVar[str] = "complete-callback"

    satisfaction: str
    solved: bool
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailCallback(Command):
    """Give up for a coded ``reason``: after all attempts, unless the code needs none."""

    ACTION: ClassVar[str] = "fail-callback"

    reason: str


class CallbackPlanned(CaseFact):
    """``to_unit`` holds the case from now on and calls at ``planned_for``."""

    TOPIC: ClassVar[str] = "case.callback_planned"

    planned_for: datetime
    from_unit: str
    to_unit: str

    def fold(self, case: Case) -> None:
        case.forget_callback()
        case.callback_planned_for = self.planned_for
        case.come_round(self.to_unit)


class CallbackAttempted(CaseFact):
    """What came of the ``attempt``-th attempt (from 1)."""

    TOPIC: ClassVar[str] = "case.callback_attempted"

    attempt: int
    result: str
    reached: bool

    def fold(self, case: Case) -> None:
        case.callback_attempts, case.callback_reached = self.attempt, self.reached
        case.callback_attempted_at.append(self.occurred_at)


class CallbackCompleted(CaseFact):
    """The customer was reached at the last of so many ``attempts``, and said this.

    ``dissatisfied``: it is to be handled again, by the policy's scale, or because it is not
    ``solved``. ``rehandle``: the policy lets it be handled again for that (A6: once).
    ``nth``: which rating of this customer it is, all rounds and means counted (from 1).
    """

    TOPIC: ClassVar[str] = "case.callback_completed"

    attempts: int
    satisfaction: str
    solved: bool
    note: Sealed | None = None
    dissatisfied: bool = False
    rehandle: bool = False
    nth: int = 1

    def fold(self, case: Case) -> None:
        case.callback_attempts, case.callback_reached = self.attempts, True
        case.callback_outcome = COMPLETED
        case.satisfaction, case.solved = self.satisfaction, self.solved
        case.ratings = self.nth


class CallbackFailed(CaseFact):
    """The customer could not be asked, after so many ``attempts``."""

    TOPIC: ClassVar[str] = "case.callback_failed"

    attempts: int
    reason: str

    def fold(self, case: Case) -> None:
        case.callback_outcome = FAILED


def plan_callback(case: Case, command: PlanCallback, setting: Setting) -> list[Fact]:
    """A callback that nobody drew may be planned all the same.

    Raises Refused: ``customer_hidden`` (secret or anonymous, A6), ``not_independent_unit``,
    ``not_ahead``, ``quiet_hours``.
    """
    if case.secret or case.anonymous:
        raise Refused("customer_hidden")
    another_unit(case, command, setting)
    planned_for = ahead(command.planned_for, command)
    outside_quiet_hours(planned_for, setting.policy)
    return [
        CallbackPlanned(
            planned_for=planned_for,
            from_unit=case.holder_unit,
            to_unit=own_unit(command, setting),
        )
    ]


def attempt_callback(case: Case, command: AttemptCallback, setting: Setting) -> list[Fact]:
    """Raises Refused: ``callback_settled``, ``not_independent``, ``not_independent_unit``,
    ``unknown_reason``, ``attempts_used``, ``attempt_too_soon``, ``same_half_day``,
    ``quiet_hours``."""
    due(case, command, setting)
    may_ring(case, command, setting)
    result = coded(case, "attempt", command.result, setting)
    return [
        CallbackAttempted(
            attempt=case.callback_attempts + 1, result=result.code, reached=result.reached
        )
    ]


def complete_callback(
    case: Case, command: CompleteCallback, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``callback_settled``, ``not_independent``, ``not_independent_unit``,
    ``unknown_satisfaction``.

    At any time: the customer may also have rung back.
    """
    due(case, command, setting)
    step = setting.policy.satisfied(command.satisfaction)
    dissatisfied = step.redo or not command.solved
    left = case.rehandlings < setting.policy.callback.rehandle_max
    return [
        CallbackCompleted(
            # An attempt that reached the customer is this one, already counted.
            attempts=case.callback_attempts + (not case.callback_reached),
            satisfaction=step.code,
            solved=command.solved,
            note=command.note,
            dissatisfied=dissatisfied,
            rehandle=dissatisfied and left,
            nth=case.ratings + 1,
        )
    ]


def fail_callback(case: Case, command: FailCallback, setting: Setting) -> list[Fact]:
    """Raises Refused: ``callback_settled``, ``not_independent``, ``not_independent_unit``,
    ``attempts_missing``."""
    due(case, command, setting)
    reason = coded(case, "callback_failed", command.reason, setting)
    made, wanted = case.callback_attempts, setting.policy.callback.attempts_max
    if made < wanted and not reason.at_once:
        raise Refused("attempts_missing", made=made, wanted=wanted)
    return [CallbackFailed(attempts=made, reason=reason.code)]


def may_ring(case: Case, command: Command, setting: Setting) -> None:
    """So many attempts, with a gap between two, not all in one half-day, and none in the
    quiet hours (A6). What was noted in a callback planned before this one counts no more.

    Raises Refused: ``attempts_used``, ``attempt_too_soon``, ``same_half_day``,
    ``quiet_hours``.
    """
    policy, rules = setting.policy, setting.policy.callback
    made = case.callback_attempted_at
    if case.callback_attempts >= rules.attempts_max:
        raise Refused("attempts_used", made=case.callback_attempts)
    if made and command.at < made[-1] + rules.gap:
        again = policy.local(made[-1] + rules.gap)
        raise Refused("attempt_too_soon", since=again.isoformat())
    if rules.spread_half_days and len(made) == rules.attempts_max - 1:
        spread(made, command.at, policy)
    outside_quiet_hours(command.at, policy)


def spread(made: list[datetime], at: datetime, policy: Policy) -> None:
    """The last attempt is in another half-day than all before it: somebody who is out in
    the morning is out the whole morning.

    Half-days are local and meet at noon. Raises Refused: ``same_half_day``.
    """
    now = policy.local(at)
    halves = {half_day(policy.local(attempt)) for attempt in made}
    if halves != {half_day(now)}:
        return
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    midnight = noon + timedelta(hours=12)
    raise Refused("same_half_day", since=(noon if now < noon else midnight).isoformat())


def half_day(local: datetime) -> tuple[int, bool]:
    """The day, and whether it is the afternoon."""
    return local.toordinal(), local.hour >= NOON


def outside_quiet_hours(at: datetime, policy: Policy) -> None:
    """Quiet hours are local time. Raises Refused: ``quiet_hours``."""
    moment = policy.local(at).time()
    for quiet in policy.callback.quiet:
        if quiet.covers(moment):
            start, end = f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}"
            raise Refused("quiet_hours", start=start, end=end)


def due(case: Case, command: Command, setting: Setting) -> None:
    """The callback is still open, and whoever makes it had no hand in the handling, nor had
    their unit."""
    if case.callback_outcome is not None:
        raise Refused("callback_settled", outcome=case.callback_outcome)
    independent(case, command, setting)
    another_unit(case, command, setting)


def another_unit(case: Case, command: Command, setting: Setting) -> None:
    """The unit that replied does not ask what the customer thinks of the reply (A6).

    The hotline's own unit may: callbacks are made there, so what it replied to itself is
    only for a person who had no hand in it. Raises Refused: ``not_independent_unit``.
    """
    policy, replied = setting.policy, case.replied_unit
    if replied is None or replied == policy.intake_unit or not policy.callback.independent:
        return
    unit = own_unit(command, setting)
    successor = setting.organisation.successor(replied, command.at)
    if unit in {replied, successor}:
        raise Refused("not_independent_unit", unit=unit)
