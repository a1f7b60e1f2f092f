"""催办 Urge: the customer asks what has become of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgeCase(Command):
    """Record that the customer urges; as often as the customer does."""

    ACTION: ClassVar[str] = "urge"

    note: Sealed | None = None


class CustomerUrged(CaseFact):
    """The customer urged for the ``times``-th time (from 1)."""

    TOPIC: ClassVar[str] = "case.customer_urged"

    times: int
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.urges = self.times


def urge(case: Case, command: UrgeCase, setting: Setting) -> list[Fact]:
    return [CustomerUrged(times=case.urges + 1, note=command.note)]
