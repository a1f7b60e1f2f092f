"""Whose turn it is: within one process, a stream is decided on by one command at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from uuid import UUID
from weakref import WeakValueDictionary

from domain.refused import Contended

WAIT_SECONDS_MAX = 20.0
ATTEMPTS_MAX = 5

# How often a decision is taken again when another process was faster: one item an attempt.
# Whoever makes the iterator may rest in between and ends it when its time is up.
Attempts = Callable[[], Iterator[object]]


def at_once() -> Iterator[object]:
    """A few attempts without a rest: for a desk that hardly anybody competes with."""
    return iter(range(ATTEMPTS_MAX))


class Turns:
    """A lock a stream, kept only while somebody holds it or waits for it.

    Between processes there is no lock: there the version of the stream decides.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[UUID, Lock] = WeakValueDictionary()
        self._door = Lock()

    @contextmanager
    def of(self, stream_id: UUID) -> Iterator[None]:
        """Have the stream to oneself. Raises Contended after ``WAIT_SECONDS_MAX``."""
        with self._door:
            lock = self._locks.get(stream_id)
            if lock is None:
                lock = self._locks[stream_id] = Lock()
        if not lock.acquire(timeout=WAIT_SECONDS_MAX):
            raise Contended("contended")
        try:
            yield
        finally:
            lock.release()
