"""Trying in vain to reach Kafka costs nothing that is not given back."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from consumers.brokers.clients import access, client
from store.settings import Settings
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER[1:]  # what kafka-python warns of; it needs no broker


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


@pytest.mark.parametrize("kind", ["KafkaAdminClient", "KafkaProducer", "KafkaConsumer"])
def test_a_client_that_finds_no_broker_leaves_no_thread_and_no_open_file(
    kind: str, tmp_path: Path
) -> None:
    kafka = client("kafka")
    with socket.socket() as nobody:  # bound, but it does not listen
        nobody.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*nobody.getsockname())
        settings = Settings(home=tmp_path, kafka=address)
        before = open_files(), threads()
        for _ in range(3):
            in_vain(kafka, kind, settings)
        assert (open_files(), threads()) == before


def in_vain(kafka: Any, kind: str, settings: Settings) -> None:
    with pytest.raises(kafka.errors.KafkaTimeoutError):
        getattr(kafka, kind)(**access(settings), bootstrap_timeout_ms=200)
