"""A member of a group on real brokers: a leader shares out what it knows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from consumers.brokers.clients import client
from consumers.brokers.group import grouped
from consumers.brokers.topics import Topic, topic
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER


def assigned_first(settings: Settings, source: Topic) -> int:
    """How many partitions the only member of a new group is given at once."""
    came: list[Any] = []

    def noting(_consumer: Any) -> Any:
        class Noting(client("kafka").ConsumerRebalanceListener):  # type: ignore[misc]
            def on_partitions_assigned(self, assigned: Any) -> None:
                came.append(assigned)

            def on_partitions_revoked(self, revoked: Any) -> None:
                """Nobody else is there to take them."""

        return Noting()

    group = f"huiyin-of-{uuid4()}"
    with grouped(settings, source.name, noting, group=group, name="huiyin-1") as consumer:
        until(lambda: bool(consumer.poll(20) or came))
    return len(came[0])


def test_a_leader_knows_the_topic_before_it_joins(
    kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    source = topic(kafka)
    first = [assigned_first(kafka, source) for _ in range(5)]
    assert first == [source.partitions] * 5
    assert "No partition metadata" not in caplog.text
