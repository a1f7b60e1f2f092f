"""Resting: cases that could not be served are left alone for a while, longer each time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

BACK_OFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)
# Whoever was not tried again long after the rest has nothing due any more.
FORGET_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Rest:
    """``failures`` in a row, the last of them ``error``; not before ``until`` again."""

    until: float
    failures: int
    error: str


class Resting:
    """In memory only: who starts anew tries every case anew."""

    def __init__(self) -> None:
        self._rests: dict[UUID, Rest] = {}
        self._lock = threading.Lock()

    def failed(self, case_id: UUID, error: str) -> Rest:
        """It went wrong once more."""
        with self._lock:
            before = self._rests.get(case_id)
            failures = before.failures + 1 if before else 1
            pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS)) - 1]
            rest = self._rests[case_id] = Rest(monotonic() + pause, failures, error)
            return rest

    def went_well(self, case_id: UUID) -> None:
        with self._lock:
            self._rests.pop(case_id, None)

    def now(self) -> list[UUID]:
        """The cases to be left alone now."""
        moment = monotonic()
        with self._lock:
            self._rests = {
                case_id: rest
                for case_id, rest in self._rests.items()
                if rest.until + FORGET_SECONDS > moment
            }
            return [case_id for case_id, r in self._rests.items() if r.until > moment]

    def __len__(self) -> int:
        """How many cases are in trouble, whether they rest just now or are due again."""
        return len(self._rests)

    @property
    def error(self) -> str | None:
        """What went wrong with the case that came into trouble last."""
        with self._lock:
            last = next(reversed(self._rests), None)
            return self._rests[last].error if last else None
