"""办结重点检查 Close: a focus check is over, and says what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.alert.alert import Alert, AlertFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.policy.alert_rows import CHECK
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAlert(Command):
    """End a focus check with what it found: ``outcome`` is a code of ``alert_outcome``."""

    ACTION: ClassVar[str] = "close-alert"

    outcome: str
    note: Sealed | None = None


class AlertClosed(AlertFact):
    """``person`` closed the focus check."""

    TOPIC: ClassVar[str] = "alert.closed"

    outcome: str
    person: str
    note: Sealed | None = None

    def apply(self, aggregate: Alert) -> None:
        aggregate.open = False
        aggregate.outcome = self.outcome


def close_alert(alert: Alert, command: CloseAlert, setting: Setting) -> list[Fact]:
    """Raises Refused: ``alert_not_open``, ``alert_wants_answer`` (it is no focus check),
    ``unknown_reason``."""
    alert.must_be_open()
    if alert.action != CHECK:
        raise Refused("alert_wants_answer")
    outcome = setting.policy.reason("alert_outcome", command.outcome).code
    person = command.actor.person
    return [AlertClosed(outcome=outcome, person=person, note=command.note)]
