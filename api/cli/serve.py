"""huiyin serve and huiyin work: the processes that stay up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from api.cli.opening import office
from api.cli.output import notes
from api.http.app import create_app
from api.office import Office
from projections.views import VIEWS

HOST, PORT = "127.0.0.1", 8095


def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = HOST,
    port: Annotated[int, typer.Option(help="port to listen on, 0: a free one")] = PORT,
) -> None:
    """Serve HTTP and keep the views, until Ctrl-C or SIGTERM."""
    with office() as opened, following(opened):
        notes.print(f"huiyin serves on http://{host}:{port}/openapi.json")
        serve_until_stopped(opened, host, port)


def serve_until_stopped(opened: Office, host: str, port: int) -> None:
    """Answer over HTTP until Ctrl-C or SIGTERM; what is under way is finished first."""
    uvicorn.run(
        create_app(opened.store, opened.desk, VIEWS, positions=opened.follower.positions),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=10,
    )


def work() -> None:
    """Keep the views only, until Ctrl-C or SIGTERM; run it beside other servers."""
    stop = threading.Event()

    def stopped(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    with office() as opened:
        signal.signal(signal.SIGTERM, stopped)
        signal.signal(signal.SIGINT, stopped)
        notes.print("huiyin works; Ctrl-C ends it")
        opened.follower.run(stop)


@contextmanager
def following(opened: Office) -> Iterator[None]:
    """Keep the views from a thread of this process."""
    stop = threading.Event()
    thread = threading.Thread(
        target=opened.follower.run, args=[stop], name="huiyin-follower", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)
