"""催办 Urge: the customer asks what has become of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgeCase(Command):
    """Record that the customer urges: as often as they do, at the policy's intervals."""

    ACTION: ClassVar[str] = "urge"

    note: Sealed | None = None


class CustomerUrged(CaseFact):
    """The customer urged for the ``times``-th time (from 1)."""

    TOPIC: ClassVar[str] = "case.customer_urged"
    OWNER_ACT: ClassVar[bool] = False

    times: int
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.urges, case.urged_at = self.times, self.occurred_at


def urge(case: Case, command: UrgeCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``urged_too_soon`` (within the policy's gap after the last time)."""
    policy, last = setting.policy, case.urged_at
    if last is not None and command.at < (since := last + policy.orders.urge_gap):
        raise Refused("urged_too_soon", since=policy.local(since).isoformat())
    return [CustomerUrged(times=case.urges + 1, note=command.note)]
