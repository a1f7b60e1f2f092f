"""huiyin serve and huiyin work: the processes that stay up."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType
from typing import Annotated, NoReturn

import typer
import uvicorn
from prometheus_client import start_http_server

from api.cli.opening import office, refuse
from api.cli.output import notes
from api.http.app import create_app
from api.office import Office
from consumers import metrics
from consumers.crew import Unknown, at_work
from projections.views import VIEWS

HOST, PORT = "127.0.0.1", 8095
END_SECONDS_MAX = 10.0
MetricsPort = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="tell Prometheus at this port, 0: a free one; else nobody"
    ),
]
MetricsHost = Annotated[str, typer.Option(help="address to tell Prometheus at")]

log = logging.getLogger(__name__)


def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = HOST,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port to listen on, 0: a free one")
    ] = PORT,
    work: Annotated[
        bool, typer.Option(help="work here too, or leave that to huiyin work elsewhere")
    ] = True,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = HOST,
) -> None:
    """Serve HTTP, keep the views and keep time, until Ctrl-C or SIGTERM."""
    tell_the_time()
    with (
        listening(host, port) as door,
        office() as opened,
        telling(opened, metrics_host, metrics_port),
        following(opened) if work else nullcontext(threading.Event()) as ended,
    ):
        notes.print(f"huiyin serves on {address(door)}/openapi.json")
        serve_until_stopped(opened, door, ended)
        alone = ended.is_set()
    end(1 if alone else 0)


def tell_the_time() -> None:
    """What those who stay up have to say bears the time, and comes on stderr."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def listening(host: str, port: int) -> socket.socket:
    """The door, opened first of all: nothing is promised on a port that is taken."""
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as taken:
        refuse(f"cannot listen on {host}:{port} ({taken}); choose another with --port")


def address(door: socket.socket) -> str:
    """Where the door is, for a browser."""
    host, port = door.getsockname()[:2]
    return f"http://{host}:{port}"


def serve_until_stopped(
    opened: Office, door: socket.socket, ended: threading.Event
) -> None:
    """Answer over HTTP until Ctrl-C or SIGTERM, or until those who work here have
    ``ended``; what is under way is finished first."""
    app = create_app(opened.store, opened.desk, VIEWS, positions=opened.follower.positions)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=10)
    server = uvicorn.Server(config)

    def stopped(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn raises it once more when it has stopped: we are not through then.
    signal.signal(signal.SIGTERM, stopped)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, stopped)

    def follow() -> None:
        ended.wait()
        server.should_exit = True

    threading.Thread(target=follow, name="huiyin-ended", daemon=True).start()
    with suppress(KeyboardInterrupt):
        server.run(sockets=[door])


def work(
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="who shall work here: follower, timekeeper, watch; with Kafka follower,"
            " timekeeper, relay, fold-worker, stream-worker (it watches too), intake;"
            " several times for several"
        ),
    ] = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = HOST,
) -> None:
    """Keep the views, keep time, speak to Kafka if that is switched on; until Ctrl-C.

    Ends with 1 when one of them cannot go on, for a supervisor to start it again.
    """
    tell_the_time()
    told = threading.Event()
    with (
        office() as opened,
        telling(opened, metrics_host, metrics_port),
        following(opened, only or ()) as ended,
    ):

        def stopped(_number: int, _frame: FrameType | None) -> None:
            told.set()
            ended.set()

        signal.signal(signal.SIGTERM, stopped)
        signal.signal(signal.SIGINT, stopped)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, stopped)
        notes.print("huiyin works; Ctrl-C ends it")
        ended.wait()
    end(0 if told.is_set() else 1)


def end(code: int, within: float = END_SECONDS_MAX) -> NoReturn:
    """End the process with this code, after so many seconds at the latest: Python would
    wait for ever for a thread that a client library has left."""

    def cut_short() -> None:
        left = [
            t.name
            for t in threading.enumerate()
            if not t.daemon and t is not threading.main_thread()
        ]
        log.critical("the process ends, though these still wait: %s", ", ".join(left))
        logging.shutdown()
        os._exit(code)

    last = threading.Timer(within, cut_short)
    last.daemon = True
    last.start()
    raise typer.Exit(code)


@contextmanager
def following(opened: Office, only: Collection[str] = ()) -> Iterator[threading.Event]:
    """Everything that follows the log works in this process for as long as the block, or
    only who is named."""
    try:
        with at_work(
            opened.store, opened.settings, opened.follower, opened.desk, only=only
        ) as stop:
            yield stop
    except Unknown as who:
        refuse(str(who))


@contextmanager
def telling(opened: Office, host: str, port: int | None) -> Iterator[None]:
    """Answer Prometheus at a door of its own for as long as the block; None: no door."""
    if port is None:
        yield
        return
    try:
        door, thread = start_http_server(port, host, metrics.registry(opened.store))
    except OSError as taken:
        refuse(f"cannot listen on {host}:{port} ({taken}); choose another --metrics-port")
    notes.print(f"metrics at http://{host}:{door.server_port}/metrics")
    try:
        yield
    finally:
        door.shutdown()
        door.server_close()
        thread.join()
