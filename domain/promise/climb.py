"""升级阶梯 Climb: something is not right with a case, and leader after leader is told."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from domain.case.case import Case, CaseFact


class SignalRaised(CaseFact):
    """异常. A detector saw ``signal`` for the ``times``-th time, from ``since`` on.

    Its ``ladder`` is climbed from here, the first rung at ``next_at``; ``climb`` names it.
    """

    TOPIC: ClassVar[str] = "case.signal_raised"
    OWNER_ACT: ClassVar[bool] = False

    signal: str
    times: int
    climb: str
    since: datetime
    ladder: str | None = None
    next_at: datetime | None = None

    def fold(self, case: Case) -> None:
        case.signals = [*case.signals, self.climb]
        if self.ladder is not None:
            case.start_climb(
                self.climb,
                ladder=self.ladder,
                signal=self.signal,
                cause=None,
                since=self.since,
                next_at=self.next_at,
            )


class OwnerForced(CaseFact):
    """``unit`` has to see it through: no further return, transfer or hand-over to another
    unit, unless a role that may release it does so."""

    TOPIC: ClassVar[str] = "case.owner_forced"
    OWNER_ACT: ClassVar[bool] = False

    unit: str

    def fold(self, case: Case) -> None:
        case.forced_unit = self.unit
