"""Puts the steps of each case in order on disk, so that any log is read in flat memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Literal

import msgspec

from api.imports.steps import SourceStep

INSERT_EVERY = 5_000
CACHE_KIB = 16_000


class Ordered:
    """Steps go in as the file has them and come out case by case, each case in order.

    Order is the source's own number; without one, the place in the file, or the time.
    Equal ones keep the order of the file.
    """

    def __init__(self, database: sqlite3.Connection, *, by_time: bool) -> None:
        self._database = database
        self._by_time = by_time
        self._waiting: list[tuple[str, float, int, bytes]] = []
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(SourceStep)
        self.count = 0

    def add(self, steps: Iterable[SourceStep]) -> None:
        for step in steps:
            rank: float = self.count
            if step.seq is not None:
                rank = step.seq
            elif self._by_time:
                rank = step.at.timestamp()
            self._waiting.append((step.case, rank, self.count, self._encoder.encode(step)))
            self.count += 1
        if len(self._waiting) >= INSERT_EVERY:
            self._flush()

    def _flush(self) -> None:
        self._database.executemany("INSERT INTO steps VALUES (?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def __iter__(self) -> Iterator[SourceStep]:
        self._flush()
        found = self._database.execute(
            "SELECT said FROM steps ORDER BY case_id, rank, place"
        )
        for (said,) in found:
            yield self._decoder.decode(said)


@contextmanager
def ordered(order: Literal["file", "time"]) -> Iterator[Ordered]:
    """An empty place for steps. SQLite keeps it in a nameless file that is gone with the
    process however that ends: it may hold words of customers in clear."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database.execute("CREATE TABLE steps (case_id TEXT, rank, place INT, said BLOB)")
        database.execute("BEGIN")
        yield Ordered(database, by_time=order == "time")
