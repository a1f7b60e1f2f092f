"""Waiting for news of the log: woken by the database or the same process, a poll as floor."""

from __future__ import annotations

import select
import socket
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

import psycopg

from store.database import back_off

if TYPE_CHECKING:
    from store.recorder import LogRecorder
    from store.store import Store

CHANNEL = "huiyin_log"
POLL_SECONDS = 1.0


class Feed:
    """Knows how far the log has got, and wakes those who wait for more.

    A thread listens to ``huiyin_log``. After each (re)connect and each silent second it
    asks for the head, so a lost notification costs a second at most, and nothing is missed.
    """

    def __init__(self, store: Store | LogRecorder) -> None:
        recorder = getattr(store, "recorder", store)
        self._dsn: str = recorder.dsn
        self._head = 0
        self._wakes = 0
        self._news = threading.Condition()
        self._closed = threading.Event()
        self._doorbell, self._door = socket.socketpair()
        self._forget = recorder.listen(self._reached)
        self._thread = threading.Thread(target=self._run, name="huiyin-feed", daemon=True)
        self._thread.start()

    def wait(self, after: int, timeout: float) -> bool:
        """Block until the log may hold more than position ``after``.

        ``timeout`` in seconds. True when it may, False when the time is over.
        """
        deadline = monotonic() + timeout
        with self._news:
            wakes = self._wakes
            while (
                self._head <= after and self._wakes == wakes and not self._closed.is_set()
            ):
                left = deadline - monotonic()
                if left <= 0 or not self._news.wait(left):
                    return self._head > after
            return self._head > after or self._wakes != wakes

    def wake(self) -> None:
        """Let everybody who waits look again."""
        with self._news:
            self._wakes += 1
            self._news.notify_all()

    def close(self) -> None:
        self._forget()
        self._closed.set()
        self._door.send(b"!")
        self.wake()
        self._thread.join()
        self._doorbell.close()
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reached(self, position: int) -> None:
        with self._news:
            if position > self._head:
                self._head = position
                self._news.notify_all()

    def _run(self) -> None:
        failures = 0
        while not self._closed.is_set():
            try:
                with psycopg.connect(self._dsn, autocommit=True, connect_timeout=5) as line:
                    line.execute(f"LISTEN {CHANNEL}")
                    while not self._closed.is_set():
                        # Asked after LISTEN: what came before is seen here.
                        self._ask(line)
                        failures = 0
                        self._listen(line)
            except (psycopg.Error, OSError):
                self._closed.wait(back_off(failures))
                failures += 1

    def _ask(self, line: psycopg.Connection[Any]) -> None:
        row = line.execute("SELECT pos FROM log.head").fetchone()
        if row:
            self._reached(row[0])

    def _listen(self, line: psycopg.Connection[Any]) -> None:
        """Take notifications until there is a silent second, or the feed closes."""
        poll = select.poll()
        poll.register(line.fileno(), select.POLLIN)
        poll.register(self._doorbell, select.POLLIN)
        while poll.poll(POLL_SECONDS * 1000) and not self._closed.is_set():
            for notice in line.notifies(timeout=0):
                self._reached(int(notice.payload))
