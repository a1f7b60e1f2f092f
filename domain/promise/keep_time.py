"""守时 Keep time: let happen to a case whatever time alone makes happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case
from domain.command import Command
from domain.fact import Fact
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepTime(Command):
    """Look at the case at this moment. What fell due on it by then has happened, before
    anything is decided (``domain/desk.py``), as it does before every other command."""

    ACTION: ClassVar[str] = "keep-time"


def keep_time(case: Case, command: KeepTime, setting: Setting) -> list[Fact]:
    """Nothing more than what time does by itself."""
    return []
