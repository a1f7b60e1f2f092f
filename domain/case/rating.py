"""评价 Rate: what the customer thinks of it, said outside the callback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, independent
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.setting import Setting

CUSTOMER = "customer"
"""The rater when the customer told one of us: no device or page stood between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCase(Command):
    """Record a rating that the customer gave: ``satisfaction`` (a step of the policy's
    scale, A6) and, if they said so, whether it is ``solved``.

    ``rater`` is ``customer``, or through what the customer rated (a code of kind
    ``rating_channel``). ``incentive``: what was offered for it (a code of that kind).
    """

    ACTION: ClassVar[str] = "rate-case"

    satisfaction: str
    rater: str = CUSTOMER
    solved: bool | None = None
    incentive: str | None = None
    note: Sealed | None = None


class CaseRated(CaseFact):
    """The ``nth`` rating of this customer in this case, callbacks included (from 1).

    It ``counts`` in the satisfaction figures when it is the first and nothing was offered
    for it (P25, S3). It changes nothing that was said in a callback.
    """

    TOPIC: ClassVar[str] = "case.case_rated"
    OWNER_ACT: ClassVar[bool] = False

    rater: str
    satisfaction: str
    solved: bool | None = None
    incentive: str | None = None
    counts: bool
    nth: int
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.ratings = self.nth


def rate_case(case: Case, command: RateCase, setting: Setting) -> list[Fact]:
    """As often as the customer likes; who handled the case does not take it down.

    Raises Refused: ``unknown_satisfaction``, ``unknown_reason``, ``not_independent``.
    """
    step = setting.policy.satisfied(command.satisfaction)
    if command.rater == CUSTOMER:
        independent(case, command, setting)
    else:
        coded(case, "rating_channel", command.rater, setting)
    if command.incentive is not None:
        coded(case, "incentive", command.incentive, setting)
    return [
        CaseRated(
            rater=command.rater,
            satisfaction=step.code,
            solved=command.solved,
            incentive=command.incentive,
            counts=case.ratings == 0 and command.incentive is None,
            nth=case.ratings + 1,
            note=command.note,
        )
    ]
