"""A worker in a process of its own, so that it can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.office import desk_over
from consumers.feed import fold_worker, stream_worker
from consumers.follower import Follower
from consumers.relay import relay
from store import Store, open_store
from store.settings import Settings
from tests.contract.feed_contract import FOLLOWED


def follow(store: Store, settings: Settings, stop: threading.Event) -> None:
    Follower(store, FOLLOWED).run(stop)


def fold(store: Store, settings: Settings, stop: threading.Event) -> None:
    fold_worker.run(store, settings, stop, views=FOLLOWED, feed="contract")


def stream(store: Store, settings: Settings, stop: threading.Event) -> None:
    with desk_over(store) as desk:
        stream_worker.run(store, settings, stop, desk, views=FOLLOWED, feed="contract")


def watch(store: Store, settings: Settings, stop: threading.Event) -> None:
    with desk_over(store) as desk:
        stream_worker.run(store, settings, stop, desk)


WORKERS: dict[str, Callable[[Store, Settings, threading.Event], None]] = {
    "follower": follow,
    "relay": relay.run,
    "fold": fold,
    "stream": stream,
    "watch": watch,
}


@contextmanager
def at_work(kind: str, store: Store, settings: Settings) -> Iterator[threading.Thread]:
    """A worker on a thread of this process, stopped at the end."""
    stop = threading.Event()
    thread = threading.Thread(target=WORKERS[kind], args=(store, settings, stop))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


@contextmanager
def to_be_killed(kind: str, settings: Settings) -> Iterator[Callable[[], None]]:
    """A worker in a process; what is yielded kills it, and so does leaving."""
    told = {
        "HUIYIN_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
        "HUIYIN_KAFKA": settings.kafka or "",
    }
    worker = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__, kind], env=os.environ | told
    )

    def kill() -> None:
        worker.kill()
        worker.wait()

    try:
        yield kill
    finally:
        kill()


def main() -> None:
    settings = Settings.from_env()
    with open_store(settings.database_url or "", settings) as store:
        WORKERS[sys.argv[1]](store, settings, threading.Event())


if __name__ == "__main__":
    main()
