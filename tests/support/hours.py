"""A desk in a memory on whose one case time passes, by rules that are easy to check.

Office hours are Monday to Friday 09:00-12:00 and 13:00-17:00 in China. MONDAY is 2026-03-02
10:00 there. Moments are spoken in local time: ``at("03-06 15:00")``.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid5

from api.policies import shipped
from domain.case.accept import AcceptCase
from domain.case.case import Case, CaseFact
from domain.case.dispatch import DispatchCase
from domain.case.receive import ReceiveCase
from domain.command import Command
from domain.fact import TIMEKEEPER, Actor, Fact
from domain.policy.book import PublishPolicy, policy_book_id
from domain.promise.calendar_book import PublishCalendar, calendar_book_id
from domain.promise.keep_time import KeepTime
from domain.promise.records import Clock
from tests.support.calendars import calendar
from tests.support.in_memory import Memory
from tests.support.organisation import SINCE, founding
from tests.support.scenario import AGENT, CASE_ID, DISPATCHER, HANDLER, MONDAY, by, text

CHINA = timezone(timedelta(hours=8))
SYSTEM = Actor(person="huiyin", role="system")
NAMED = {"zh": "规则", "en": "rule", "source": "U"}
LADDER = NAMED | {
    "answer_holds": "1 d",
    "rungs": [
        {"after": "1 h", "calendar": "office", "tells": "leader", "up": 0},
        {"after": "4 h", "calendar": "office", "tells": "leader", "up": 1},
        {"after": "24 h", "tells": "top"},
    ],
}
IDLE = NAMED | {"rungs": [{"after": "0 min", "tells": "leader", "up": 0}]}


def at(local: str) -> datetime:
    """A moment of 2026 from the clocks on Chinese walls (UTC)."""
    return datetime.fromisoformat(f"2026-{local}+08:00").astimezone(UTC)


def wall(moment: datetime) -> str:
    """The same the other way round."""
    return f"{moment.astimezone(CHINA):%m-%d %H:%M}"


def clock(*, limit: dict[str, Any], **rule: Any) -> dict[str, Any]:
    """A row of clocks, and the limit it runs by."""
    return {"limit": NAMED | limit, "rule": NAMED | {"owner": "holder"} | rule}


REPLY = {
    "cause": text("cause"),
    "measures": text("measures"),
    "answer": text("answer"),
    "responsibility": "company",
}
RULES = {
    "dispatch": clock(
        limit={"value": 20, "unit": "min", "clock": "step"},
        starts=["case.received"],
        stops=["case.dispatched"],
        owner="centre",
        ladder="climb",
    ),
    "answer": clock(
        limit={"value": 4, "unit": "wd", "clock": "step"},
        starts=["case.dispatched", "case.reopened"],
        stops=["case.reply_submitted"],
        resumes=["case.reply_rejected"],
        warn=["1 wd", "2 h"],
        ladder="climb",
        extends=True,
        rests=True,
    ),
    "promise_answer": clock(
        limit={"value": 5, "unit": "wd", "clock": "promise"},
        starts=["case.received", "case.reopened"],
        stops=["case.final_answer_given"],
        ladder="climb",
    ),
}


def rules(
    clocks: dict[str, Any] | None = None,
    signals: dict[str, Any] | None = None,
    **tables: Any,
) -> dict[str, Any]:
    """The shipped rules of sgcc-2022 with these clocks and signals and no others."""
    document = deepcopy(shipped()["sgcc-2022"])
    clocks = RULES if clocks is None else clocks
    document["profile"]["calendar"] = "office"
    document["limits"] = {
        step: {"step": step} | row["limit"] for step, row in clocks.items()
    }
    document["clocks"] = {step: row["rule"] for step, row in clocks.items()}
    document["ladders"] = {"climb": LADDER, "idle": IDLE}
    document["signals"] = signals or {}
    return document | tables


class Hours:
    """A desk whose case is told of by commands at given moments."""

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        self.memory = Memory()
        self.desk = self.memory.desk()
        document = document or rules()
        self.publish(calendar(1), SINCE)
        book = policy_book_id("sgcc-2022")
        self.desk.handle(
            PublishPolicy(
                subject=book,
                command_id=uuid5(book, "hours"),
                actor=SYSTEM,
                at=SINCE,
                document=document,
            )
        )
        for each in founding():
            self.desk.handle(each)

    def publish(self, document: dict[str, Any], moment: datetime) -> None:
        """Publish a version of the office calendar."""
        book = calendar_book_id("office")
        self.desk.handle(
            PublishCalendar(
                subject=book,
                command_id=uuid5(book, str(document["version"])),
                actor=SYSTEM,
                at=moment,
                document=document,
            )
        )

    def voice(self, command: Command) -> list[Fact]:
        """What is recorded for a command."""
        before = len(self.memory.facts())
        self.desk.handle(command)
        return self.memory.facts()[before:]

    def do(self, actor: Actor, kind: type[Command], local: str, **body: Any) -> list[Fact]:
        return self.voice(by(actor, kind, at=at(local), **body))

    def received(self, local: str = "03-02 10:00", **body: Any) -> list[Fact]:
        said = {"business_type": "complaint", "phone": text("138****5678")} | body
        return self.do(AGENT, ReceiveCase, local, **said)

    def dispatched(self, local: str = "03-02 10:05") -> list[Fact]:
        return self.do(DISPATCHER, DispatchCase, local, unit="bailu-east")

    def keep(self, moment: str | datetime) -> list[Fact]:
        """Time is kept at that moment."""
        when = at(moment) if isinstance(moment, str) else moment
        return self.voice(
            KeepTime(
                subject=CASE_ID,
                command_id=uuid5(CASE_ID, f"keep {when.isoformat()}"),
                actor=TIMEKEEPER,
                at=when,
            )
        )

    @property
    def case(self) -> Case:
        found = self.desk.case(CASE_ID)
        assert found is not None
        return found

    def clock(self, clock_id: str) -> Clock:
        found = self.case.clock(clock_id)
        assert found is not None
        return found

    def due(self, clock_id: str) -> str:
        return wall(self.clock(clock_id).due)

    def facts(self, *kinds: type[CaseFact]) -> list[Any]:
        """The facts of the case, or those of some kinds."""
        told = self.memory.facts(CASE_ID)
        return [fact for fact in told if not kinds or isinstance(fact, kinds)]


def handled(hours: Hours) -> Hours:
    """Received Monday 10:00, sent on at 10:05, taken in hand at 10:30."""
    hours.received()
    hours.dispatched()
    hours.do(HANDLER, AcceptCase, "03-02 10:30")
    return hours


__all__ = [
    "AGENT",
    "DISPATCHER",
    "HANDLER",
    "MONDAY",
    "Hours",
    "at",
    "calendar",
    "rules",
    "wall",
]
