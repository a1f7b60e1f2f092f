"""Clients of the Kafka brokers: who is reached, as whom, and who may import a client.

Kafka is opt-in (``HUIYIN_KAFKA``). Nothing here is imported, and no client is needed,
until it is switched on.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import ModuleType
from typing import Any

from consumers.brokers.advice import advice
from consumers.brokers.hushing import CLIENTS
from consumers.brokers.letting_go import tidy
from store.settings import Settings

SCRAM = "SCRAM-SHA-512"
BOOTSTRAP_MS_MAX = 5_000
RECONNECT_MS_MAX = 1_000
# Who leads a group and has not heard of its topic yet shares out nothing until it asks
# again; its own five minutes are a long time to stand still.
METADATA_MS_MAX = 3_000
# What a client said longer ago does not explain the trouble of now.
HEARD_SECONDS = 30.0
PORT_MAX = 65_535
# Whose loggers each client speaks through.
VOICES = {"kafka": ("kafka",), "faust": ("faust", "aiokafka", "mode")}


class KafkaUnusable(Exception):
    """Kafka is switched on but cannot be used; says what to do about it."""


def brokers(settings: Settings) -> list[str]:
    """The addresses to begin with. Raises KafkaUnusable when Kafka is not switched on."""
    if not settings.kafka:
        raise KafkaUnusable(
            "Kafka is not switched on: set HUIYIN_KAFKA=host:port[,host:port]"
        )
    found = [address.strip() for address in settings.kafka.split(",") if address.strip()]
    for address in found:
        host, colon, port = address.rpartition(":")
        if not (host and colon and port.isdecimal() and 1 <= int(port) <= PORT_MAX):
            raise KafkaUnusable(f"HUIYIN_KAFKA: {address!r} is not host:port")
    if not found:
        raise KafkaUnusable("HUIYIN_KAFKA names no broker: set it to host:port[,host:port]")
    return found


def access(settings: Settings) -> dict[str, Any]:
    """Where and as whom to connect: arguments of every client of kafka-python.

    SCRAM-SHA-512 with a user, TLS with who vouches for the brokers. Raises KafkaUnusable.
    """
    tls, user = vouched(settings), settings.kafka_user
    told: dict[str, Any] = {
        "bootstrap_servers": brokers(settings),
        "security_protocol": ("SASL_" if user else "") + ("SSL" if tls else "PLAINTEXT"),
        "reconnect_backoff_max_ms": RECONNECT_MS_MAX,
        "metadata_max_age_ms": METADATA_MS_MAX,
        **tidy(),
    }
    if user:
        told["sasl_mechanism"] = SCRAM
        told["sasl_plain_username"] = user
        told["sasl_plain_password"] = settings.kafka_password
    if tls:
        told["ssl_context"] = tls
    return told


def faust_access(settings: Settings) -> dict[str, Any]:
    """The same for a Faust application: ``broker`` and ``broker_credentials``."""
    told: dict[str, Any] = {"broker": [f"kafka://{at}" for at in brokers(settings)]}
    tls, user = vouched(settings), settings.kafka_user
    if not (tls or user):
        return told
    client("faust")
    auth = client("faust.auth")
    told["broker_credentials"] = (
        auth.SASLCredentials(
            username=user,
            password=settings.kafka_password,
            mechanism=SCRAM,
            ssl_context=tls,
        )
        if user
        else auth.SSLCredentials(context=tls)
    )
    return told


def vouched(settings: Settings) -> ssl.SSLContext | None:
    """TLS that trusts whom ``kafka_ca`` names, and nobody else; None: no TLS."""
    if settings.kafka_ca is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(settings.kafka_ca))
    except (OSError, ssl.SSLError) as wrong:
        raise KafkaUnusable(
            f"HUIYIN_KAFKA_CA={settings.kafka_ca} is no PEM file of certificates ({wrong})"
        ) from wrong


def client(module: str) -> ModuleType:
    """``kafka`` or ``faust``, or a KafkaUnusable that says how to install it."""
    try:
        found = importlib.import_module(module)
    except ImportError as missing:
        raise KafkaUnusable(
            f"HUIYIN_KAFKA is set, but {missing.name} is not installed:"
            " in the project's folder, run .venv/bin/python -m pip install -e '.[kafka]'"
        ) from missing
    CLIENTS.hush(*VOICES.get(module, ()))
    return found


@contextmanager
def reachable(settings: Settings) -> Iterator[ModuleType]:
    """The ``kafka`` module; its failures to reach the brokers come out as KafkaUnusable."""
    kafka, began = client("kafka"), monotonic()
    try:
        yield kafka
    except kafka.errors.KafkaError as error:
        name = type(error).__name__
        said = f"{name}: {str(error).removeprefix(f'{name}: ')}"
        raise KafkaUnusable(trouble(settings, said, since=began)) from error


def trouble(settings: Settings, said: str, *, since: float) -> str:
    """What is wrong, for people, by what was said; ``since`` by the monotonic clock."""
    what = advice(
        said,
        CLIENTS.heard_since(max(since, monotonic() - HEARD_SECONDS)),
        user=settings.kafka_user is not None,
        tls=settings.kafka_ca is not None,
    )
    return f"no use of Kafka at {settings.kafka}: {what}"


@contextmanager
def administrator(settings: Settings) -> Iterator[Any]:
    """An admin client of kafka-python, closed afterwards. Raises KafkaUnusable."""
    with reachable(settings) as kafka:
        with CLIENTS.muted():
            admin = kafka.KafkaAdminClient(
                **access(settings), bootstrap_timeout_ms=BOOTSTRAP_MS_MAX
            )
        try:
            yield admin
        finally:
            admin.close()
