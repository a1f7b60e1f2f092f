"""超时说明 Explain a breach: why a promise could not be kept, on record beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case
from domain.case.rules import coded
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.promise.clock import BreachExplained
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainBreach(Command):
    """Say why ``clock`` ran past its due time, for a coded ``reason`` of kind ``breach``
    (P20: weather, traffic; B76: a breach with a cause is no ground for blame)."""

    ACTION: ClassVar[str] = "explain-breach"

    clock: str
    reason: str
    note: Sealed | None = None


def explain_breach(case: Case, command: ExplainBreach, setting: Setting) -> list[Fact]:
    """Raises Refused: ``no_such_clock``, ``not_breached``, ``explained_already``,
    ``unknown_reason``, ``reason_does_not_hold``."""
    clock = case.clock(command.clock)
    if clock is None:
        raise Refused("no_such_clock", clock=command.clock)
    if not clock.breached:
        raise Refused("not_breached", clock=clock.id)
    if clock.explained:
        raise Refused("explained_already", clock=clock.id)
    coded(case, "breach", command.reason, setting)
    return [BreachExplained(clock=clock.id, reason=command.reason, note=command.note)]
