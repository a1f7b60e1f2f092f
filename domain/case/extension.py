"""延期 Extend: a later due time, if somebody else approves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import ahead, approvable, asked_for, coded, none_waits
from domain.case.state import Request
from domain.command import Command
from domain.fact import Fact, Sealed
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExtension(Command):
    """Ask for a later due time ``new_due`` (UTC): reason, approver, new due, told (A5)."""

    ACTION: ClassVar[str] = "request-extension"

    reason: str
    new_due: datetime
    customer_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveExtension(Command):
    """Grant the later due time. Nobody approves a request of their own."""

    ACTION: ClassVar[str] = "approve-extension"

    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseExtension(Command):
    """Leave the due time as it is."""

    ACTION: ClassVar[str] = "refuse-extension"

    note: Sealed | None = None


class ExtensionRequested(CaseFact):
    """Somebody wants more time; the old due time holds meanwhile."""

    TOPIC: ClassVar[str] = "case.extension_requested"

    reason: str
    new_due: datetime
    customer_told: bool

    def fold(self, case: Case) -> None:
        case.extension = Request(
            by=self.actor.person, reason=self.reason, until=self.new_due
        )


class ExtensionApproved(CaseFact):
    """The case is due at ``new_due`` from now on."""

    TOPIC: ClassVar[str] = "case.extension_approved"

    requested_by: str
    reason: str
    new_due: datetime
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.extension = None
        case.due = self.new_due
        case.extensions += 1


class ExtensionRefused(CaseFact):
    """The due time stays."""

    TOPIC: ClassVar[str] = "case.extension_refused"

    requested_by: str
    reason: str
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.extension = None


def request_extension(
    case: Case, command: RequestExtension, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``request_pending``, ``unknown_reason``, ``not_ahead``,
    ``nothing_to_extend``, ``not_later``."""
    none_waits(case.extension)
    coded(case, "extension", command.reason, setting)
    new_due = ahead(command.new_due, command)
    due = due_now(case, setting)
    if due is not None and new_due <= due:
        raise Refused("not_later", time=due.isoformat())
    return [
        ExtensionRequested(
            reason=command.reason, new_due=new_due, customer_told=command.customer_told
        )
    ]


def due_now(case: Case, setting: Setting) -> datetime | None:
    """The latest due time that an extension would move; under rules without clocks, what
    was granted last. Raises Refused: ``nothing_to_extend``."""
    rules = setting.policy.clocks
    if not rules:
        return case.due
    moving = [c.due for c in case.clocks if c.running and rules[c.step].extends]
    if not moving:
        raise Refused("nothing_to_extend")
    return max(moving)


def approve_extension(
    case: Case, command: ApproveExtension, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``no_request``, ``own_request``, ``not_ahead`` (over by now)."""
    request, new_due = approvable(case.extension, command)
    return [
        ExtensionApproved(
            requested_by=request.by,
            reason=request.reason,
            new_due=new_due,
            note=command.note,
        )
    ]


def refuse_extension(case: Case, command: RefuseExtension, setting: Setting) -> list[Fact]:
    """Raises Refused: ``no_request``."""
    request = asked_for(case.extension)
    return [
        ExtensionRefused(requested_by=request.by, reason=request.reason, note=command.note)
    ]
