"""The rows of a policy's tables, as the rest of the business reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from domain.policy.row import Row

RUNNING = ("promise", "step", "outer")
"""The clocks of a limit that time is kept for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A word of the policy in both languages, with the source of its row."""

    zh: str
    en: str
    source: str = "U"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One row of the workflow: from a state, by an action, to a state, by these roles."""

    to: str
    roles: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Named):
    """One state of the workflow 环节. A terminal one is left only by taking it up again."""

    terminal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRule:
    """One business type 业务类型 (A1). Empty ``readers``: every role that may see cases.

    ``complaint`` is true when it counts as a complaint; ``counted`` says how exactly
    (yes, special, weak, no). ``dispatch``: at_once, always, if_unanswered, never
    (kept, but nothing is refused for it yet).
    ``callback_rate`` is the share (0 to 1) of a sampled type that is called back.
    """

    zh: str
    en: str
    complaint: bool
    callback: str  # "all" | "sample" | "none" (A6)
    readers: frozenset[str]
    source: str
    counted: str = "no"
    dispatch: str = "always"
    callback_rate: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRule:
    """One role 角色: what it sees ("all", or "own" unit and below), what it may."""

    zh: str
    en: str
    scope: str
    may: frozenset[str]
    views: frozenset[str]
    source: str = "U"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category(Named):
    """One class of matters 类别 (A2): ``depth`` 1 to 3, under ``parent`` (None at depth 1).

    ``types`` are the business types it is for (none named: all); ``red_line`` marks a
    class that must never happen (三指定, 乱收费).
    """

    code: str
    depth: int
    parent: str | None
    types: frozenset[str] = frozenset()
    meaning: Named | None = None
    red_line: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(Named):
    """One level 等级 (A3); the greater ``rank`` is the graver."""

    code: str
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion(Named):
    """A row of the level decision table: when all of ``when`` holds, at least this level.

    Values of ``when``: a text or a flag must be equal, a list must hold the value, and
    a key that ends in ``_min`` is a least number.
    """

    code: str
    level: str
    when: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason(Named):
    """A coded reason of one kind.

    ``types`` and ``flags`` say for which business types, or for which circumstances of
    a case (secret, anonymous, withdrawn …), it holds; both empty: always. ``at_once``:
    no further attempt is due (an empty number will not answer the third time either).
    ``reached``: the customer was spoken to; ``on_site``: where the matter is.
    """

    kind: str
    code: str
    types: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    at_once: bool = False
    reached: bool = False
    on_site: bool = False

    def holds(self, business_type: str, flags: frozenset[str] = frozenset()) -> bool:
        """Whether this reason may be given for such a case."""
        if not self.types and not self.flags:
            return True
        return business_type in self.types or not self.flags.isdisjoint(flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfaction(Named):
    """A step of the satisfaction scale 满意度 (A6). ``redo``: handle again, once."""

    code: str
    score: int
    satisfied: bool
    redo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """No callback from ``start`` to ``end``, local time; past midnight when it is less."""

    start: time
    end: time
    on: bool
    source: str

    def covers(self, moment: time) -> bool:
        if not self.on:
            return False
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """How customers are called back 回访 (A6).

    ``gap`` lies between two attempts; with ``spread_half_days`` the last one is in another
    half-day than all others. ``levels_always``: called back whatever their type.
    """

    attempts_max: int = 3
    gap: timedelta = timedelta(hours=2)
    spread_half_days: bool = True
    rehandle_max: int = 1
    independent: bool = True
    quiet: tuple[Quiet, ...] = ()
    levels_always: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Named):
    """One time limit 时限 (A5): ``value`` in ``unit`` (s, min, h, d, wd working days, y).

    An empty ``types``, ``areas``, ``levels``, ``categories``, ``channels`` or ``bodies``
    (who referred the case) is any.
    ``clock``: "promise" (the customer's, never paused by us), "step" (ours, paused by an
    approved suspension), "outer" (of whoever referred the case, beside ours), "measure" (a
    rate or a level to keep, in %, rings …), or "published" (on record only: no clock runs).
    ``unless``: not for a case in one of these circumstances (secret …).
    ``calendar``: h, min and s are counted in its working time ("": clock time), wd in it
    (""; in that of the policy). ``end_of_day``: wd last until the last closing of that day.
    """

    code: str
    step: str
    value: float
    unit: str
    clock: str
    types: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    calendar: str = ""
    end_of_day: bool = False

    @property
    def runs(self) -> bool:
        """Whether a clock runs for it."""
        return self.clock in RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Named):
    """Where a matter goes 派发去向 (B58, B38): the kind of unit, straight or not."""

    code: str
    block: str
    unit_kind: str
    direct: bool
    types: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


def named(row: Row) -> Named:
    return Named(zh=row.text("zh"), en=row.text("en"), source=row.source())


def names(row: Row, key: str) -> frozenset[str]:
    return frozenset(row.texts(key))
