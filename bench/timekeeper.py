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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from uuid import UUID, uuid5

import msgspec

from api.demo.play import acts
from api.office import Office, open_office
from bench.ours import BENCH
from consumers.timekeeping.timekeeper import Timekeeper
from domain.case.number import case_number
from domain.case.receive import ReceiveCase
from domain.catalogue import SUBJECTS
from domain.desk import Desk
from domain.fact import Actor, Fact
from projections.views import VIEWS
from store import Store
from store.bulk import Bulk, VoicedAmong
from store.settings import Settings

PROMISES = 10_000
# A Monday morning in China. Nobody dispatches: warned, late, and the lead is told.
RECEIVED_AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
KEPT_AT = RECEIVED_AT + timedelta(minutes=20, seconds=1)
FIRST_CASE = uuid5(BENCH, "time")
EXPECTED = ("case.deadline_warned", "case.deadline_breached", "case.escalated")
AGENT = Actor(person="lan", role="agent", post="kefu-zuoxi-1", unit="95598")
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
        with open_office(settings) as office:
            found = measure(office, asked.promises, asked.timekeepers)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(msgspec.json.encode(found).decode())


def measure(office: Office, promises: int, timekeepers: int) -> dict[str, Any]:
    """Seconds from the moment at which time is kept until the views show the last
    escalation, and how many facts of each kind that took. By the shipped rules, in the
    organisation of the sample day."""
    store, desk, follower = office.store, office.desk, office.follower
    found_company(office)
    fill(store, desk, promises)
    before, kept_at = office.catch_up(), KEPT_AT
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
    cases = [case(n) for n in range(promises)]
    once = all(told[topic, case_id] == 1 for topic in EXPECTED for case_id in cases)
    return {
        "promises": promises,
        "timekeepers": timekeepers,
        "cores": os.cpu_count(),
        "seconds": round(taken, 2),
        "cases_per_second": round(promises / taken),
        "facts": dict(kinds),
        "each_exactly_once": once,
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


def found_company(office: Office) -> None:
    """The units, posts and people of the sample day, and none of its cases."""
    for act in acts(RECEIVED_AT.date()):
        if act.kind == "organisation":
            kind = SUBJECTS[act.kind].commands()[act.action]
            office.desk.handle(
                kind(
                    subject=act.subject,
                    command_id=uuid5(BENCH, act.key),
                    actor=act.actor,
                    at=act.at,
                    **act.body,
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
            actor=AGENT,
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
            other = other.stamped(number=case_number(case_id, RECEIVED_AT))
        yield other


if __name__ == "__main__":
    main()
