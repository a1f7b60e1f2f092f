"""``python -m bench``: every comparison in one run, as JSON lines and as a table."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from bench import append, replay, views
from bench.rounds import Measured
from bench.stock import StockDesk, stock_env
from domain.desk import Desk
from store import open_store
from store.server import running
from store.settings import Settings


def main() -> None:
    """Run on an embedded server of its own, with fsync and synchronous_commit on."""
    home = Path(tempfile.mkdtemp(prefix="huiyin-bench-"))
    home.chmod(0o755)
    try:
        settings = Settings(home=home)
        with running(settings) as dsn:
            found = list(measure(settings, dsn))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(f"\n{machine}, Python {platform.python_version()}\n")
    print("| what | work | ours /s | stock /s | ratio | rounds |")
    print("|---|---|---|---|---|---|")
    for m in found:
        least, most = m.spread
        print(
            f"| {m.name} | {m.work} | {m.ours:,.0f} | {m.theirs:,.0f} "
            f"| {m.ratio:.1f}x | {least:.1f}-{most:.1f}x |"
        )


def measure(settings: Settings, dsn: str) -> Iterator[Measured]:
    """Every comparison; the stock library works in databases of its own on the server."""
    with (
        open_store(dsn, settings) as store,
        Desk(store.factory, profile=settings.profile, ledger=store.ledger) as desk,
        StockDesk(stock_env(beside(dsn, "stock_append"))) as stock,
    ):
        yield from told(append.measure(desk, stock))
        yield from told(replay.measure(desk, stock))
        # Far fewer facts than ours: the stock projection would take hours over as many.
        projected = beside(dsn, "stock_views")
        with StockDesk(stock_env(projected)) as small:
            yield from told(views.measure(store, small, projected))


def told(part: Iterator[Measured]) -> Iterator[Measured]:
    """Each result as one line of JSON, as soon as it is there."""
    for measured in part:
        print(msgspec.json.encode(measured).decode(), flush=True)
        yield measured


def beside(dsn: str, name: str) -> str:
    """A new, empty database on the same server."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return make_conninfo(dsn, dbname=name)


if __name__ == "__main__":
    main()
