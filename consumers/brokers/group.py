"""A consumer of kafka-python that is a member of a group, as all of our workers are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from consumers.brokers.clients import access, client
from store.settings import Settings


@contextmanager
def grouped(
    settings: Settings,
    topic: str,
    listener: Callable[[Any], Any],
    *,
    group: str,
    name: str,
    close_ms_max: int | None = None,
    **told: Any,
) -> Iterator[Any]:
    """A KafkaConsumer of one topic; ``listener`` makes what it tells of its partitions.

    ``name`` is its own in the group: the next one to bear it has its partitions at once.
    Where it stands is for the caller to keep and to commit.

    It joins no sooner than it knows the topic's partitions. A leader that knows none gives
    nobody any, and while it then joins a second time, kafka-python 3.0 forgets that it does
    if the answer comes between two polls: no partitions and no heartbeat for ever after.
    """
    sticky = client("kafka.coordinator.assignors.cooperative_sticky")
    consumer = client("kafka").KafkaConsumer(
        **access(settings),
        client_id=name,
        group_id=group,
        group_instance_id=name,
        partition_assignment_strategy=[sticky.CooperativeStickyAssignor],
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        **told,
    )
    try:
        consumer.subscribe([topic], listener=listener(consumer))
        consumer.partitions_for_topic(topic)
        yield consumer
    finally:
        consumer.close(autocommit=False, timeout_ms=close_ms_max)
