"""Waiting for news of the log: woken by the database or this process, a poll as floor."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol, Self

import psycopg

from store.database import back_off

CHANNEL = "huiyin_log"
POLL_SECONDS = 1.0


class Source(Protocol):
    """What a feed follows: an opened store, or its recorder."""

    @property
    def dsn(self) -> str: ...

    def listen(self, listener: Callable[[int], None], /) -> Callable[[], None]:
        """Call back after each commit of this process; returns how to undo that."""


class Feed:
    """Knows how far the log has got, and wakes those who wait for more.

    A thread listens to ``huiyin_log``. On each notification, after each (re)connect and
    in each silent second it asks for the head. So whatever gets lost on the way costs a
    second at most, and nothing is missed.
    """

    def __init__(self, source: Source) -> None:
        self._dsn = source.dsn
        self._head = 0
        self._wakes = 0
        self._news = threading.Condition()
        self._closed = threading.Event()
        self._doorbell, self._door = socket.socketpair()
        self._unlisten = source.listen(self._reached)
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
                if left <= 0:
                    return False
                self._news.wait(left)
            return not self._closed.is_set()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        with self._news:
            self._wakes += 1
            self._news.notify_all()

    def close(self) -> None:
        """Stop listening; whoever waits is told that nothing came."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._unlisten()
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
                        # Asked after LISTEN, so that what came before it is seen too.
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
        """Wait for notifications, a silent second, or the end of the feed."""
        poll = select.poll()
        poll.register(line.fileno(), select.POLLIN)
        poll.register(self._doorbell, select.POLLIN)
        poll.poll(POLL_SECONDS * 1000)
        for _ in line.notifies(timeout=0):
            pass  # the head says more than any of them
