"""What the organisation's facts leave on record, and the answers given from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

# The four blocks of the paper (B32): 主营系统, 上级电力管理层, 监督体系, 企业管理部门
# (纪检、审计、财务、媒体、政府).
BLOCKS = ("main", "superior", "supervision", "enterprise")
# 省, 市, 县, 站所, 中心, 班组, 部门, 外部机构.
KINDS = ("province", "city", "county", "station", "centre", "team", "department", "outside")
# 负责人, 副职, 一般岗位.
LEADER, DEPUTY, STAFF = DUTIES = ("leader", "deputy", "staff")


# Answers --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit 单位 as it stands at a moment. ``parent`` None: a root (nobody above it)."""

    id: str
    name: str
    block: str
    kind: str
    parent: str | None
    opened_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post 岗位. Who holds it acts under ``role``; ``duty``: leader, deputy, staff."""

    id: str
    unit: str
    name: str
    duty: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung 层级 of the chain: who answers for ``unit``; if not its leader, why they.

    ``fallback``: None (the leader), ``deputy`` (no leader, a deputy stands in),
    ``vacant_next_level`` (nobody: whoever answers for the level above does), ``none``
    (nobody up to the root: post and person are None). ``post`` may thus be another unit's.
    """

    unit: str
    post: str | None
    person: str | None
    duty: str | None
    fallback: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """授权: for a time, one person may do what another's post may, for a unit and below."""

    id: str
    from_person: str
    from_post: str
    role: str
    to_person: str
    actions: tuple[str, ...]
    unit: str
    since: datetime
    expires_at: datetime
    revoked_from: datetime | None = None

    def runs(self, at: datetime) -> bool:
        """Begun, not yet expired, not revoked."""
        return self.since <= at < min(self.expires_at, self.revoked_from or self.expires_at)


# Records --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """From a moment on, a unit stands under ``parent``."""

    since: datetime
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """From a moment on, a unit is no more: merged ``into`` another, or closed (None)."""

    since: datetime
    into: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRecord:
    """All that is known of one unit. ``below``: units ever placed directly under it."""

    id: str
    name: str
    block: str
    kind: str
    opened_from: datetime
    placings: tuple[
        Placing, ...
    ]  # in order of ``since``; of equals, the later recorded last
    ending: Ending | None = None
    below: tuple[str, ...] = ()
    absorbed: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()

    def opened(self, at: datetime) -> bool:
        return self.opened_from <= at

    def ended(self, at: datetime) -> bool:
        return self.ending is not None and self.ending.since <= at

    def open(self, at: datetime) -> bool:
        return self.opened(at) and not self.ended(at)

    def parent(self, at: datetime) -> str | None:
        """As last placed by then; a closed unit keeps its last place."""
        for placing in reversed(self.placings):
            if placing.since <= at:
                return placing.parent
        return None

    def placed(self, placing: Placing) -> Self:
        order = sorted((*self.placings, placing), key=lambda each: each.since)
        return replace(self, placings=tuple(order))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Somebody holds a post, from ``since`` until before ``until`` (None: no end known)."""

    person: str
    since: datetime
    until: datetime | None

    def runs(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def meets(self, since: datetime, until: datetime | None) -> bool:
        """Whether there is a moment in both this tenure and the given span."""
        if self.until is not None and self.until <= max(since, self.since):
            return False
        return until is None or self.since < until


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRecord:
    """A post and everybody who ever held it, in order of recording."""

    post: Post
    since: datetime
    tenures: tuple[Tenure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """A member of staff 人员, named in their office; ``posts`` and ``granted`` (delegations
    received) are all there ever were."""

    id: str
    name: str
    since: datetime
    posts: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Books:
    """The whole record as one value: never changed, only followed by the next one.

    So a reader that holds one sees it whole, while a writer makes the next.
    """

    units: dict[str, UnitRecord] = field(default_factory=dict)
    posts: dict[str, PostRecord] = field(default_factory=dict)
    people: dict[str, PersonRecord] = field(default_factory=dict)
    delegations: dict[str, Delegation] = field(default_factory=dict)

    def with_units(self, *records: UnitRecord) -> Books:
        return replace(self, units=self.units | {each.id: each for each in records})

    def with_post(self, record: PostRecord) -> Books:
        return replace(self, posts=self.posts | {record.post.id: record})

    def with_person(self, record: PersonRecord) -> Books:
        return replace(self, people=self.people | {record.id: record})

    def with_delegation(self, delegation: Delegation) -> Books:
        return replace(self, delegations=self.delegations | {delegation.id: delegation})

    def __deepcopy__(self, memo: dict[int, Any]) -> Books:
        return self  # a value that never changes is its own copy
