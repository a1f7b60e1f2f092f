"""A Faust worker as a shell: it brings batches from Kafka, PostgreSQL remembers.

Faust is used for what it does soundly: to belong to a group, to be given partitions, to
hand over batches (``take_events``). It remembers nothing. Where to begin is asked of the
feed, which saved it together with the rows; what Faust commits to Kafka is only for
looking at. So a worker that dies at any point is followed by one that goes on exactly
there. What it brings are the matters; with each batch it also watches (``watch.py``).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from consumers import metrics
from consumers.brokers import KafkaUnusable, brokers, client, faust_access, topic
from consumers.delivery import Delivery
from consumers.hushing import Said
from consumers.kafka_feed import KafkaFeed
from consumers.marks import Holed
from consumers.membership import Followed, membership
from consumers.publisher import Anew
from consumers.streamed import WATCHED
from consumers.watch import Watch
from projections.engine import Fenced
from projections.view import View

if TYPE_CHECKING:
    from domain.desk import Desk
    from store import Store
    from store.settings import Settings

T = TypeVar("T")

FEED = "kafka-watch"
BATCH_MAX = 2_000
BATCH_WITHIN_SECONDS = 0.02
SESSION_SECONDS = 6
RETRY_SECONDS = 1.0
# Positions move on without a batch too, when the relay sets its mark after it.
TURN_SECONDS = 0.25
LOOK_SECONDS = 5.0
LEAVE_SECONDS_MAX = 5.0

log = logging.getLogger(__name__)


class Gap(Exception):
    """Kafka handed over messages behind ones that were not taken yet (by partition)."""


def run(
    store: Store,
    settings: Settings,
    stop: threading.Event,
    desk: Desk,
    *,
    views: Sequence[View[Any]] = WATCHED,
    feed: str = FEED,
) -> None:
    """Fold the facts of cases from Kafka into ``views`` and watch, until ``stop`` is set.

    ``feed`` names the group that shares the work; any number of workers may run, on any
    machine. Whatever goes wrong, it is said and the worker begins again from what is
    saved. Raises KafkaUnusable when Kafka is not switched on or its clients are not
    installed, and Fenced when another version of this program has built the views anew.
    """
    brokers(settings)
    client("kafka")
    client("faust")
    said, watch = Said(log), Watch(store, desk)
    while not stop.is_set():
        try:
            source = topic(settings)
            with membership(store.dsn, feed, views) as member:
                kept = KafkaFeed(store, views, source, name=feed)
                kept.prepare()
                said.over("the stream worker is at work")
                to_its_end(Worker(kept, settings, member, watch).serve(stop))
        except Fenced:
            raise
        except (KafkaUnusable, Followed, Anew, Gap) as why:
            said.once(f"the stream worker begins again: {why}")
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            said.once(f"the stream worker begins again: {what}", exc_info=True)
        stop.wait(RETRY_SECONDS)


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
        self, feed: KafkaFeed, settings: Settings, member: str, watch: Watch
    ) -> None:
        self._feed = feed
        self._settings = settings
        self._watch = watch
        self._looked_at = monotonic()
        self.problem: Exception | None = None
        self._taking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="huiyin-take")
        self._app = self._make_app(client("faust"), member)

    def _make_app(self, faust: ModuleType, member: str) -> Any:
        app = faust.App(
            f"huiyin-{self._feed.name}",
            **faust_access(self._settings),
            broker_session_timeout=SESSION_SECONDS,
            broker_heartbeat_interval=SESSION_SECONDS / 3,
            consumer_group_instance_id=f"huiyin-{member}",
            consumer_auto_offset_reset="earliest",
            datadir=made(self._settings.home / "kafka" / member),
            store="memory://",
            stream_wait_empty=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            autodiscover=False,
        )
        app.transport.Consumer = begins_where_saved(self._starts)
        facts = app.topic(
            self._feed.topic.name, key_serializer="raw", value_serializer="raw"
        )
        self.agent = app.agent(facts, name="fold")(self._fold)
        return app

    # Serving --------------------------------------------------------------------------

    async def serve(self, stop: threading.Event) -> None:
        """Work until told to stop; raises what made it impossible to go on."""
        app = self._app
        app.finalize()
        try:
            await app.start()
            while not (stop.is_set() or app.should_stop or self.problem):
                await asyncio.sleep(TURN_SECONDS)
                await self._on_thread(self._turn)
                await self._look(app.consumer)
        finally:
            await self._leave()
        if problem := self.problem or app.crash_reason:
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
            try:
                await self._on_thread(self._take, [delivery(e.message) for e in events])
            except Exception as problem:
                self.problem = problem
                await asyncio.Event().wait()  # until it is cancelled

    def _take(self, batch: list[Delivery]) -> None:
        began = monotonic()
        taken = self._feed.take(batch)
        metrics.batch(self._feed.name, len(batch), monotonic() - began)
        if taken.missing:
            raise Gap(f"what was not taken yet has to come first: {taken.missing}")
        self._turn()

    def _turn(self) -> None:
        """Move the views on to where all is folded, and look at what is new there."""
        try:
            self._feed.settle()
        except Holed as hole:
            log.warning("the topic has a hole, the log is read: %s", hole)
            self._feed.level(dict.fromkeys(range(self._feed.topic.partitions), 0))
        self._watch.work()

    # Where to begin -------------------------------------------------------------------

    async def _look(self, consumer: Any) -> None:
        """Now and then: is it still the same topic, and does it have what we lack?"""
        if monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = monotonic()
        now = await self._on_thread(topic, self._settings, self._feed.topic.name)
        if now.topic_id != self._feed.topic.topic_id:
            raise Anew(f"the topic {now.name} was made anew")
        await self._starts(consumer)

    async def _starts(self, consumer: Any) -> dict[int, int]:
        """The next offset of each of our partitions. What the topic has lost before it was
        taken comes from the log."""
        first = {
            tp.partition: at
            for tp, at in (await consumer.earliest_offsets(*consumer.assignment())).items()
        }
        offsets = await self._on_thread(self._feed.next_offsets)
        if gone := {n: at for n, at in first.items() if at > offsets.get(n, 0)}:
            log.warning(
                "the topic begins behind what was taken (%s): the log is read", gone
            )
            await self._on_thread(self._feed.level, gone)
            offsets = await self._on_thread(self._feed.next_offsets)
        return offsets

    async def _on_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._taking, call, *args)


def delivery(message: Any) -> Delivery:
    """A message as Faust hands it over."""
    return Delivery(
        message.partition,
        message.offset,
        message.value or b"",
        message.key,
        tuple(message.headers or ()),
    )


def begins_where_saved(
    starts_of: Callable[[Any], Awaitable[dict[int, int]]],
) -> type[Any]:
    """A consumer for Faust that begins each partition at the offset the feed has saved.

    Faust's own begins at what was committed to Kafka. That can be ahead of the rows:
    ``take_events`` acknowledges a batch even when the agent was cancelled in the middle
    of it, and a database restored from a backup knows less than it did.
    """
    of_faust = client("faust.transport.drivers.aiokafka").Consumer

    class SavedOffsets(of_faust):  # type: ignore[misc, valid-type]
        async def perform_seek(self) -> None:
            offsets = await starts_of(self)
            starts = {tp: offsets.get(tp.partition, 0) for tp in self.assignment()}
            await self.seek_wait(starts)
            self._committed_offset.update({tp: at or None for tp, at in starts.items()})

    return SavedOffsets


def made(folder: Path) -> Path:
    """Faust wants its folder to be there, though it is given nothing to keep."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
