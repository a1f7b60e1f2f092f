"""The crew: everything that follows the log in one process, each on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from consumers import relay, stream_worker
from consumers.brokers import client
from consumers.timekeeper import Timekeeper

if TYPE_CHECKING:
    from consumers.follower import Follower
    from domain.desk import Desk
    from store import Store
    from store.settings import Settings

STOP_SECONDS_MAX = 15.0


def members(
    store: Store, settings: Settings, follower: Follower, desk: Desk
) -> dict[str, Callable[[threading.Event], None]]:
    """Who works, by name: the follower of the views, the timekeeper at the desk and, with
    Kafka switched on, the relay and the stream worker. Raises KafkaUnusable when Kafka's
    clients are missing.
    """
    crew: dict[str, Callable[[threading.Event], None]] = {
        "follower": follower.run,
        "timekeeper": Timekeeper(store, desk, lambda: follower.positions).run,
    }
    if settings.kafka:
        client("kafka")
        client("faust")
        crew["relay"] = partial(relay.run, store, settings)
        crew["stream-worker"] = partial(stream_worker.run, store, settings)
    return crew


@contextmanager
def at_work(
    store: Store, settings: Settings, follower: Follower, desk: Desk
) -> Iterator[threading.Event]:
    """The crew works until the block ends, or the event that is yielded is set."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=work, args=[stop], name=f"huiyin-{name}", daemon=True)
        for name, work in members(store, settings, follower, desk).items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=STOP_SECONDS_MAX)
