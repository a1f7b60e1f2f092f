"""答复告警 Answer: whoever was told says what is done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.alert.alert import Alert, AlertFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.policy.alert_rows import ESCALATE
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAlert(Command):
    """Say what is done about it. What waited for an answer is over with it; a focus check
    goes on until it is closed."""

    ACTION: ClassVar[str] = "answer-alert"

    answer: Sealed


class AlertAnswered(AlertFact):
    """``person`` answered for whoever was told."""

    TOPIC: ClassVar[str] = "alert.answered"

    person: str
    answer: Sealed

    def apply(self, aggregate: Alert) -> None:
        aggregate.answered = True
        aggregate.open = aggregate.action != ESCALATE


def answer_alert(alert: Alert, command: AnswerAlert, setting: Setting) -> list[Fact]:
    """Raises Refused: ``alert_not_open``, ``alert_answered``."""
    alert.must_be_open()
    if alert.answered:
        raise Refused("alert_answered")
    return [AlertAnswered(person=command.actor.person, answer=command.answer)]
