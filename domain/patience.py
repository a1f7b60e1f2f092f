"""How long the desk waits and tries: up to whoever opens it, for waiting takes a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

ATTEMPTS_MAX = 5

# How often a decision is taken again when another process was faster: one item an attempt.
# Whoever makes the iterator may rest in between and ends it when its time is up.
Attempts = Callable[[], Iterator[object]]

# Have a stream to oneself within this process; between processes its version decides.
# Raises Contended when it was not to be had in time.
Turn = Callable[[UUID], AbstractContextManager[object]]


def at_once() -> Iterator[object]:
    """A few attempts without a rest: for a desk that hardly anybody competes with."""
    return iter(range(ATTEMPTS_MAX))


def unasked(_stream_id: UUID) -> AbstractContextManager[object]:
    """No turns: for a desk that one thread works at."""
    return nullcontext()
