"""Replay: one long case, read and folded, without snapshot or cache on either side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from eventsourcing.application import Repository

from bench.ours import START, dispatched, new_id, received, urged, voiced
from bench.rounds import Measured, alternate
from bench.stock import StockCase, StockDesk
from domain.desk import Desk

FACTS = 200
TIMES = 60


def measure(desk: Desk, stock: StockDesk) -> Iterator[Measured]:
    """Both sides hold one case of 200 facts and read it again and again."""
    case_id = new_id()
    long = [received(case_id, START), dispatched(case_id, START)]
    long += [urged(case_id, version, START) for version in range(3, FACTS + 1)]
    desk.save(*long, commands=[voiced(long[0])])
    ours: Repository[UUID] = Repository(event_store=desk.events)

    case = StockCase(number="n", business_type="complaint", holder_unit="kefu")
    for n in range(FACTS - 1):
        case.dispatch(to_unit=f"unit-{n}", actor="pan", policy="sgcc-2022@1")
    stock.save(case)

    def again(repository: Repository[UUID], stream: UUID) -> int:
        for _ in range(TIMES):
            found: Any = repository.get(stream)
        return TIMES * int(found.version)

    yield alternate(
        f"replay of a case of {FACTS} facts",
        f"{TIMES} times from the log, no cache, no snapshot",
        "facts",
        lambda: again(ours, case_id),
        lambda: again(stock.repository, case.id),
    )
