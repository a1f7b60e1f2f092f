"""The host of the log and the hosts of Kafka raise the very same alerts from one log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.office import desk_over
from consumers.brokers.topics import topic
from consumers.feed.kafka_feed import KafkaFeed
from consumers.feed.stream_worker import FEED
from consumers.feed.streamed import WATCHED
from consumers.follower import Follower
from consumers.watch import watch
from projections.check import check
from projections.matters import MATTERS
from store import Store, open_store
from store.settings import Settings
from tests.consumers.watching import done, fetch, fold, raised
from tests.contract.feed_contract import until
from tests.contract.processes import at_work, to_be_killed
from tests.projections.telling import record
from tests.projections.test_rebuild import in_the_background
from tests.support.database import Databases
from tests.support.kafka import KAFKA_TIER
from tests.support.planted import found, planted

pytestmark = KAFKA_TIER


def laid_out(store: Store, ready: Callable[[], object]) -> int:
    """Found the house, have the view ready, and record the planted log; its last fact."""
    with desk_over(store) as desk:
        found(desk)
    ready()
    return record(store, planted())


def told(store: Store, position: int) -> bool:
    """Whether all up to a position was looked at, and the desk knows of what was raised."""
    unsent = fetch(store, "SELECT 1 FROM signals.raised WHERE sent_position IS NULL")
    return done(store) >= position and not unsent


def alerts(store: Store) -> list[dict[str, Any]]:
    """What the desk put on record about each alert, in the order of the alerts."""
    envelope = {"originator_version", "timestamp", "causation_id", "correlation_id"}
    facts = [e.fact for e in store.log.scan() if e.fact.TOPIC == "alert.raised"]
    said = [{k: v for k, v in vars(f).items() if k not in envelope} for f in facts]
    return sorted(said, key=lambda each: str(each["originator_id"]))


def by_the_log(store: Store, position: int) -> None:
    """A follower of the log, and a watch beside it."""
    follower = Follower(store, [MATTERS])

    def watching(stop: threading.Event) -> None:
        with desk_over(store) as desk:
            watch.run(store, store.settings, stop, desk, lambda: follower.positions)

    with in_the_background(follower.run, watching):
        until(lambda: told(store, position))


def by_kafka(store: Store, settings: Settings, position: int) -> None:
    """A relay, and stream workers of which two are killed while they are at it."""
    with at_work("relay", store, settings):
        for part in (0.2, 0.6):
            with to_be_killed("watch", settings) as kill:
                until(lambda part=part: done(store) > part * position)  # type: ignore[misc]
                kill()
        with at_work("watch", store, settings), to_be_killed("watch", settings):
            until(lambda: told(store, position))


def test_both_hosts_raise_the_same_and_tell_the_desk_once(
    store: Store, kafka: Settings, server: Databases, tmp_path: Path
) -> None:
    feed = KafkaFeed(store, WATCHED, topic(kafka), name=FEED)
    last = laid_out(store, feed.prepare)
    by_kafka(store, kafka, last)
    assert sum(feed.next_offsets().values()) >= len(planted())
    with server.fresh() as dsn:
        alone = Settings(home=tmp_path / "alone", database_url=dsn)
        with open_store(dsn, alone) as other:
            assert laid_out(other, lambda: fold(other)) == last
            by_the_log(other, last)
            assert raised(store) == raised(other)
            assert alerts(store) == alerts(other)
            assert len(alerts(store)) == len(raised(store)) > 10
    assert check(store, [MATTERS]).sound
