"""A desk in a memory, and a rival at the same log, with a few wishes to voice there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid5

from api.policies import publish, shipped
from domain.case.case import Case
from domain.case.dispatch import DispatchCase
from domain.case.receive import ReceiveCase
from domain.case.urge import UrgeCase
from domain.command import Command
from domain.desk import Desk
from domain.fact import Actor, Fact
from tests.support.in_memory import Memory
from tests.support.organisation import SINCE, founding
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    DISPATCHER,
    by,
    text,
)

RECEIVE = by(AGENT, ReceiveCase, business_type="complaint", phone=text("138****5678"))
DISPATCH = by(DISPATCHER, DispatchCase, unit="bailu-east")
URGE = by(AGENT, UrgeCase)


SYSTEM = Actor(person="huiyin", role="system")
TIME = frozenset({"clocks", "ladders", "signals", "orders"})


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    """The same rules without those of time: each command leads to its own facts only.

    They are version 1, whatever is shipped, and count in no calendar.
    """
    rules = {table: rows for table, rows in document.items() if table not in TIME}
    limits = {code: without_calendar(limit) for code, limit in rules["limits"].items()}
    profile = without_calendar(document["profile"]) | {"version": 1}
    return rules | {"limits": limits, "profile": profile}


def without_calendar(row: dict[str, Any]) -> dict[str, Any]:
    return {key: said for key, said in row.items() if key != "calendar"}


class Office:
    """A memory, a desk on it, and another desk like that of another process."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.desk = self.memory.desk()
        publish(self.desk, timeless(shipped()["sgcc-2022"]), SINCE, SYSTEM)
        for each in founding():
            self.desk.handle(each)
        self.rival = self.memory.desk()
        self.before = len(self.memory.facts())

    def written(self) -> list[Fact]:
        """What has been recorded since the office opened."""
        return self.memory.facts()[self.before :]

    def topics(self) -> list[str]:
        return [fact.TOPIC for fact in self.written()]

    def case(self, desk: Desk | None = None) -> Case:
        found = (desk or self.desk).case(CASE_ID)
        assert found is not None
        return found


def other(command: Command) -> Command:
    """The same wish, voiced once more on its own account."""
    return replace(command, command_id=uuid5(command.command_id, "again"))
