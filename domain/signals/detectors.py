"""识别表 Detectors: every signal that a fact can be, one line a signal."""

from __future__ import annotations

from domain.signals.detector import Detector
from domain.signals.low_rating import low_rating
from domain.signals.major import major
from domain.signals.ping_pong import ping_pong
from domain.signals.reopened import reopened
from domain.signals.repeat import repeat
from domain.signals.returns import returns

DETECTORS: dict[str, Detector] = {
    "returns": returns,
    "ping_pong": ping_pong,
    "repeat": repeat,
    "low_rating": low_rating,
    "reopened": reopened,
    "major": major,
}
"""By the codes of the policy's signals. Stall is none of them: no fact brings it, time does
(``stall.due``)."""
