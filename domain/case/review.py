"""回单审核 Review: somebody who had no hand in it approves the reply, or sends it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, independent
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveReply(Command):
    """Let the reply pass."""

    ACTION: ClassVar[str] = "approve-reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectReply(Command):
    """Send the reply back for a coded ``reason`` (A4: no contact record, no cause, no
    responsibility, no evidence, answer off the point)."""

    ACTION: ClassVar[str] = "reject-reply"

    reason: str
    note: Sealed | None = None


class ReplyApproved(CaseFact):
    """The reply of ``replied_by`` passed."""

    TOPIC: ClassVar[str] = "case.reply_approved"

    replied_by: str | None


class ReplyRejected(CaseFact):
    """The reply did not pass; the unit that holds the case handles it again."""

    TOPIC: ClassVar[str] = "case.reply_rejected"

    replied_by: str | None
    reason: str
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.rejections += 1


def approve_reply(case: Case, command: ApproveReply, setting: Setting) -> list[Fact]:
    """Raises Refused: ``own_reply``, ``not_independent``."""
    if command.actor.person == case.replied_by:
        raise Refused("own_reply")
    independent(case, command, setting)
    return [ReplyApproved(replied_by=case.replied_by)]


def reject_reply(case: Case, command: RejectReply, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``."""
    coded(case, "reject", command.reason, setting)
    return [
        ReplyRejected(replied_by=case.replied_by, reason=command.reason, note=command.note)
    ]
