"""One version of one profile's rules, read-only. Built from the shipped files by ``parse``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.refused import NotPermitted, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One row of the workflow: from a state, by an action, to a state, by these roles."""

    to: str
    roles: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRule:
    """One business type 业务类型 (domain.md A1). Empty ``readers``: every role that may see cases."""

    zh: str
    en: str
    complaint: bool
    callback: str  # "all" | "sample" | "none" (A6)
    readers: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRule:
    """One role: what it sees ("all", or "own" unit and below) and may do besides the workflow."""

    zh: str
    en: str
    scope: str
    may: frozenset[str]
    views: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Rules in force for a profile from ``effective_from`` (UTC) until a later version."""

    profile: str
    version: int
    effective_from: datetime
    start: str
    intake_unit: str
    moves: Mapping[tuple[str, str], Move]
    types: Mapping[str, TypeRule]
    channels: Mapping[str, str]
    roles: Mapping[str, RoleRule]

    @property
    def label(self) -> str:
        return f"{self.profile}@{self.version}"

    def move(self, stage: str, action: str, role: str) -> Move:
        """The move this role makes; 403 comes before 409 when the role never may."""
        roles_ever = {r for (_, a), m in self.moves.items() if a == action for r in m.roles}
        if role not in roles_ever:
            raise NotPermitted("not_permitted", role=role, action=action)
        found = self.moves.get((stage, action))
        if found is None:
            raise Refused("no_such_move", stage=stage, action=action)
        if role not in found.roles:
            raise NotPermitted("not_permitted", role=role, action=action)
        return found

    def permit(self, action: str, role: str) -> None:
        """Let a role do what is not a move of the workflow (take a call, open a unit)."""
        if role not in self.roles or action not in self.roles[role].may:
            raise NotPermitted("not_permitted", role=role, action=action)
