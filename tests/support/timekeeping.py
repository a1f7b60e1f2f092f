"""A hotline on a real database whose time is kept, with the rules of ``hours.py``."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from api.office import desk_over
from consumers.follower import Follower
from consumers.timekeeping.timekeeper import Timekeeper
from domain.case.case import CaseFact
from domain.case.receive import ReceiveCase
from domain.command import Command
from domain.desk import Desk
from domain.fact import Actor
from domain.policy.book import PublishPolicy, policy_book_id
from domain.promise.calendar_book import PublishCalendar, calendar_book_id
from projections.views import VIEWS
from store import Store, open_store
from store.settings import Settings
from tests.projections.telling import stream
from tests.support.hotline import Clock
from tests.support.hours import SYSTEM, at, calendar, clock, rules
from tests.support.organisation import SINCE, founding
from tests.support.scenario import AGENT, by, text

# One clock, 20 minutes from receipt on, and the ladder of 1 h, 4 h and 24 h behind it.
DISPATCH = clock(
    limit={"value": 20, "unit": "min", "clock": "step"},
    starts=["case.received"],
    stops=["case.dispatched"],
    owner="centre",
    ladder="climb",
)
TEN = at("03-02 10:00")


class TimedHotline:
    """A store, its desk, and a clock that stands until it is moved."""

    def __init__(self, store: Store, desk: Desk, now: datetime = TEN) -> None:
        self.store, self.desk = store, desk
        self.follower = Follower(store, VIEWS)
        self.clock = Clock(now)

    def found(self, document: dict[str, Any] | None = None) -> None:
        """Publish the office calendar and rules, and open the units."""
        self.publish_calendar(calendar(1), SINCE)
        book = policy_book_id("sgcc-2022")
        rule = document or rules({"dispatch": DISPATCH})
        self._publish(PublishPolicy, book, SINCE, rule)
        for each in founding():
            self.desk.handle(each)

    def publish_calendar(self, document: dict[str, Any], moment: datetime) -> None:
        self._publish(PublishCalendar, calendar_book_id("office"), moment, document)

    def _publish(
        self, kind: type[Any], book: UUID, moment: datetime, document: dict[str, Any]
    ) -> None:
        command_id = uuid5(book, str(document.get("version", 1)))
        self.desk.handle(
            kind(
                subject=book,
                command_id=command_id,
                actor=SYSTEM,
                at=moment,
                document=document,
            )
        )

    def receive(self, *numbers: int) -> None:
        """The customers of these cases call now."""
        for number in numbers:
            body = {"business_type": "complaint", "phone": text("138****5678")}
            self.do(number, AGENT, ReceiveCase, **body)

    def do(self, number: int, actor: Actor, kind: type[Command], **body: Any) -> None:
        """A command about the case of this number, now."""
        command = by(actor, kind, at=self.clock(), **body)
        case_id = stream(number)
        named = uuid5(case_id, str(command.command_id))
        self.desk.handle(replace(command, subject=case_id, command_id=named))

    def timekeeper(self, **options: Any) -> Timekeeper:
        return Timekeeper(
            self.store,
            self.desk,
            lambda: self.follower.positions,
            clock=self.clock,
            **options,
        )

    @contextmanager
    def folding(self) -> Iterator[None]:
        """The views are kept at the head of the log."""
        stop = threading.Event()
        thread = threading.Thread(target=self.follower.run, args=[stop])
        thread.start()
        try:
            self.settle()
            yield
        finally:
            stop.set()
            thread.join()

    def settle(self) -> None:
        """Wait until the views stand at the head of the log."""
        self.follower.catch_up()

    # What came of it --------------------------------------------------------------------

    def facts(self, number: int) -> list[CaseFact]:
        """Everything on record about a case."""
        told = [entry.fact for entry in self.store.log.stream(stream(number))]
        return [fact for fact in told if isinstance(fact, CaseFact)]

    def by_time(self) -> Counter[tuple[UUID, str]]:
        """How often time did what to which case: ``breach dispatch.1``, ``rung 2``."""
        found: Counter[tuple[UUID, str]] = Counter()
        for entry in self.store.log.scan():
            fact: Any = entry.fact
            if fact.TOPIC == "case.deadline_breached":
                found[fact.originator_id, f"breach {fact.clock}"] += 1
            elif fact.TOPIC == "case.escalated":
                found[fact.originator_id, f"rung {fact.rung}"] += 1
            elif fact.TOPIC == "case.deadline_moved":
                found[fact.originator_id, f"{fact.why} {fact.clock}"] += 1
        return found


def whole_ladder(*numbers: int) -> Counter[tuple[UUID, str]]:
    """What time does to cases that nobody touches: each thing once."""
    steps = ("breach dispatch.1", "rung 1", "rung 2", "rung 3")
    return Counter((stream(n), step) for n in numbers for step in steps)


@contextmanager
def hotline_on(dsn: str, home: Path) -> Iterator[TimedHotline]:
    """Another process at the same database, as good as."""
    settings = Settings(home=home, database_url=dsn)
    with open_store(dsn, settings) as store, desk_over(store) as desk:
        yield TimedHotline(store, desk)
