"""``python -m bench.timekeeper``: thousands of promises fall due in the same second."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from uuid import UUID, uuid5

import msgspec

from api.office import desk_over
from api.policies import PUBLISHER, shipped
from bench.ours import ACTOR, BENCH
from consumers.follower import Follower
from consumers.timekeeper import Timekeeper
from domain.case.number import case_number
from domain.case.receive import ReceiveCase
from domain.desk import Desk
from domain.fact import Fact
from domain.policy.book import PublishPolicy, policy_book_id
from domain.promise.calendar_book import PublishCalendar, calendar_book_id
from projections.views import VIEWS
from store import Store, open_store
from store.bulk import Bulk, VoicedAmong
from store.server import running
from store.settings import Settings

PROMISES = 10_000
# A Monday morning in China; the promise is for a quarter of an hour later.
RECEIVED_AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LIMIT = timedelta(minutes=15)
FIRST_CASE = uuid5(BENCH, "time")
NAMED = {"zh": "测", "en": "bench", "source": "U"}
CALENDAR = {
    "name": "bench",
    "version": 1,
    "effective_from": "2026-01-01T00:00:00+08:00",
    "tz": "Asia/Shanghai",
    "weekly": {key: [["09:00", "17:00"]] for key in ("mon", "tue", "wed", "thu", "fri")},
}
EXPECTED = ("case.deadline_breached", "case.escalated")
AT_ONCE = 2_000
SECONDS_MAX = 600.0


def main() -> None:
    """On an embedded server of its own, with fsync and synchronous_commit on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--promises", type=int, default=PROMISES)
    parser.add_argument("--timekeepers", type=int, default=1)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="huiyin-bench-"))
    home.chmod(0o755)
    try:
        settings = Settings(home=home)
        with (
            running(settings) as dsn,
            open_store(dsn, settings) as store,
            desk_over(store) as desk,
        ):
            found = measure(store, desk, asked.promises, asked.timekeepers)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(msgspec.json.encode(found).decode())


def measure(store: Store, desk: Desk, promises: int, timekeepers: int) -> dict[str, Any]:
    """Seconds from the moment at which time is kept until every view shows the last
    escalation, and how many facts of each kind that took."""
    publish(desk)
    fill(store, desk, promises)
    follower = Follower(store, VIEWS)
    follower.catch_up()
    before, kept_at = store.log.head(), RECEIVED_AT + LIMIT + timedelta(seconds=1)
    keepers = [
        Timekeeper(store, desk, lambda: follower.positions, clock=lambda: kept_at)
        for _ in range(timekeepers)
    ]
    with at_work(follower.run, *(keeper.run for keeper in keepers)):
        started = perf_counter()
        while left := waiting(store, kept_at):
            assert perf_counter() - started < SECONDS_MAX, f"{left} still wait"
            sleep(0.1)
        taken = perf_counter() - started
    told: Counter[tuple[str, UUID]] = Counter(
        (entry.fact.TOPIC, entry.fact.originator_id)
        for entry in store.log.scan(after=before)
    )
    kinds = Counter(topic for topic, _ in told.elements())
    once = all(told[topic, case(n)] == 1 for topic in EXPECTED for n in range(promises))
    return {
        "promises": promises,
        "timekeepers": timekeepers,
        "cores": os.cpu_count(),
        "seconds": round(taken, 2),
        "cases_per_second": round(promises / taken),
        "facts": dict(kinds),
        "each_exactly_once": once and len(told) == promises * len(EXPECTED),
        "views": len(VIEWS),
    }


def waiting(store: Store, now: datetime) -> int:
    """How many cases still have something due."""
    with store.pool.connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM views.deadlines WHERE next_at < %s", [now]
        ).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def at_work(*works: Any) -> Iterator[None]:
    """Each ``work(stop)`` in a thread of its own, until the block is left."""
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=[stop]) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def publish(desk: Desk) -> None:
    """The shipped rules, with one clock and one ladder: its first rung is told at once."""
    document = deepcopy(shipped()[desk.profile]) | {
        "limits": {
            "contact": NAMED
            | {"step": "contact", "value": 15, "unit": "min", "clock": "promise"}
        },
        "clocks": {
            "contact": NAMED
            | {
                "starts": ["case.received"],
                "stops": ["case.customer_contacted"],
                "owner": "centre",
                "ladder": "bench",
            }
        },
        "ladders": {
            "bench": NAMED
            | {
                "rungs": [
                    {"after": "0 min", "tells": "leader"},
                    {"after": "4 h", "tells": "top", "calendar": "bench"},
                ]
            }
        },
        "signals": {},
    }
    book = policy_book_id(desk.profile)
    desk.handle(
        PublishPolicy(
            subject=book,
            command_id=uuid5(book, "bench"),
            actor=PUBLISHER,
            at=RECEIVED_AT - timedelta(days=1),
            document=document,
        )
    )
    book = calendar_book_id("bench")
    desk.handle(
        PublishCalendar(
            subject=book,
            command_id=uuid5(book, "bench"),
            actor=PUBLISHER,
            at=RECEIVED_AT - timedelta(days=1),
            document=CALENDAR,
        )
    )


def case(number: int) -> UUID:
    return FIRST_CASE if number == 0 else uuid5(FIRST_CASE, str(number))


def fill(store: Store, desk: Desk, cases: int) -> None:
    """Receive one case at the desk, and write the facts of that once for every other."""
    desk.handle(
        ReceiveCase(
            subject=FIRST_CASE,
            command_id=uuid5(FIRST_CASE, "receive"),
            actor=ACTOR,
            at=RECEIVED_AT,
            business_type="complaint",
        )
    )
    facts = [entry.fact for entry in store.log.stream(FIRST_CASE)]
    bulk = Bulk(store)
    for first in range(1, cases, AT_ONCE):
        batch: list[Fact] = []
        commands = []
        for number in range(first, min(first + AT_ONCE, cases)):
            batch += copied(facts, case(number))
            voiced = VoicedAmong(batch[-1].command_id, b"", last=len(batch))
            commands.append(voiced)
        bulk.append(batch, commands)


def copied(facts: list[Fact], case_id: UUID) -> Iterator[Fact]:
    """The same said of another case."""
    for fact in facts:
        other = fact.stamped(
            originator_id=case_id,
            correlation_id=case_id,
            command_id=uuid5(case_id, "receive"),
        )
        if hasattr(other, "number"):
            other = replace(other, number=case_number(case_id, RECEIVED_AT))  # type: ignore[call-arg]
        yield other


if __name__ == "__main__":
    main()
