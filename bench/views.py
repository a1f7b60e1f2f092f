"""Project and rebuild: the board kept from the log, and made anew from it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
from eventsourcing.projection import ProjectionRunner

from bench.ours import fill
from bench.rounds import Measured, alternate
from bench.stock import StockBoard, StockCase, StockDesk, StockProjection, stock_env
from projections.boards import BOARDS
from projections.engine import Engine
from projections.rebuild import make_ready, rebuild
from store import Store

OUR_CASES = 5_000
THEIR_CASES = 200
WAIT_SECONDS_MAX = 120.0


def measure(store: Store, stock: StockDesk, dsn: str) -> Iterator[Measured]:
    """Both sides follow, then make anew, a board from two facts a case."""
    make_ready(store, [BOARDS])
    yield alternate(
        "project: the board follows the log",
        f"ours {2 * OUR_CASES:,}, stock {2 * THEIR_CASES:,} new facts a round, two a case",
        "facts",
        partial(_follow, store),
        partial(_stock_follows, stock, dsn),
    )
    yield alternate(
        "rebuild: the board made anew",
        "ours: beside the old one, then swapped; stock: emptied and projected again",
        "facts",
        partial(_rebuild, store),
        partial(_stock_rebuilds, stock, dsn),
        rounds=3,
    )


def _follow(store: Store) -> int:
    """The time to append is in it, as it is on the other side."""
    fill(store, OUR_CASES)
    engine, folded = Engine(store, [BOARDS]), 0
    engine.own()
    try:
        while taken := engine.step():
            folded += taken
    finally:
        engine.close()
    return folded


def _stock_follows(stock: StockDesk, dsn: str) -> int:
    for _ in range(THEIR_CASES):
        case = StockCase(number="n", business_type="complaint", holder_unit="kefu")
        case.dispatch(to_unit="donghu", actor="pan", policy="sgcc-2022@1")
        stock.save(case)
    _stock_catches_up(stock, dsn)
    return 2 * THEIR_CASES


def _stock_catches_up(stock: StockDesk, dsn: str) -> None:
    runner: ProjectionRunner[Any, Any] = ProjectionRunner(
        application_class=StockDesk,
        projection_class=StockProjection,
        view_class=StockBoard,
        env=stock_env(dsn),
    )
    with runner:
        runner.wait(stock.recorder.max_notification_id(), timeout=WAIT_SECONDS_MAX)


def _rebuild(store: Store) -> int:
    rebuild(store, [BOARDS])
    return store.log.head()


def _stock_rebuilds(stock: StockDesk, dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Dropped, not emptied: the library takes an empty tracking table for one of an
        # earlier version, and moves it aside under a name that may be taken.
        connection.execute("DROP TABLE stock_board, stock_board_tracking")
    _stock_catches_up(stock, dsn)
    return stock.recorder.max_notification_id() or 0
