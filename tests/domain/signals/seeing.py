"""What a detector sees in the last of some facts, and rules that are not those shipped."""

from __future__ import annotations

from typing import Any

from domain.case.case import CaseFact
from domain.policy.time_rows import SignalRule
from domain.signals.detectors import DETECTORS
from tests.support.scenario import given


def rule(code: str, times: int = 1, **said: Any) -> SignalRule:
    """A rule for a signal that is raised from the first time on."""
    return SignalRule(zh="异常", en="signal", code=code, ladder="any", times=times, **said)


def seen(code: str, *facts: CaseFact, times: int = 1, **said: Any) -> int | None:
    """How many times it is with the last fact; None: not by that one."""
    return DETECTORS[code](given(*facts).case, facts[-1], rule(code, times, **said))
