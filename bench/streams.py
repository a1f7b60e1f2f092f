"""``python -m bench.streams``: views fed by the PostgreSQL log and by Kafka, turn about.

Two databases on one server, equal at the beginning: in one a follower reads the log, in
the other a relay publishes to one broker and fold workers fold from there; each worker a
process of its own, the same views on both sides. What comes in are the cases of the sample
day, decided by the desk under the shipped rules, and lived again by others.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo

from api.office import open_office
from bench.crews import Broker, Memory, Worker, at_work, broker
from bench.load import Load, Waits
from bench.stories import Said, Stories, lived, write
from consumers.brokers.topics import make_topics
from consumers.feed.streamed import STREAMED
from store import open_store
from store.server import running
from store.settings import Settings

ROUNDS = 5
RATE = 500
SECONDS = 60.0
WARM_SECONDS = 5.0
BACKLOG = 200_000
WORKERS = 2
PATIENCE_SECONDS = 1_800.0
LOOK_SECONDS = 0.05
TENS = 10
LOG, KAFKA = "log", "kafka"
# What fold workers feed; on the other side the log feeds the same.
FED = tuple(view.name for view in STREAMED)

STANDS = "SELECT min(position) FROM views.positions WHERE view = ANY(%s)"
TAKEN = """SELECT coalesce(sum(next_offset), 0)::bigint FROM kafka.offsets
    WHERE feed IN (SELECT feed FROM views.positions WHERE view = ANY(%s))"""
SHOWN = """SELECT count(*), sum(version), sum(urged), sum(overdue), count(closed_at)
    FROM views.boards"""
WAL = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"
RELAYED = "SELECT coalesce(max(position), 0) FROM kafka.relayed"


@dataclass(frozen=True, slots=True)
class Side:
    """One way from the log to the views: its database, who works there, and a line on
    which to ask how far they are."""

    name: str
    settings: Settings
    crew: tuple[str, ...]
    line: psycopg.Connection[tuple[Any, ...]]

    @property
    def database(self) -> str:
        return self.settings.database_url or ""


@dataclass(slots=True)
class Found:
    """What one part found on one side, a value a round; ``medians`` of them.

    ``memory``: by process, MB resident at the end of the last round, and at its peak.
    """

    part: str
    side: str
    work: str
    rounds: list[dict[str, float]] = field(default_factory=list)
    memory: dict[str, list[Memory]] = field(default_factory=dict)

    @property
    def medians(self) -> dict[str, float]:
        names = self.rounds[0] if self.rounds else {}
        return {name: median(each[name] for each in self.rounds) for name in names}


@dataclass(slots=True)
class Bench:
    """Both sides, the broker, and the stories that both are told."""

    sides: tuple[Side, Side]
    broker: Broker
    told: dict[str, Iterator[Said]]

    def sound(self) -> None:
        """Both sides were told the same, so they must show the same: nothing lost, nothing
        twice."""
        shown = [side.line.execute(SHOWN).fetchone() for side in self.sides]
        assert shown[0] == shown[1], f"{LOG} shows {shown[0]}, {KAFKA} {shown[1]}"

    # Latency ----------------------------------------------------------------------------

    def latency(self, rounds: int, rate: int, seconds: float) -> list[Found]:
        """From the answer to a commit until the row of its case, and the position of all
        views, show it."""
        work = f"{rate} facts/s for {seconds:.0f} s, a command a commit"
        found = [Found("latency", side.name, work) for side in self.sides]
        for _ in range(rounds):
            for side, mine in zip(self.sides, found, strict=True):
                mine.rounds.append(self._loaded(side, mine, rate, seconds))
        return found

    def _loaded(
        self, side: Side, found: Found, rate: int, seconds: float
    ) -> dict[str, float]:
        with (
            at_work(side.settings, *side.crew) as workers,
            open_store(side.database, side.settings) as store,
        ):
            until(lambda: stands(side) >= store.log.head())
            load = Load(store, FED, self.told[side.name])
            load.run(rate, WARM_SECONDS)
            before = number(side, WAL)
            waits = load.run(rate, seconds)
            wal = number(side, WAL) - before
            self._remember(found, workers)
        return measured(waits) | {"wal_kB_per_fact": wal / 1000 / waits.facts}

    # Draining ---------------------------------------------------------------------------

    def drain(self, rounds: int, facts: int) -> list[Found]:
        """A backlog that came in while nobody worked: how fast the log feeds it to the
        views, how fast the relay publishes it, how fast fold workers take it from there."""
        log, kafka = self.sides
        work = f"a backlog of {facts:,} facts"
        fed = Found("drain", log.name, f"{work}, one follower")
        relayed = Found("publish", kafka.name, f"{work}, one relay")
        folding = tuple(name for name in kafka.crew if name != "relay")
        taken = Found("drain", kafka.name, f"{work} in the topic, {len(folding)} workers")
        for _ in range(rounds):
            for side in self.sides:
                with open_store(side.database, side.settings) as store:
                    write(store, self.told[side.name], facts)
            fed.rounds.append(self._drained(log, fed, log.crew, stands, stands))
            relayed.rounds.append(
                self._drained(kafka, relayed, ("relay",), published, published)
            )
            taken.rounds.append(self._drained(kafka, taken, folding, took, stands))
        return [fed, relayed, taken]

    def _drained(
        self,
        side: Side,
        found: Found,
        crew: Sequence[str],
        done: Callable[[Side], int],
        reached: Callable[[Side], int],
    ) -> dict[str, float]:
        """From the first step that is seen, so that the start of processes is not in it,
        until the head of the log is reached."""
        head, before = head_of(side), done(side)
        began = perf_counter()
        with at_work(side.settings, *crew) as workers:
            until(lambda: done(side) > before)
            first, at = done(side), perf_counter()
            until(lambda: reached(side) >= head)
            ended, last = perf_counter(), done(side)
            self._remember(found, workers)
        return {
            "facts_per_second": (last - first) / (ended - at),
            "seconds": ended - at,
            "seconds_with_start": ended - began,
        }

    def _remember(self, found: Found, workers: Sequence[Worker]) -> None:
        """Nobody may have died on the way; what each takes at the end."""
        found.memory = {}
        for worker in workers:
            assert worker.alive(), worker.log.read_text(errors="replace")[-4_000:]
            found.memory.setdefault(worker.name, []).append(worker.memory())
        if any(worker.name != "follower" for worker in workers):
            found.memory["broker"] = [self.broker.memory()]


def measured(waits: Waits) -> dict[str, float]:
    """One round, in milliseconds."""
    return {
        "row_p50_ms": 1000 * share(waits.rows, 0.5),
        "row_p99_ms": 1000 * share(waits.rows, 0.99),
        "row_max_ms": 1000 * max(waits.rows),
        "position_p50_ms": 1000 * share(waits.positions, 0.5),
        "position_p99_ms": 1000 * share(waits.positions, 0.99),
        "watched": len(waits.rows),
        "facts_per_second": waits.rate,
    }


def share(values: Sequence[float], part: float) -> float:
    """The value that this part of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


# Where a side stands --------------------------------------------------------------------


def stands(side: Side) -> int:
    """The position at which every view of the bench stands."""
    return number(side, STANDS, [list(FED)])


def took(side: Side) -> int:
    """How many messages the feed of these views has taken."""
    return number(side, TAKEN, [list(FED)])


def published(side: Side) -> int:
    """The position up to which the log is in the topic."""
    return number(side, RELAYED)


def head_of(side: Side) -> int:
    return number(side, "SELECT pos FROM log.head")


def number(side: Side, question: LiteralString, asked: Sequence[object] = ()) -> int:
    """One number that the database of a side knows; 0 for none."""
    row = side.line.execute(question, asked).fetchone()
    return int(row[0] or 0) if row else 0


def until(true: Callable[[], bool]) -> None:
    give_up = perf_counter() + PATIENCE_SECONDS
    while not true():
        assert perf_counter() < give_up, "it did not come to that"
        sleep(LOOK_SECONDS)


# The ground -----------------------------------------------------------------------------


@contextmanager
def ground(home: Path, workers: int) -> Iterator[Bench]:
    """A server with the database of either side, equal, and a broker with its topics."""
    settings = Settings(home=home)
    with ExitStack() as stack:
        server = stack.enter_context(running(settings))
        log = replace(settings, database_url=named(server, "bench_log"))
        with psycopg.connect(server, autocommit=True) as line:
            line.execute("CREATE DATABASE bench_log")
        with open_office(log) as office:
            stories: Stories = lived(office)
            office.catch_up()
        with psycopg.connect(server, autocommit=True) as line:
            line.execute("CREATE DATABASE bench_kafka TEMPLATE bench_log")
        started = stack.enter_context(broker(home / "broker"))
        kafka = replace(
            settings, database_url=named(server, "bench_kafka"), kafka=started.address
        )
        make_topics(kafka)
        lines = [
            stack.enter_context(psycopg.connect(each.database_url or "", autocommit=True))
            for each in (log, kafka)
        ]
        yield Bench(
            (
                Side(LOG, log, (f"follower:{','.join(FED)}",), lines[0]),
                Side(KAFKA, kafka, ("relay", *["fold-worker"] * workers), lines[1]),
            ),
            started,
            {LOG: stories.commands(), KAFKA: stories.again().commands()},
        )


def named(server: str, database: str) -> str:
    return make_conninfo(server, dbname=database)


def main() -> None:
    """On an embedded server of its own, with fsync and synchronous_commit on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["latency", "drain"], action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--rate", type=int, default=RATE, help="facts a second")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of load a round")
    parser.add_argument("--facts", type=int, default=BACKLOG, help="of backlog a round")
    parser.add_argument("--workers", type=int, default=WORKERS, help="fold workers")
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="huiyin-bench-"))
    home.chmod(0o755)
    found: list[Found] = []
    try:
        with ground(home, asked.workers) as bench:
            if asked.part is None or "latency" in asked.part:
                found += bench.latency(asked.rounds, asked.rate, asked.seconds)
            if asked.part is None or "drain" in asked.part:
                found += bench.drain(asked.rounds, asked.facts)
            bench.sound()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for each in found:
        said = asdict(each) | {"medians": each.medians, "cores": os.cpu_count()}
        print(msgspec.json.encode(said).decode())
    tell(found)


def tell(found: Sequence[Found]) -> None:
    """The medians as a table."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(f"\n{machine}, Python {platform.python_version()}, views: {', '.join(FED)}\n")
    print("| part | side | work | medians | MB at the end (peak) |")
    print("|---|---|---|---|---|")
    for each in found:
        medians = ", ".join(
            f"{name} {value:,.0f}" if value > TENS else f"{name} {value:.2g}"
            for name, value in each.medians.items()
        )
        memory = ", ".join(
            f"{name} {found.now} ({found.peak})"
            for name, all_of_them in each.memory.items()
            for found in all_of_them
        )
        print(f"| {each.part} | {each.side} | {each.work} | {medians} | {memory} |")


if __name__ == "__main__":
    main()
