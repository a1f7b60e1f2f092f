"""识别 Detector: what every signal is, and when a count is enough."""

from __future__ import annotations

from collections.abc import Callable

from domain.case.case import Case, CaseFact
from domain.policy.time_rows import SignalRule

Detector = Callable[[Case, CaseFact, SignalRule], int | None]
"""How many times it is now, with this fact; None: not by this fact, or not often enough.

The case has taken the fact in already, and all others of its command.
"""


def enough(times: int, rule: SignalRule) -> int | None:
    """The count, from the ``times`` of the rule on."""
    return times if times >= rule.times else None
