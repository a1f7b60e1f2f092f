"""Append: one case's first fact, one command, on the disk before the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench.ours import START, new_id, received, voiced
from bench.rounds import Measured, alternate
from bench.stock import StockCase, StockDesk
from domain.desk import Desk

CLIENTS = (1, 8, 32)
PER_CLIENT = 60


def measure(desk: Desk, stock: StockDesk) -> Iterator[Measured]:
    """Each number of clients saves through ``Application.save``, ours and the stock one."""
    for clients in CLIENTS:
        yield alternate(
            f"append, {clients} clients",
            f"{clients} x {PER_CLIENT} cases, one fact and one command id each, durable",
            "facts",
            partial(_at_once, clients, partial(_ours, desk)),
            partial(_at_once, clients, partial(_theirs, stock)),
        )


def _at_once(clients: int, work: Callable[[], int]) -> int:
    with ThreadPoolExecutor(clients) as pool:
        return sum(
            future.result() for future in [pool.submit(work) for _ in range(clients)]
        )


def _ours(desk: Desk) -> int:
    for _ in range(PER_CLIENT):
        fact = received(new_id(), START)
        desk.save(fact, commands=[voiced(fact)])
    return PER_CLIENT


def _theirs(stock: StockDesk) -> int:
    for _ in range(PER_CLIENT):
        case = StockCase(number="n", business_type="complaint", holder_unit="kefu")
        stock.save(case)
    return PER_CLIENT
