"""发出告警的命令 The wish for an alert: what the watch over all cases has noticed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.command import Command
from domain.fact import Actor

WATCH = Actor(person="watch", role="system")
"""Who acts when an alert is raised: nobody does, all cases together show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseAlert(Command):
    """Something was noticed across cases (B21, B43, B44, B75, P13). Nobody sends it from
    outside.

    ``kind``, ``action``, ``tells``, ``up`` are those of its rule. ``n`` things within
    [``since``, ``until``), UTC; ``usual`` would have been as many, None where nothing is
    compared. It is about a ``unit`` and a ``category`` (a business type where cases have
    none), a ``topic``, a ``customer``, a ``unit`` and ``other_unit``, or a ``unit``.
    ``at`` is the time of what made it enough.
    """

    ACTION: ClassVar[str] = "raise-alert"

    kind: str
    action: str
    n: int
    since: datetime
    until: datetime
    tells: str
    up: int = 0
    usual: float | None = None
    unit: str | None = None
    other_unit: str | None = None
    category: str | None = None
    topic: str | None = None
    customer: UUID | None = None
