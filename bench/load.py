"""A steady load of commands, and how long it takes until the views show what they led to.

Waiting begins when a commit has been answered. It ends when a look at the database that
began afterwards shows the row of the case at the version of the command's last fact, and
again when every view stands at its position, which is what ``after=POSITION`` waits for.
One connection looks for all, every few milliseconds: so much a wait may be too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent

from bench.stories import Said
from domain.desk import Voiced
from store import Store

THREADS = 8
LOOK_SECONDS = 0.003
# One command in so many is watched, so that looking is a small part of the load.
WATCHED = 4
SHOWN_SECONDS_MAX = 120.0

LOOK = """SELECT NULL::uuid, min(position) FROM views.positions WHERE view = ANY(%s)
UNION ALL SELECT case_id, version FROM views.boards WHERE case_id = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class Order:
    """A command to be committed ``at`` so many seconds from the beginning."""

    at: float
    case_id: UUID
    events: list[StoredEvent]
    voiced: Voiced
    watched: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """A command that was answered ``at`` a moment: where its last fact is."""

    at: float
    case_id: UUID
    version: int
    position: int


@dataclass(slots=True)
class Waits:
    """Seconds from each watched commit until its row, and its position, were shown;
    ``facts`` were committed, ``rate`` a second."""

    rows: list[float] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)
    facts: int = 0
    rate: float = 0.0


class Load:
    """Commits commands on a store, those of a case on one thread, and watches the views."""

    def __init__(self, store: Store, views: Sequence[str], said: Iterator[Said]) -> None:
        self._store, self._views, self._said = store, list(views), said
        self._answered: deque[Commit] = deque()

    def run(self, rate: int, seconds: float) -> Waits:
        """So many facts a second for so long; returns when the last one is shown.

        The load does not wait for the views: what is late stays late.
        """
        orders, facts = self._orders(rate, seconds)
        with ThreadPoolExecutor(THREADS, "bench-load") as pool:
            began = perf_counter()
            work = [pool.submit(self._commit, mine, began) for mine in orders]
            waits = self._watch(work)
            waits.facts = facts
            waits.rate = facts / (max(each.result() for each in work) - began)
        return waits

    def _orders(self, rate: int, seconds: float) -> tuple[list[list[Order]], int]:
        """What each thread is to commit when, made ready beforehand; how many facts."""
        orders: list[list[Order]] = [[] for _ in range(THREADS)]
        facts = commands = 0
        while facts < rate * seconds:
            said = next(self._said)
            events = [self._store.mapper.to_stored_event(fact) for fact in said.facts]
            watched = commands % WATCHED == 0
            order = Order(facts / rate, said.case_id, events, said.voiced, watched)
            orders[said.case_id.int % THREADS].append(order)
            facts += len(events)
            commands += 1
        return orders, facts

    def _commit(self, orders: list[Order], began: float) -> float:
        """Commit each at its time; when the last one was answered."""
        answered = began
        for order in orders:
            sleep(max(0.0, began + order.at - perf_counter()))
            positions = self._store.recorder.insert_events(
                order.events, commands=[order.voiced]
            )
            answered = perf_counter()
            if order.watched:
                version = order.events[-1].originator_version
                commit = Commit(answered, order.case_id, version, positions[-1])
                self._answered.append(commit)
        return answered

    # Watching ---------------------------------------------------------------------------

    def _watch(self, work: Sequence[Future[float]]) -> Waits:
        waits = Waits()
        by_row: list[Commit] = []
        by_position: deque[Commit] = deque()
        give_up = float("inf")
        with psycopg.connect(self._store.dsn, autocommit=True) as line:
            while True:
                working = not all(each.done() for each in work)
                while self._answered:
                    by_row.append(commit := self._answered.popleft())
                    by_position.append(commit)
                if by_row or by_position:
                    by_row, by_position = self._look(line, waits, by_row, by_position)
                elif not working and not self._answered:
                    return waits
                if not working:
                    give_up = min(give_up, perf_counter() + SHOWN_SECONDS_MAX)
                    assert perf_counter() < give_up, "the views do not show all of it"
                sleep(LOOK_SECONDS)

    def _look(
        self,
        line: psycopg.Connection[tuple[Any, ...]],
        waits: Waits,
        by_row: list[Commit],
        by_position: deque[Commit],
    ) -> tuple[list[Commit], deque[Commit]]:
        """What is still not shown after one look."""
        cases = list({commit.case_id for commit in by_row})
        shown = dict(line.execute(LOOK, [self._views, cases]).fetchall())
        seen, position = perf_counter(), shown.pop(None) or 0
        for commit in by_row:
            if shown.get(commit.case_id, 0) >= commit.version:
                waits.rows.append(seen - commit.at)
        for commit in by_position:
            if position >= commit.position:
                waits.positions.append(seen - commit.at)
        return (
            [c for c in by_row if shown.get(c.case_id, 0) < c.version],
            deque(c for c in by_position if c.position > position),
        )
