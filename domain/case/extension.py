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
    """Raises Refused: ``request_pending``, ``not_ahead``, ``not_later``."""
    none_waits(case.extension)
    coded(case, "extension", command.reason, setting)
    new_due = ahead(command.new_due, command)
    if case.due is not None and new_due <= case.due:
        raise Refused("not_later", time=case.due.isoformat())
    return [
        ExtensionRequested(
            reason=command.reason, new_due=new_due, customer_told=command.customer_told
        )
    ]


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
