"""Which row of a table holds for a matter: its time limit, its way, its level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from domain.policy.policy import Policy
from domain.policy.rows import Criterion, Level, Limit, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is known of a case when a rule is looked up. ``flags``: secret, anonymous …;
    ``bodies``: who referred it."""

    business_type: str = ""
    area: str = ""
    category: str = ""
    level: str = ""
    channel: str = ""
    bodies: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()


RuleRow = TypeVar("RuleRow", Limit, Route)


def limit(policy: Policy, step: str, matter: Matter) -> Limit | None:
    """The time limit of a step for this matter: the row that says most about it (A5)."""
    rows = (row for row in policy.limits.values() if row.step == step)
    return _closest([row for row in rows if _concerns(row, matter)], matter)


def _concerns(row: Limit, matter: Matter) -> bool:
    referred = not row.bodies or not row.bodies.isdisjoint(matter.bodies)
    return referred and row.unless.isdisjoint(matter.flags)


def route(policy: Policy, matter: Matter) -> Route | None:
    """Where such a matter goes: a suggestion for the dispatcher, not a decision (B58)."""
    return _closest(policy.routing, matter)


def assess(policy: Policy, circumstances: Mapping[str, object]) -> Level:
    """The level the decision table proposes: the gravest row that hits, else the lowest.

    ``circumstances``: what is known, by the words of the table's ``when`` (A3).
    """
    hit = (row.level for row in policy.criteria if _hits(row, circumstances))
    lowest = min(policy.levels.values(), key=lambda level: level.rank)
    return max(
        (policy.levels[code] for code in hit), key=lambda level: level.rank, default=lowest
    )


def _closest(rows: Iterable[RuleRow], matter: Matter) -> RuleRow | None:
    """The fitting row that says most; the first of the table among equals."""
    fitting = [(_closeness(row, matter), row) for row in rows]
    fitting = [(closeness, row) for closeness, row in fitting if closeness is not None]
    return max(fitting, key=lambda found: found[0] or 0, default=(0, None))[1]


def _closeness(row: Limit | Route, matter: Matter) -> int | None:
    """How much a row says about a matter; None when it is not for it.

    A category counts by its depth: ``business.metering`` is closer than ``business``.
    """
    closeness = 0
    for allowed, value in _conditions(row, matter):
        if allowed and value not in allowed:
            return None
        closeness += bool(allowed)
    closeness += isinstance(row, Limit) and bool(row.bodies)
    if not row.categories:
        return closeness
    above = [code for code in _lineage(matter.category) if code in row.categories]
    return closeness + above[0].count(".") + 1 if above else None


def _conditions(row: Limit | Route, matter: Matter) -> list[tuple[frozenset[str], str]]:
    shared = [(row.types, matter.business_type), (row.areas, matter.area)]
    if isinstance(row, Route):
        return shared
    return [*shared, (row.levels, matter.level), (row.channels, matter.channel)]


def _lineage(category: str) -> list[str]:
    """The category and all above it, the nearest first."""
    parts = category.split(".")
    return [".".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _hits(row: Criterion, circumstances: Mapping[str, object]) -> bool:
    return all(_holds(key, wanted, circumstances) for key, wanted in row.when.items())


def _holds(key: str, wanted: object, circumstances: Mapping[str, object]) -> bool:
    if key.endswith("_min") and isinstance(wanted, int):
        found = circumstances.get(key.removesuffix("_min"), 0)
        return isinstance(found, int) and found >= wanted
    found = circumstances.get(key, False if isinstance(wanted, bool) else None)
    return found in wanted if isinstance(wanted, list | tuple) else found == wanted
