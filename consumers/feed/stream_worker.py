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
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from consumers import metrics
from consumers.brokers.again import Again, again_and_again
from consumers.brokers.clients import (
    METADATA_MS_MAX,
    KafkaUnusable,
    brokers,
    client,
    faust_access,
    trouble,
)
from consumers.brokers.membership import Member
from consumers.feed import keeping
from consumers.feed.delivery import Delivery
from consumers.feed.kafka_feed import KafkaFeed
from consumers.feed.keeping import LOOK_SECONDS, Gaps, Share
from consumers.feed.streamed import WATCHED
from consumers.watch.watch import Watch
from projections.view import View

if TYPE_CHECKING:
    from consumers.brokers.hushing import Said
    from domain.desk import Desk
    from store import Store
    from store.settings import Settings

T = TypeVar("T")

FEED = "kafka-watch"
BATCH_MAX = 2_000
BATCH_WITHIN_SECONDS = 0.02
SESSION_SECONDS = 6
# Positions move on without a batch too, when the relay sets its mark after it.
TURN_SECONDS = 0.25
LEAVE_SECONDS_MAX = 5.0

log = logging.getLogger(__name__)


class Gap(Again):
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
    installed, and Replaced when another version of this program has built the views anew.
    """
    brokers(settings)
    client("kafka")
    client("faust")
    errors = client("aiokafka.errors")
    share = Share(store, settings, feed, views)
    watch, gaps = Watch(store, desk), Gaps()

    def work(said: Said) -> None:
        began = monotonic()
        with share.taken() as (kept, member):
            worker = Worker(kept, settings, member, watch, gaps)
            try:
                to_its_end(
                    worker.serve(stop, lambda: said.over("the stream worker is at work"))
                )
            except (errors.CorruptRecordException, UnicodeDecodeError) as damage:
                keeping.step_over(kept, settings, worker.partitions, stop)
                raise Again(f"a message that no client can read: {damage}") from damage
            except (
                errors.AuthenticationFailedError,
                errors.BrokerResponseError,
                errors.KafkaConnectionError,
                errors.KafkaTimeoutError,
                errors.NodeNotReadyError,
            ) as away:
                raise KafkaUnusable(trouble(settings, repr(away), since=began)) from away

    again_and_again("the stream worker", stop, work)


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
        self,
        feed: KafkaFeed,
        settings: Settings,
        member: Member,
        watch: Watch,
        gaps: Gaps,
    ) -> None:
        self._feed = feed
        self._settings = settings
        self._member = member
        self._watch = watch
        self._gaps = gaps
        self._look_at = monotonic() + LOOK_SECONDS
        self.partitions: set[int] = set()
        self.problem: Exception | None = None
        self._taking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="huiyin-take")
        self._app = self._make_app(client("faust"), member.name)

    def _make_app(self, faust: ModuleType, member: str) -> Any:
        app = faust.App(
            f"huiyin-{self._feed.name}",
            **faust_access(self._settings),
            broker_session_timeout=SESSION_SECONDS,
            broker_heartbeat_interval=SESSION_SECONDS / 3,
            consumer_group_instance_id=f"huiyin-{member}",
            consumer_auto_offset_reset="earliest",
            consumer_metadata_max_age_ms=METADATA_MS_MAX,
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

    async def serve(self, stop: threading.Event, well: Callable[[], None]) -> None:
        """Work until told to stop; ``well`` is called while all is in good order. Raises
        what made it impossible to go on."""
        app = self._app
        app.finalize()
        starting = asyncio.ensure_future(app.start())
        try:
            while not (stop.is_set() or app.should_stop or self.problem):
                await asyncio.sleep(TURN_SECONDS)
                must_be_in_its_group(app.consumer)
                if not starting.done():
                    continue
                starting.result()
                await self._on_thread(self._turn)
                if await self._look(app.consumer) and not app.should_stop:
                    well()
        finally:
            starting.cancel()
            await self._leave()
        if problem := self.problem or app.crash_reason:
            raise problem

    async def _leave(self) -> None:
        try:
            await asyncio.wait_for(self._app.stop(), LEAVE_SECONDS_MAX)
        except (Exception, asyncio.CancelledError) as why:
            # Its threads may be gone; nothing that it would still write is needed.
            log.warning("Faust did not stop in good order (it is left behind): %r", why)
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
            self._gaps.mend(self._feed, taken.missing, batch)
            raise Gap(f"what was not taken yet has to come first: {taken.missing}")
        self._turn()

    def _turn(self) -> None:
        """Move the views on to where all is folded, and look at what is new there."""
        keeping.settle(self._feed)
        self._watch.work()

    # Where to begin -------------------------------------------------------------------

    async def _look(self, consumer: Any) -> bool:
        """Now and then: is all still as it was, and does the topic have what we lack?
        Whether it was looked at."""
        if monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + LOOK_SECONDS
        await self._on_thread(keeping.look, self._feed, self._settings, self._member)
        await self._starts(consumer)
        return True

    async def _starts(self, consumer: Any) -> dict[int, int]:
        """The next offset of each of our partitions."""
        first = {
            tp.partition: at
            for tp, at in (await consumer.earliest_offsets(*consumer.assignment())).items()
        }
        self.partitions = set(first)
        return await self._on_thread(keeping.starts, self._feed, first)

    async def _on_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._taking, call, *args)


def must_be_in_its_group(consumer: Any) -> None:
    """Raise what the client failed for when it joined. It would say so when it is asked
    for messages, but Faust takes them behind its back and waits for ever."""
    inside = consumer._thread._consumer  # noqa: SLF001 - there is no other way to ask
    if inside is None:
        return
    membership = inside._coordinator  # noqa: SLF001
    if (said := membership._pending_exception) is not None:  # noqa: SLF001
        raise said
    joining = membership._coordination_task  # noqa: SLF001
    if joining.done() and not joining.cancelled() and (why := joining.exception()):
        raise why


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
    thread_of_its_own = abandonable()

    class SavedOffsets(of_faust):  # type: ignore[misc, valid-type]
        async def perform_seek(self) -> None:
            offsets = await starts_of(self)
            starts = {tp: offsets.get(tp.partition, 0) for tp in self.assignment()}
            await self.seek_wait(starts)
            self._committed_offset.update({tp: at or None for tp, at in starts.items()})

        def _new_consumer_thread(self) -> Any:
            thread = super()._new_consumer_thread()
            thread.Worker = thread_of_its_own
            return thread

    return SavedOffsets


def abandonable() -> type[Any]:
    """A thread for Faust's consumer that nobody waits for longer than he must.

    Its own is waited for for ever, by whoever stops it and by the whole process. It also
    dies loudly when aiokafka, closed while a broker is away, lets out the cancelling of
    its own tasks; that thread has ended as it was told to.
    """
    of_mode = client("mode.threads").WorkerThread

    class Abandonable(of_mode):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.daemon = True

        def run(self) -> None:
            with suppress(asyncio.CancelledError):
                super().run()

        def stop(self) -> None:
            self.is_stopped.wait(LEAVE_SECONDS_MAX)

    return Abandonable


def made(folder: Path) -> Path:
    """Faust wants its folder to be there, though it is given nothing to keep."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
