"""A real broker for the session, and topics of its own for every test."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from consumers.brokers import make_topics
from store.settings import Settings
from tests.support.kafka import Broker, start_or_leave_out


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """One broker for the whole session; it is stopped by its process id."""
    with tempfile.TemporaryDirectory(prefix="huiyin-kafka-") as folder:
        started = start_or_leave_out(Path(folder))
        try:
            yield started
        finally:
            started.stop()


@pytest.fixture
def kafka(settings: Settings, broker: Broker) -> Iterator[Settings]:
    """The test's settings with Kafka switched on, and topics that hold nothing."""
    switched_on = replace(settings, kafka=broker.address)
    make_topics(switched_on)
    yield switched_on
    broker.forget_topics()
    gc.collect()  # here, where the sockets that kafka-python forgot may go unnoticed
