"""An alert and what is done about it, decided as the desk decides it, without a desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast
from uuid import uuid5

from domain.alert.alert import Alert
from domain.alert.answer import AnswerAlert
from domain.alert.close import CloseAlert
from domain.authority import admit
from domain.catalogue import ALERT
from domain.command import Command
from domain.fact import Actor, Fact
from domain.organisation.organisation import Organisation
from domain.setting import Setting
from tests.support.alerting import ALERT_ID, noticed
from tests.support.organisation import nothing
from tests.support.scenario import MONDAY, policy, province, text


def answer(actor: Actor, **said: Any) -> Command:
    return AnswerAlert(**wish(actor, "answer"), **({"answer": text("已派人")} | said))


def close(actor: Actor, outcome: str = "mended", **said: Any) -> Command:
    return CloseAlert(**wish(actor, "close"), outcome=outcome, **said)


def wish(actor: Actor, word: str) -> dict[str, Any]:
    return {
        "subject": ALERT_ID,
        "command_id": uuid5(ALERT_ID, word),
        "actor": actor,
        "at": MONDAY + timedelta(hours=1),
    }


class Alerting:
    """One alert after it was raised by this command; ``do`` voices what comes then."""

    def __init__(
        self, raising: Command | None = None, organisation: Organisation | None = None
    ) -> None:
        self.setting = Setting(
            policy=policy(), organisation=organisation or province(), case=nothing
        )
        self._alert: Alert | None = None
        self.told = self.do(raising or noticed("surge"))

    @property
    def alert(self) -> Alert:
        assert self._alert is not None
        return self._alert

    def do(self, command: Command) -> list[Fact]:
        """The facts, as decided. Raises Refused and changes nothing."""
        kind = type(command)
        admission = admit(self._alert, command, self.setting)
        assert admission.stage is None, "an alert has no stage"
        begins = kind in ALERT.begins
        said = (
            ALERT.begins[kind](command, self.setting)
            if begins
            else ALERT.goes_on[kind](self.alert, command, self.setting)
        )
        self._fold(said, command)
        return said

    def _fold(self, said: Iterable[Fact], command: Command) -> None:
        for fact in said:
            stamped = fact.stamped(
                originator_id=ALERT_ID,
                originator_version=self._alert.version + 1 if self._alert else 1,
                occurred_at=command.at,
                actor=command.actor,
            )
            self._alert = cast("Alert", stamped.mutate(self._alert))
