"""评价 Rate: the caller says, after the call, how content they were with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCall(Command):
    """``satisfaction`` is a step of the policy's scale (A6); one rating a call."""

    ACTION: ClassVar[str] = "rate"

    satisfaction: str


class CallRated(CallFact):
    """The rating goes to the agent and unit that had the call last."""

    TOPIC: ClassVar[str] = "call.rated"

    satisfaction: str
    agent: str | None
    unit: str

    def apply(self, aggregate: Call) -> None:
        aggregate.rating = self.satisfaction


def rate(call: Call, command: RateCall, setting: Setting) -> list[Fact]:
    call.must_be_answered()
    if call.ended_at is None:
        raise Refused("call_not_over")
    if call.rating is not None:
        raise Refused("call_rated")
    setting.policy.satisfied(command.satisfaction)
    return [CallRated(satisfaction=command.satisfaction, agent=call.agent, unit=call.unit)]
