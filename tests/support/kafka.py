"""A real Kafka broker for the tests that need one, started and stopped by scripts/kafka."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from time import sleep

import pytest

from tests.tiers import BROKER_SCRIPT, demanded

# What a module of broker tests is marked with. kafka-python reads its own schemas with
# functions that Python 3.11 and 3.12 call deprecated (and 3.13 no longer does), and lets
# go of sockets without closing them while a broker is away.
KAFKA_TIER = [
    pytest.mark.kafka,
    pytest.mark.filterwarnings("ignore:read_text is deprecated:DeprecationWarning:kafka"),
    pytest.mark.filterwarnings(
        "ignore:open_text is deprecated:DeprecationWarning:importlib.resources._legacy"
    ),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]


class BrokerWanting(Exception):
    """This machine lacks what a broker needs; says what."""


class Broker:
    """One broker with its own data folder, at ``address`` while it runs."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.address = ""

    def start(self) -> str:
        """Start, or start again on the same port; the address, once it answers."""
        self.address = self._script("start").strip()
        return self.address

    def stop(self) -> None:
        self._script("stop", allowed=(0, 1))

    def forget_topics(self) -> None:
        """Delete every topic, so that the next test finds none."""
        admin = import_module("kafka").KafkaAdminClient(bootstrap_servers=self.address)
        try:
            if names := [name for name in admin.list_topics() if not name.startswith("_")]:
                admin.delete_topics(names)
                while set(names) & set(admin.list_topics()):
                    sleep(0.05)
        finally:
            admin.close()

    @property
    def pid(self) -> int:
        return int((self.data / "broker.pid").read_text(encoding="utf-8"))

    def _script(self, verb: str, *, allowed: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, str(BROKER_SCRIPT), verb, "--data", str(self.data)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in allowed:
            raise BrokerWanting(done.stderr.strip())
        return done.stdout


def start_or_leave_out(data: Path) -> Broker:
    """A running broker; without one the tier is skipped by name, or fails when demanded."""
    broker = Broker(data)
    try:
        broker.start()
    except BrokerWanting as why:
        if demanded("kafka"):
            pytest.fail(f"the kafka tier was demanded: {why}")
        pytest.skip(f"kafka tier left out: {why}")
    return broker
