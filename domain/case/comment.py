"""补充 Comment: the customer adds something to what they said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment(Command):
    """Record what the customer adds. It changes no clock, and moves the case nowhere."""

    ACTION: ClassVar[str] = "comment"

    text: Sealed


class CommentAdded(CaseFact):
    """The customer added something for the ``times``-th time (from 1)."""

    TOPIC: ClassVar[str] = "case.comment_added"
    OWNER_ACT: ClassVar[bool] = False

    times: int
    text: Sealed

    def fold(self, case: Case) -> None:
        case.comments = self.times


def comment(case: Case, command: AddComment, setting: Setting) -> list[Fact]:
    return [CommentAdded(times=case.comments + 1, text=command.text)]
