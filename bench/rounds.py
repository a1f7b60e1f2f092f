"""Alternating rounds: what one machine does to one of two, it does to both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """Rates of one comparison, in ``unit`` per second: medians and all rounds.

    ``ratio`` is ours over theirs, by medians; ``spread`` the least and the greatest
    ratio of a round, which tells how far to trust it.
    """

    name: str
    work: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    spread: tuple[float, float]
    rounds: list[tuple[float, float]]


def alternate(
    name: str,
    work: str,
    unit: str,
    ours: Callable[[], int],
    theirs: Callable[[], int],
    *,
    rounds: int = ROUNDS,
) -> Measured:
    """Time both, turn about, after a round of each that does not count.

    ``ours`` and ``theirs`` do their work and return how many units it was.
    """
    ours(), theirs()
    pairs = [(_rate(ours), _rate(theirs)) for _ in range(rounds)]
    mine, other = (median(pair[side] for pair in pairs) for side in (0, 1))
    ratios = [a / b for a, b in pairs]
    return Measured(
        name, work, unit, mine, other, mine / other, (min(ratios), max(ratios)), pairs
    )


def _rate(work: Callable[[], int]) -> float:
    started = perf_counter()
    done = work()
    return done / (perf_counter() - started)
