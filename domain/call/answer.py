"""接听 Answer: an agent takes a call that waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCall(Command):
    """Whoever asks takes the call: a ringing one, or one handed on to a unit at large."""

    ACTION: ClassVar[str] = "answer"


class CallAnswered(CallFact):
    """``agent`` in ``unit`` speaks with the caller from now on."""

    TOPIC: ClassVar[str] = "call.answered"

    agent: str
    unit: str

    def apply(self, aggregate: Call) -> None:
        aggregate.agent = self.agent
        aggregate.unit = self.unit
        aggregate.answered_at = aggregate.answered_at or self.occurred_at


def answer(call: Call, command: AnswerCall, setting: Setting) -> list[Fact]:
    call.must_go_on()
    if call.agent is not None:
        raise Refused("call_waits_for_nobody", agent=call.agent)
    return [CallAnswered(agent=command.actor.person, unit=command.actor.unit or call.unit)]
