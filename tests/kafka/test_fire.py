"""Under fire: brokers, relay, workers and PostgreSQL are killed while facts pour in.

A tier of its own, as it takes minutes: ``make fire``. ``HUIYIN_FIRE_SECONDS`` is for how
long (180), ``HUIYIN_FIRE_RATE`` how many facts a second (500), ``HUIYIN_FIRE_SEED`` which
dice say when who is killed, ``HUIYIN_FIRE_LOGS`` a folder to keep what the processes said.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import PersistenceError

from api.office import Office, open_office
from bench.stories import Said, lived
from consumers.brokers.clients import access
from consumers.brokers.topics import make_topics, topic
from consumers.feed.streamed import LOGGED, STREAMED, WATCHED
from consumers.watch.watch import Watch
from consumers.wire import entry
from projections.check import check
from projections.ground import standings
from projections.views import VIEWS
from store.postgres import Cluster
from store.settings import Settings
from tests.support.database import fresh_home
from tests.support.kafka import KAFKA_TIER, Brokers, running

pytestmark = [*KAFKA_TIER, pytest.mark.fire, pytest.mark.timeout(3600)]

SECONDS = float(os.environ.get("HUIYIN_FIRE_SECONDS", "180"))
RATE = float(os.environ.get("HUIYIN_FIRE_RATE", "500"))
SEED = int(os.environ.get("HUIYIN_FIRE_SEED", "1"))
BETWEEN_SECONDS = (3.0, 8.0)  # between two kills
AWAY_SECONDS = (0.5, 4.0)  # until what was killed is started again
SETTLE_SECONDS_MAX = 600.0
LOADERS = 8
BROKERS = 3
PROCESSES = {
    "relay-1": ("relay", "follower"),
    "relay-2": ("relay", "follower"),
    "fold-1": ("fold-worker",),
    "fold-2": ("fold-worker",),
    "stream-1": ("stream-worker",),
    "stream-2": ("stream-worker",),
}
RAISED = (
    "SELECT id, kind, key, unit, other_unit, category, topic, customer, at, since, until,"
    " n, usual, position, last_at, peak, policy FROM signals.raised ORDER BY position, id"
)


@dataclass
class Field:
    """What is under fire, and what was done to it."""

    office: Office
    settings: Settings
    brokers: Brokers
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def start(self, name: str) -> None:
        only = [word for each in PROCESSES[name] for word in ("--only", each)]
        told = {
            "HUIYIN_HOME": str(self.settings.home),
            "HUIYIN_KAFKA": self.settings.kafka or "",
        }
        with (self.settings.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own program
                [
                    sys.executable,
                    "-c",
                    "from api.cli.main import app; app()",
                    "work",
                    *only,
                ],
                env=os.environ | told,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    @property
    def leader(self) -> str | None:
        """The process that publishes now."""
        with psycopg.connect(self.office.store.dsn) as line:
            found = line.execute(
                "SELECT leader FROM kafka.relayed ORDER BY led_since DESC LIMIT 1"
            ).fetchone()
        pid = int(found[0].rpartition(":")[2]) if found and found[0] else 0
        return next((n for n, p in self.processes.items() if p.pid == pid), None)


# Whom to kill, and how it comes back -----------------------------------------------------


def a_broker(at: Field, dice: random.Random) -> None:
    number = dice.randint(1, BROKERS)
    at.brokers.kill(number)
    sleep(dice.uniform(*AWAY_SECONDS))
    at.brokers.start_one(number)


def the_relay_that_leads(at: Field, dice: random.Random) -> None:
    name = at.leader or "relay-1"
    at.kill(name)
    sleep(dice.uniform(*AWAY_SECONDS))
    at.start(name)


def a_fold_worker(at: Field, dice: random.Random) -> None:
    a_process(at, dice, dice.choice(["fold-1", "fold-2"]))


def a_stream_worker(at: Field, dice: random.Random) -> None:
    a_process(at, dice, dice.choice(["stream-1", "stream-2"]))


def a_process(at: Field, dice: random.Random, name: str) -> None:
    at.kill(name)
    sleep(dice.uniform(*AWAY_SECONDS))
    at.start(name)


def postgresql(at: Field, _: random.Random) -> None:
    """Whoever uses the embedded server brings it back."""
    if pid := Cluster(at.settings.home / "postgres").pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


VICTIMS: tuple[Callable[[Field, random.Random], None], ...] = (
    a_broker,
    the_relay_that_leads,
    a_fold_worker,
    a_stream_worker,
    postgresql,
)


def fire(at: Field, stop: threading.Event) -> None:
    """Kill each kind in turn, in an order that the dice say, until told to stop."""
    dice = random.Random(SEED)  # noqa: S311 - the same fire every time
    while True:
        for victim in dice.sample(VICTIMS, len(VICTIMS)):
            if stop.wait(dice.uniform(*BETWEEN_SECONDS)):
                return
            for _ in range(20):
                try:
                    victim(at, dice)
                    break
                except psycopg.OperationalError:  # it was killed a moment ago
                    sleep(0.5)
            at.kills[victim.__name__] += 1


# The load -------------------------------------------------------------------------------


class Load:
    """Commands of stories at a rate, each until it is acknowledged: a lost answer is asked
    for in the ledger, as every client does that sends its command again."""

    def __init__(self, office: Office, said: Iterator[Said]) -> None:
        self._office, self._said = office, said
        self.acknowledged = 0

    def run(self) -> None:
        orders: list[list[tuple[float, Said]]] = [[] for _ in range(LOADERS)]
        facts = 0
        while facts < RATE * SECONDS:
            said = next(self._said)
            orders[said.case_id.int % LOADERS].append((facts / RATE, said))
            facts += len(said.facts)
        with ThreadPoolExecutor(LOADERS, "fire-load") as pool:
            began = monotonic()
            self.acknowledged = sum(pool.map(lambda mine: self._send(mine, began), orders))

    def _send(self, orders: list[tuple[float, Said]], began: float) -> int:
        done = 0
        for moment, said in orders:
            sleep(max(0.0, began + moment - monotonic()))
            self._commit(said)
            done += len(said.facts)
        return done

    def _commit(self, said: Said) -> None:
        store = self._office.store
        events = [store.mapper.to_stored_event(fact) for fact in said.facts]
        while True:
            with suppress(PersistenceError, psycopg.Error):
                if store.ledger.find(said.voiced) is None:
                    store.recorder.insert_events(events, commands=[said.voiced])
                return
            sleep(0.1)


# The field ------------------------------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Path]:
    with fresh_home() as folder:
        yield folder


@pytest.fixture
def at(home: Path) -> Iterator[Field]:
    with ExitStack() as stack:
        brokers = stack.enter_context(running(brokers=BROKERS))
        settings = brokers.known_to(Settings(home=home))
        make_topics(settings)
        office = stack.enter_context(open_office(Settings(home=home)))
        made = Field(office, settings, brokers)
        stack.enter_context(ended(made))
        yield made


@contextmanager
def ended(at: Field) -> Iterator[None]:
    try:
        yield
    finally:
        for process in at.processes.values():
            process.terminate()
        for process in at.processes.values():
            process.wait(60)
        kept = Path(os.environ.get("HUIYIN_FIRE_LOGS", ""))
        for log in at.settings.home.glob("*.log") if kept.name else ():
            shutil.copy(log, kept)


def settled(at: Field) -> bool:
    """Every view is at the head of the log, and all that was raised was told."""
    head = at.office.store.log.head()
    with psycopg.connect(at.office.store.dsn) as line:
        stands = standings(line)
        asked = line.execute(
            "SELECT (SELECT done FROM signals.watch), (SELECT count(*) FROM signals.raised"
            " WHERE sent_position IS NULL AND refused IS NULL)"
        ).fetchone()
    assert asked is not None
    done, untold = asked
    return (
        all(stands[view.name].position >= head for view in VIEWS)
        and done >= stands[WATCHED[0].name].position
        and untold == 0
        and at.office.store.log.head() == head
    )


def raised(at: Field) -> list[Any]:
    with psycopg.connect(at.office.store.dsn) as line:
        return line.execute(RAISED).fetchall()


def out_of_order(at: Field) -> list[str]:
    """Cases whose facts, each where it is first seen, are not in order in the topic."""
    kafka = import_module("kafka")
    consumer = kafka.KafkaConsumer(**access(at.settings))
    found = topic(at.settings)
    parts = [kafka.TopicPartition(found.name, n) for n in range(found.partitions)]
    consumer.assign(parts)
    consumer.seek_to_beginning()
    ends, last, wrong = consumer.end_offsets(parts), dict[Any, int](), []
    while any(consumer.position(part) < ends[part] for part in parts):
        for messages in consumer.poll(timeout_ms=500).values():
            for message in messages:
                fact = entry(message.value).fact
                case, version = fact.originator_id, fact.originator_version
                if version > last.get(case, 0) + 1:
                    wrong.append(f"{case}: {version} after {last.get(case, 0)}")
                last[case] = max(version, last.get(case, 0))
    consumer.close()
    return wrong


def test_when_the_dust_settles_every_view_is_the_fold_of_the_log_and_each_alert_is_one(
    at: Field,
) -> None:
    stories = lived(at.office)
    at.office.catch_up()
    before = at.office.store.log.head()
    for name in PROCESSES:
        at.start(name)
    load = Load(at.office, stories.commands())
    stop = threading.Event()
    firing = threading.Thread(target=fire, args=[at, stop])
    began = monotonic()
    firing.start()
    load.run()
    loaded = monotonic() - began
    stop.set()
    firing.join()
    give_up = monotonic() + SETTLE_SECONDS_MAX
    while not settled(at):
        assert monotonic() < give_up, "the dust does not settle"
        sleep(0.5)
    dust = monotonic() - began - loaded

    store = at.office.store
    report = check(store, VIEWS)
    assert report.differences == []
    assert report.sound
    kinds = Counter(each.fact.TOPIC for each in store.log.scan(after=before))
    alerts = kinds.pop("alert.raised")
    assert sum(kinds.values()) == load.acknowledged
    assert out_of_order(at) == []

    seen = raised(at)
    assert len({row[0] for row in seen}) == len(seen) == alerts
    assert seen == seen_from_the_log(at)
    with store.pool.connection() as connection:
        feeds = {name: stand.feed for name, stand in standings(connection).items()}
    assert {feeds[view.name] for view in STREAMED} == {"kafka-views"}
    assert {feeds[view.name] for view in LOGGED} == {"log"}
    sys.stderr.write(
        f"\nfire: {load.acknowledged} facts in {loaded:.0f} s, kills {dict(at.kills)},"
        f" settled after {dust:.0f} s, {report.rows} rows compared, {alerts} alerts\n"
    )


def seen_from_the_log(at: Field) -> list[Any]:
    """What a watch raises that looks at all of it once more, undisturbed, in one go."""
    with ended(at), psycopg.connect(at.office.store.dsn, autocommit=True) as line:
        for process in at.processes.values():
            process.terminate()
            process.wait(60)
        line.execute("DELETE FROM signals.raised")
        line.execute("DELETE FROM signals.missed")
        line.execute("UPDATE signals.watch SET done = 0")
        watch = Watch(at.office.store, at.office.desk)
        while watch.look():
            pass
    return raised(at)
