"""A real broker for the session, and topics of its own for every test."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from consumers.brokers.topics import make_topics
from store.settings import Settings
from tests.support.kafka import Brokers, running


@pytest.fixture(scope="session")
def broker() -> Iterator[Brokers]:
    """One broker for the whole session."""
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def cluster() -> Iterator[Brokers]:
    """Three brokers for the whole session, which let in only whom they know."""
    with running(brokers=3, secure=True) as started:
        yield started


@pytest.fixture
def kafka(settings: Settings, broker: Brokers) -> Iterator[Settings]:
    """The test's settings with Kafka switched on, and topics that hold nothing."""
    with switched_on(settings, broker) as told:
        yield told


@pytest.fixture
def guarded(settings: Settings, cluster: Brokers) -> Iterator[Settings]:
    """The same with the three brokers, and with what they want to be told."""
    with switched_on(settings, cluster) as told:
        yield told


@contextmanager
def switched_on(settings: Settings, brokers: Brokers) -> Iterator[Settings]:
    told = brokers.known_to(settings)
    make_topics(told)
    yield told
    brokers.forget_topics()
    gc.collect()  # here, where the sockets that kafka-python forgot may go unnoticed
