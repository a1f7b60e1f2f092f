"""结束通话 End: an answered call is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Fact
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCall(Command):
    """The line is down; one that nobody answered is abandoned, not ended."""

    ACTION: ClassVar[str] = "end"


class CallEnded(CallFact):
    """Nobody speaks any more."""

    TOPIC: ClassVar[str] = "call.ended"

    def apply(self, aggregate: Call) -> None:
        aggregate.ended_at = self.occurred_at


def end(call: Call, command: EndCall, setting: Setting) -> list[Fact]:
    call.must_go_on()
    call.must_be_answered()
    return [CallEnded()]
