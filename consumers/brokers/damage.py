"""Damage: the next messages of a partition, up to one that no client can read.

A header whose name is no UTF-8 is enough, and any program that may write into a topic can
send one. A client that stumbled does not say over which message, and goes round in circles
behind it or begins again before it, for ever; so a fresh one looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consumers.brokers.clients import access, client

if TYPE_CHECKING:
    from store.settings import Settings

ANSWER_MS_MAX = 5_000


def ahead(settings: Settings, part: Any, at: int, most: int) -> list[Any]:
    """Some of the messages from an offset on, ``most`` at most; none at the end.

    Raises CorruptRecordError of kafka-python when the first of them cannot be read.
    """
    looker = client("kafka").KafkaConsumer(
        **access(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
    )
    try:
        looker.assign([part])
        looker.seek(part, at)
        if looker.end_offsets([part])[part] <= at:
            return []
        found: list[Any] = looker.poll(ANSWER_MS_MAX, most).get(part, [])
        return found
    finally:
        looker.close()
