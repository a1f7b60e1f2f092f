"""转接 Hand on: the call goes to another unit, to one agent there or to whoever is free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.call.call import Call, CallFact
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOnCall(Command):
    """Give the call to ``unit``, to ``agent`` in it if named; B35 counts such hops."""

    ACTION: ClassVar[str] = "hand-on"

    unit: str
    agent: str | None = None


class CallHandedOn(CallFact):
    """The call is with ``to_unit``; without ``to_agent`` it waits for anybody there."""

    TOPIC: ClassVar[str] = "call.handed_on"

    from_unit: str
    from_agent: str | None
    to_unit: str
    to_agent: str | None

    def apply(self, aggregate: Call) -> None:
        aggregate.unit = self.to_unit
        aggregate.agent = self.to_agent


def hand_on(call: Call, command: HandOnCall, setting: Setting) -> list[Fact]:
    call.must_go_on()
    call.must_be_answered()
    if setting.organisation.unit(command.unit, command.at) is None:
        raise Refused("unknown_unit", unit=command.unit)
    if command.agent is not None and not setting.organisation.post_of(
        command.agent, command.at, command.unit
    ):
        raise Refused("agent_not_of_unit", agent=command.agent, unit=command.unit)
    return [
        CallHandedOn(
            from_unit=call.unit,
            from_agent=call.agent,
            to_unit=command.unit,
            to_agent=command.agent,
        )
    ]
