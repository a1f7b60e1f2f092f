"""告警规则 Rules of alerts: what is noticed across cases, and what texts are about."""

from __future__ import annotations

from dataclasses import dataclass

from domain.policy.rows import Named
from domain.policy.time_rows import Span

SURGE, TOPIC_SURGE, REPEAT_CALLER = "surge", "topic_surge", "repeat_caller"
PING_PONG, STALL, SILENCE = "ping_pong", "stall", "silence"
ALERTS = (SURGE, TOPIC_SURGE, REPEAT_CALLER, PING_PONG, STALL, SILENCE)
COMPARED = frozenset({SURGE, TOPIC_SURGE})
"""Those that are measured against what is usual at that hour."""
OF_NO_UNIT = frozenset({TOPIC_SURGE, REPEAT_CALLER})
"""Those that are about no unit, so that no leader's line can be climbed."""

CHECK, ESCALATE, WARN = ACTIONS = ("check", "escalate", "warn")
LEADER, DESK, TOP = TELLS = ("leader", "desk", "top")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule(Named):
    """What is noticed across cases 告警: from ``times`` in a ``window`` (event time) on.

    A surge is looked for every ``hop``, and is one when it is also ``factor`` times as many
    as in the same window of the ``weeks`` weeks before. ``quiet``: for so long after the
    last that was enough, the same one is not raised again.
    ``action``: ``check`` opens a focus check 重点检查 (B21), open until it is closed;
    ``escalate`` waits for an answer (B75); whoever is told of a ``warn`` owes nothing.
    ``tells``: a ``leader`` (``up`` 0 of the unit it is about, 1 of the next above …; of two
    units, the nearest above both), the lead of the dispatch ``desk``, or the ``top``.
    """

    code: str
    window: Span
    times: int
    quiet: Span
    action: str
    tells: str
    up: int = 0
    hop: Span | None = None
    weeks: int = 0
    factor: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Named):
    """What a text is about 主题 (B21, B81), told by any of these ``words`` in it."""

    code: str
    words: tuple[str, ...]
