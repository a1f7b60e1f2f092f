"""Real Kafka brokers for the tests that need them, started and stopped by scripts/kafka."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest

from consumers.brokers.clients import administrator
from consumers.brokers.topics import LOOKS_IN_A_ROW
from store.settings import Settings
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
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]


class BrokerWanting(Exception):
    """This machine lacks what a broker needs; says what."""


class Brokers:
    """One broker, or three, with a data folder of their own; at ``address`` while they run.

    Three keep three copies, and acknowledge what two of them have. ``secure`` ones speak
    TLS and ask for a password.
    """

    def __init__(self, data: Path, *, brokers: int = 1, secure: bool = False) -> None:
        self.data = data
        self._shape = [f"--brokers={brokers}", *(["--secure"] if secure else [])]
        self._secure = secure
        self.address = ""

    def start(self, *, file_size_max: int | None = None) -> str:
        """Start, or start again on the same ports; the address, once all answer.

        ``file_size_max`` (bytes): to those started now the disk is full once a file would
        grow past it.
        """
        limit = [f"--file-size-max={file_size_max}"] if file_size_max else []
        self.address = self._script("start", *self._shape, *limit).splitlines()[0]
        return self.address

    def start_one(self, number: int) -> None:
        self._script("start", str(number))

    def stop(self) -> None:
        self._script("stop", allowed=(0, 1))

    def kill(self, number: int) -> None:
        """SIGKILL number 1, 2 or 3."""
        self._script("kill", str(number))

    def end(self) -> None:
        """Do away with them, running or not: nobody needs what they hold any more."""
        self._script("kill", allowed=(0, 1))

    def all_answer(self) -> bool:
        return script("status", "--data", str(self.data)).returncode == 0

    def known_to(self, settings: Settings) -> Settings:
        """The same settings with these brokers in them, and how to be let in."""
        if not self._secure:
            return replace(settings, kafka=self.address)
        return replace(
            settings,
            kafka=self.address,
            kafka_user="huiyin",
            kafka_password=(self.data / "password").read_text(encoding="utf-8"),
            kafka_ca=self.data / "ca.pem",
        )

    def forget_topics(self) -> None:
        """Delete every topic, so that the next test finds none."""
        with administrator(self.known_to(Settings(home=self.data))) as admin:
            if names := [name for name in admin.list_topics() if not name.startswith("_")]:
                admin.delete_topics(names)
                # Each time another broker may answer, and one hears of it before the next.
                for _ in range(LOOKS_IN_A_ROW):
                    while set(names) & set(admin.list_topics()):
                        sleep(0.05)

    def _script(self, *words: str, allowed: tuple[int, ...] = (0,)) -> str:
        done = script(*words, "--data", str(self.data))
        if done.returncode not in allowed:
            raise BrokerWanting(done.stderr.strip())
        return done.stdout


def script(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """scripts/kafka, run to its end."""
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BROKER_SCRIPT), *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@contextmanager
def running(*, brokers: int = 1, secure: bool = False) -> Iterator[Brokers]:
    """Brokers that run; where none can, the test is left out, or fails when demanded."""
    with tempfile.TemporaryDirectory(prefix="huiyin-kafka-") as folder:
        made = Brokers(Path(folder), brokers=brokers, secure=secure)
        try:
            made.start()
        except BrokerWanting as why:
            if demanded("kafka"):
                pytest.fail(f"the kafka tier was demanded: {why}")
            pytest.skip(f"kafka tier left out: {why}")
        try:
            yield made
        finally:
            made.end()


def both_said(words: str, caplog: pytest.LogCaptureFixture) -> bool:
    """Whether the relay and the fold worker have told of it."""
    telling = {record.name for record in caplog.records if words in record.getMessage()}
    return {"consumers.relay.relay", "consumers.brokers.again"} <= telling
