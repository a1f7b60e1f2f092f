"""放弃 Abandon: the caller gives up before anybody has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonCall(Command):
    """Nobody had answered when the line went down (the 放弃率 of A7 counts these)."""

    ACTION: ClassVar[str] = "abandon"


class CallAbandoned(CallFact):
    """The call is over, unanswered."""

    TOPIC: ClassVar[str] = "call.abandoned"

    def apply(self, aggregate: Call) -> None:
        aggregate.ended_at = self.occurred_at


def abandon(call: Call, command: AbandonCall, setting: Setting) -> list[Fact]:
    call.must_go_on()
    if call.answered_at is not None:
        raise Refused("call_answered")
    return [CallAbandoned()]
