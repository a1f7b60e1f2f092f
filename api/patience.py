"""How long the desk tries again where several processes change one case at once."""

from __future__ import annotations

from collections.abc import Iterator
from random import SystemRandom
from time import monotonic, sleep

SECONDS_MAX = 5.0
REST_FIRST, REST_MAX = 0.005, 0.1
CHANCE = SystemRandom()


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
