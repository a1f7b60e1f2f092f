"""The crew: everything that follows the log in one process, each on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from consumers.brokers.clients import access, client, faust_access
from consumers.feed import fold_worker, stream_worker
from consumers.feed.streamed import LOGGED
from consumers.intake import intake
from consumers.relay import relay
from consumers.timekeeping.timekeeper import Timekeeper
from consumers.watch import watch

if TYPE_CHECKING:
    from consumers.follower import Follower
    from domain.desk import Desk
    from projections.positions import Positions
    from store import Store
    from store.settings import Settings

STOP_SECONDS_MAX = 15.0

log = logging.getLogger(__name__)


class Unknown(Exception):
    """Nobody of that name works here; says who does."""

    def __init__(self, names: list[str], known: list[str], *, kafka: bool) -> None:
        hint = "" if kafka else "; with HUIYIN_KAFKA set there are more"
        super().__init__(
            f"nobody is called {', '.join(names)}: choose from {', '.join(known)}{hint}"
        )


def members(
    store: Store, settings: Settings, follower: Follower, desk: Desk
) -> dict[str, Callable[[threading.Event], None]]:
    """Who works, by name: the follower of the views, the timekeeper and the watch at the
    desk. With Kafka switched on the follower keeps only what Kafka does not feed, and the
    relay, the workers of the feeds and the intake come in. Raises KafkaUnusable when
    Kafka's clients are missing, or the settings cannot be meant as they are.
    """

    def positions() -> Positions:
        return follower.positions

    timekeeper = Timekeeper(store, desk, positions)
    if not settings.kafka:
        return {
            "follower": follower.run,
            "timekeeper": timekeeper.run,
            "watch": partial(watch.run, store, settings, desk=desk, positions=positions),
        }
    access(settings)
    faust_access(settings)
    client("kafka")
    client("faust")
    return {
        "follower": follower.only(LOGGED).run,
        "timekeeper": timekeeper.run,
        "relay": partial(relay.run, store, settings),
        "fold-worker": partial(fold_worker.run, store, settings),
        "stream-worker": partial(stream_worker.run, store, settings, desk=desk),
        "intake": partial(intake.run, store, settings, desk=desk),
    }


@contextmanager
def at_work(
    store: Store,
    settings: Settings,
    follower: Follower,
    desk: Desk,
    *,
    only: Collection[str] = (),
) -> Iterator[threading.Event]:
    """The crew works until the block ends, or the event that is yielded is set. It is set
    too when one of them ended before: the others are not worth much without it, and
    whoever started the process can start it again.

    ``only`` names those who shall; by default all do. Raises Unknown for anybody else.
    """
    stop = threading.Event()
    crew = members(store, settings, follower, desk)
    if strangers := set(only) - crew.keys():
        raise Unknown(sorted(strangers), list(crew), kafka=bool(settings.kafka))
    threads = [
        threading.Thread(
            target=to_its_end, args=[name, work, stop], name=f"huiyin-{name}", daemon=True
        )
        for name, work in crew.items()
        if not only or name in only
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        until = monotonic() + STOP_SECONDS_MAX
        for thread in threads:
            thread.join(timeout=max(0.0, until - monotonic()))
        if late := [thread.name for thread in threads if thread.is_alive()]:
            log.critical(
                "%s did not end within %d seconds and is left behind; what it had saved"
                " holds, the next one goes on there",
                *(", ".join(late), STOP_SECONDS_MAX),
            )


def to_its_end(
    name: str, work: Callable[[threading.Event], None], stop: threading.Event
) -> None:
    """Have a member work; if it ends before it is told to, say so and stop them all."""
    try:
        work(stop)
    except Exception as why:
        log.critical("%s cannot go on: %s", name, why, exc_info=True)
    else:
        if not stop.is_set():
            log.critical("%s ended before it was told to: start the process again", name)
    finally:
        stop.set()
