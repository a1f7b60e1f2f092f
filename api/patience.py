"""How the desk of a process waits: a turn a stream here, rests where others are faster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import SystemRandom
from threading import Lock
from time import monotonic, sleep
from uuid import UUID
from weakref import WeakValueDictionary

from domain.refused import Contended

SECONDS_MAX = 5.0
REST_FIRST, REST_MAX = 0.005, 0.1
CHANCE = SystemRandom()
TURN_SECONDS_MAX = 20.0


def patient() -> Iterator[None]:
    """One item an attempt, for ``SECONDS_MAX``: twice at once, then each after a rest.

    The rests differ by chance, so that those who collided do not do so again.
    """
    give_up = monotonic() + SECONDS_MAX
    yield
    yield
    rest = REST_FIRST
    while monotonic() < give_up:
        sleep(CHANCE.uniform(0, rest))
        rest = min(2 * rest, REST_MAX)
        yield


class Turns:
    """A lock a stream, kept only while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[UUID, Lock] = WeakValueDictionary()
        self._door = Lock()

    @contextmanager
    def of(self, stream_id: UUID) -> Iterator[None]:
        """Have the stream to oneself. Raises Contended after ``TURN_SECONDS_MAX``."""
        with self._door:
            lock = self._locks.get(stream_id)
            if lock is None:
                lock = self._locks[stream_id] = Lock()
        if not lock.acquire(timeout=TURN_SECONDS_MAX):
            raise Contended("contended")
        try:
            yield
        finally:
            lock.release()
