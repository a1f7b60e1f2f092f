"""时限规则 Rules of time: when clocks run, which ladders are climbed, what is a signal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from domain.policy.rows import Named

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
DAYS, WORKING_DAYS = "d", "wd"
SPAN_UNITS = (*SECONDS, WORKING_DAYS)
WRITTEN = re.compile(r"(?P<value>[0-9]{1,9}(\.[0-9]{1,6})?) (?P<unit>s|min|h|d|wd)")
SPAN_MAX = 100_000
"""No rule of an office waits longer, in whatever unit; more is a typing mistake."""

OWNERS = ("holder", "leader", "offered", "centre", "ordered", "told")
TELLS = ("assignee", "leader", "desk", "top")
SIGNALS = ("stall", "returns", "ping_pong", "repeat", "low_rating", "reopened", "major")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """So long: ``value`` in ``unit`` (s, min, h, d, or wd working days)."""

    value: float
    unit: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``4 wd``, ``20 min``, ``1.5 h``; working days are whole.

        Raises ValueError when it is nothing of the kind.
        """
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"no span: {text!r}")
        value, unit = float(found["value"]), found["unit"]
        if value > SPAN_MAX or (unit == WORKING_DAYS and value != int(value)):
            raise ValueError(f"no span: {text!r}")
        return cls(value=value, unit=unit)

    @property
    def seconds(self) -> float:
        """Of clock or working time. Raises ValueError for working days: only a calendar
        knows how long they are."""
        if self.unit == WORKING_DAYS:
            raise ValueError(f"no number of seconds: {self}")
        return self.value * SECONDS[self.unit]

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule(Named):
    """What starts, stops and warns of the clock of one step 时钟. Its time is a limit (A5).

    The sets hold words: a fact's topic (``case.replied``), or one of its yes-or-no fields
    (``case.return_decided.approved``, ``case.reopened.not_rehandling``). ``starts``: begins
    unless it runs; ``restarts``: begins anew, the old run is dropped; ``stops``: it is
    done; ``drops``: nobody waits for it any more; ``resumes``: what was done was sent back,
    the same clock runs on.
    ``owner``: who has to act, the ``holder`` of the case, the ``leader`` of the unit that
    holds it, whom a hand-over was ``offered`` to, the ``centre``, the unit that was
    ``ordered`` to by a supervision order, or the leader who was ``told``. ``warn``: so
    long before it is due, largest first. ``ladder``: climbed when it is overdue; None:
    nobody is told. ``extends``: an approved extension moves it. ``rests``: an approved
    suspension does.
    """

    step: str
    starts: frozenset[str] = frozenset()
    restarts: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    resumes: frozenset[str] = frozenset()
    owner: str = "holder"
    warn: tuple[Span, ...] = ()
    ladder: str | None = None
    extends: bool = False
    rests: bool = False

    @property
    def words(self) -> frozenset[str]:
        """Every word it listens for."""
        return self.starts | self.restarts | self.stops | self.drops | self.resumes


@dataclass(frozen=True, slots=True, kw_only=True)
class RungRule:
    """One rung 一级: told ``after`` so long from the trigger, unless it came to an end.

    ``calendar`` names the working time it is counted in ("": clock time; working days:
    that of the policy). ``tells``: the ``assignee``, a ``leader`` (``up`` 0 of the unit
    that holds the case, 1 of the next above …), the lead of the dispatch ``desk``, or the
    ``top``.
    """

    after: Span
    tells: str
    up: int = 0
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder(Named):
    """An escalation ladder 升级阶梯: who is told when, while nobody acts.

    ``answer_holds``: a leader's answer keeps it from going on for so long; None: not at
    all. ``answer_ends`` false: no answer keeps the next rungs from being told, as it is a
    list of people to notify.
    """

    code: str
    rungs: tuple[RungRule, ...]
    answer_holds: Span | None = None
    answer_ends: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRule(Named):
    """What is noticed 异常: from the ``times``-th time on, its ladder is climbed.

    ``after`` and ``calendar``: for a stall, how long nobody may have acted. ``stages``:
    only in these (none named: in each). ``levels``: those that are meant (major).
    ``force``: the unit that holds the case then has to see it through.
    """

    code: str
    ladder: str
    times: int = 1
    after: Span | None = None
    calendar: str = ""
    stages: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """督办、催办与挂起: ``urge_gap`` between two urges of a case; units of the ``blocks``
    have power over every unit under the same root (B1); roles of ``release`` may still send
    on a case whose owner was forced (B35). ``rest_max``: so far ahead a suspension may end
    at the latest; None: as late as anybody likes."""

    urge_gap: timedelta = timedelta()
    blocks: frozenset[str] = frozenset()
    release: frozenset[str] = frozenset()
    rest_max: timedelta | None = None
