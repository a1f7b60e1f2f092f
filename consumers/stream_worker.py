"""A Faust worker as a shell: it brings batches from Kafka, PostgreSQL remembers.

Faust is used for what it does soundly: to belong to a group, to be given partitions, to
hand over batches (``take_events``). It remembers nothing. Where to begin is asked of the
feed, which saved it together with the rows; what Faust commits to Kafka is only for
looking at. So a worker that dies at any point is followed by one that goes on exactly
there. See docs/decisions/0006.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from consumers.brokers import KafkaUnusable, Topic, brokers, client, topic
from consumers.kafka_feed import Delivery, KafkaFeed
from projections.engine import Fenced
from projections.ground import lock_number
from projections.handovers import HANDOVERS
from projections.view import View

if TYPE_CHECKING:
    from store import Store
    from store.settings import Settings

T = TypeVar("T")

BATCH_MAX = 2_000
BATCH_WITHIN_SECONDS = 0.02
SESSION_SECONDS = 6
RETRY_SECONDS = 1.0
LEAVE_SECONDS_MAX = 5.0

log = logging.getLogger(__name__)


class Gap(Exception):
    """Kafka handed over messages behind ones that were not taken yet (by partition)."""


def run(
    store: Store,
    settings: Settings,
    stop: threading.Event,
    *,
    views: Iterable[View[Any]] = (HANDOVERS,),
    feed: str = "handovers",
) -> None:
    """Fold the facts of cases from Kafka into ``views`` until ``stop`` is set.

    ``feed`` names the group that shares the work; any number of workers may run, on any
    machine. Whatever goes wrong, it is logged and the worker begins again from what is
    saved. Raises KafkaUnusable when Kafka is not switched on or its clients are not
    installed, and Fenced when another version of this program has made the tables anew.
    """
    brokers(settings)
    client("kafka")
    client("faust")
    while not stop.is_set():
        try:
            source = topic(settings)
            kept = KafkaFeed(store, views, source.topic_id, name=feed)
            kept.prepare()
            with membership(store.dsn, feed) as member:
                to_its_end(Worker(kept, source, settings, member).serve(stop))
        except Fenced:
            raise
        except (KafkaUnusable, Gap) as why:
            log.warning("the stream worker begins again: %s", why)
        except Exception:
            log.exception("the stream worker begins again")
        stop.wait(RETRY_SECONDS)


@contextmanager
def membership(dsn: str, feed: str) -> Iterator[str]:
    """A name in the group that nobody else bears: the first that is free.

    The lock goes with the connection. So whoever follows a worker that died bears its
    name, and Kafka gives it the partitions at once, without waiting for the dead.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in itertools.count(1):
            name = f"{feed}-{number}"
            found = connection.execute(
                "SELECT pg_try_advisory_lock(%s)", [lock_number(f"kafka member {name}")]
            ).fetchone()
            if found and found[0]:
                yield name
                return


def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """``asyncio.run``, but what does not let itself be cancelled is left behind.

    After a crash some of Faust's own tasks wait for threads that are gone, for ever.
    """
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        for task in (left := asyncio.all_tasks(loop)):
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=LEAVE_SECONDS_MAX))
        loop.close()


class Worker:
    """One member of the group. Its thread takes one batch after the other."""

    def __init__(
        self, feed: KafkaFeed, source: Topic, settings: Settings, member: str
    ) -> None:
        self._feed = feed
        self._source = source
        self._problem: Exception | None = None
        self._taking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="huiyin-take")
        self._app = self._make_app(client("faust"), settings, member)

    def _make_app(self, faust: ModuleType, settings: Settings, member: str) -> Any:
        app = faust.App(
            f"huiyin-{self._feed.name}",
            broker=[f"kafka://{address}" for address in brokers(settings)],
            broker_session_timeout=SESSION_SECONDS,
            broker_heartbeat_interval=SESSION_SECONDS / 3,
            consumer_group_instance_id=f"huiyin-{member}",
            consumer_auto_offset_reset="earliest",
            datadir=made(settings.home / "kafka" / member),
            store="memory://",
            stream_wait_empty=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            autodiscover=False,
        )
        app.transport.Consumer = begins_where_saved(self._saved)
        channel = app.topic(self._source.name, key_serializer="raw", value_serializer="raw")
        app.agent(channel, name="fold")(self._fold)
        return app

    async def serve(self, stop: threading.Event) -> None:
        """Work until told to stop; raises what made it impossible to go on."""
        app = self._app
        app.finalize()
        try:
            await app.start()
            while not (stop.is_set() or app.should_stop or self._problem):
                await asyncio.sleep(0.1)
        finally:
            await self._leave()
        if problem := self._problem or app.crash_reason:
            raise problem

    async def _leave(self) -> None:
        try:
            await self._app.stop()
        except (Exception, asyncio.CancelledError) as why:
            # Its threads may be gone; nothing that it would still write is needed.
            log.warning("Faust did not stop in good order: %r", why)
        self._taking.shutdown()

    async def _fold(self, stream: Any) -> None:
        """The agent. It must not fail: Faust would start it again behind the batch."""
        async for events in stream.take_events(BATCH_MAX, within=BATCH_WITHIN_SECONDS):
            messages = [event.message for event in events]
            batch = [Delivery(m.partition, m.offset, m.value) for m in messages]
            try:
                await self._on_thread(self._take, batch)
            except Exception as problem:
                self._problem = problem
                await asyncio.Event().wait()  # until it is cancelled

    def _take(self, batch: list[Delivery]) -> None:
        taken = self._feed.take(batch)
        if taken.missing:
            raise Gap(f"what was not taken yet has to come first: {taken.missing}")

    async def _saved(self) -> dict[int, int]:
        return await self._on_thread(self._feed.next_offsets)

    async def _on_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._taking, call, *args)


def begins_where_saved(saved: Callable[[], Awaitable[dict[int, int]]]) -> type[Any]:
    """A consumer for Faust that begins each partition at the offset the feed has saved.

    Faust's own begins at what was committed to Kafka. That can be ahead of the rows:
    ``take_events`` acknowledges a batch even when the agent was cancelled in the middle
    of it, and a database restored from a backup knows less than it did.
    """
    of_faust = client("faust.transport.drivers.aiokafka").Consumer

    class SavedOffsets(of_faust):  # type: ignore[misc, valid-type]
        async def perform_seek(self) -> None:
            offsets = await saved()
            starts = {tp: offsets.get(tp.partition, 0) for tp in self.assignment()}
            await self.seek_wait(starts)
            self._committed_offset.update({tp: at or None for tp, at in starts.items()})

    return SavedOffsets


def made(folder: Path) -> Path:
    """Faust wants its folder to be there, though it is given nothing to keep."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
