"""The real program as a process of its own, clients that keep a ledger, and kill -9."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

import httpx

from store.postgres import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 60.0
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.05
ANSWERED = (201, 409, 422)


class Program:
    """``huiyin serve`` over the embedded database of a home; killed and started at will."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._home = home
        self._log = home / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers. Raises with its log when it does not."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [
                    sys.executable,
                    "-c",
                    "from api.cli.main import app; app()",
                    "serve",
                    f"--port={self.port}",
                ],
                cwd=ROOT,
                env={**os.environ, "HUIYIN_HOME": str(self._home)},
                stdout=log,
                stderr=log,
            )
        give_up = monotonic() + START_SECONDS_MAX
        while not self.healthy():
            if self._process.poll() is not None or monotonic() > give_up:
                raise RuntimeError(self._log.read_text(errors="replace")[-4000:])
            sleep(PAUSE_SECONDS)

    def healthy(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.address}/health").status_code == httpx.codes.OK
        return False

    def kill(self) -> None:
        """kill -9: nothing is said, nothing is tidied up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def program(home: Path) -> Iterator[Program]:
    running = Program(home)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@dataclass(slots=True)
class Wish:
    """One command under its own key: how often it was sent, and what came back."""

    key: str
    path: str
    body: dict[str, Any]
    sent: int = 0
    answer: dict[str, Any] | None = None


@dataclass(eq=False)
class Client(threading.Thread):
    """Sends one command after the other until told to stop, and keeps a ledger of them.

    A command whose answer did not come is sent again under the same key, until one does.
    """

    number: int
    address: str
    token: str
    stop: threading.Event
    ledger: list[Wish] = field(default_factory=list)
    problem: str = ""

    def __post_init__(self) -> None:
        super().__init__(name=f"client-{self.number}", daemon=True)
        self._dice = random.Random(self.number)  # noqa: S311 - which command comes next
        self._http = httpx.Client(base_url=self.address, timeout=15)

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                wish = self._next()
                self.ledger.append(wish)
                self.voice(wish)
        except BaseException as problem:  # told by the test
            self.problem = repr(problem)
            raise

    def close(self) -> None:
        self._http.close()

    def voice(self, wish: Wish) -> None:
        """Send it until it is answered for good."""
        give_up = monotonic() + PATIENCE_SECONDS
        while True:
            wish.sent += 1
            with suppress(httpx.TransportError):
                answer = self._http.post(
                    wish.path,
                    json=wish.body,
                    headers={
                        "Authorization": f"Bearer {self.token}",
                        "Idempotency-Key": wish.key,
                    },
                )
                if answer.status_code in ANSWERED:
                    assert answer.status_code == httpx.codes.CREATED, answer.text
                    wish.answer = answer.json()
                    return
            assert monotonic() < give_up, f"no answer to {wish}"
            sleep(PAUSE_SECONDS)

    def _next(self) -> Wish:
        """A new case, or one more fact about a case of one's own."""
        key = f"client {self.number} wish {len(self.ledger)}"
        mine = [w.answer["id"] for w in self.ledger if w.answer and w.path == "/cases"]
        if not mine or self._dice.random() < 0.5:
            body = {"business_type": "complaint", "phone": f"138{self.number:08d}"}
            return Wish(key, "/cases", body | {"content": "停电"})
        said = {"text": "还有一件事"}
        return Wish(key, f"/cases/{self._dice.choice(mine)}/comment", said)


@dataclass
class Crowd:
    """So many clients at once."""

    clients: list[Client]
    stop: threading.Event

    @classmethod
    @contextmanager
    def of(cls, size: int, address: str, token: str) -> Iterator[Self]:
        """A crowd that leaves no connection behind."""
        stop = threading.Event()
        crowd = cls([Client(n, address, token, stop) for n in range(size)], stop)
        try:
            yield crowd
        finally:
            for client in crowd.clients:
                client.close()

    @contextmanager
    def talking(self) -> Iterator[None]:
        """They talk while the block runs, and every one has its last answer after it."""
        for client in self.clients:
            client.start()
        try:
            yield
        finally:
            self.stop.set()
            for client in self.clients:
                client.join(PATIENCE_SECONDS)
        assert [c.problem for c in self.clients if c.problem or c.is_alive()] == []

    @property
    def ledger(self) -> list[Wish]:
        return [wish for client in self.clients for wish in list(client.ledger)]

    @property
    def acknowledged(self) -> int:
        return sum(wish.answer is not None for wish in self.ledger)

    def wait_for_more(self, wanted: int) -> None:
        """Return when so many more commands were acknowledged than now."""
        target = self.acknowledged + wanted
        give_up = monotonic() + PATIENCE_SECONDS
        while self.acknowledged < target:
            assert monotonic() < give_up, f"{self.acknowledged} of {target} acknowledged"
            sleep(PAUSE_SECONDS)
