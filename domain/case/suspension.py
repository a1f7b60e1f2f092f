"""挂起 Suspend: our own step clock stands still for a while, if somebody else approves."""

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
class RequestSuspension(Command):
    """Ask to rest the case ``until`` a moment (UTC), for a coded ``reason`` (A4)."""

    ACTION: ClassVar[str] = "request-suspension"

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveSuspension(Command):
    """Let the case rest. Nobody approves a request of their own."""

    ACTION: ClassVar[str] = "approve-suspension"

    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseSuspension(Command):
    """Do not let the case rest."""

    ACTION: ClassVar[str] = "refuse-suspension"

    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSuspension(Command):
    """Take the case up again, early or when the time is over."""

    ACTION: ClassVar[str] = "end-suspension"


class SuspensionRequested(CaseFact):
    """Somebody wants the case to rest; it goes on meanwhile."""

    TOPIC: ClassVar[str] = "case.suspension_requested"

    reason: str
    until: datetime

    def fold(self, case: Case) -> None:
        case.suspension = Request(
            by=self.actor.person, reason=self.reason, until=self.until
        )


class SuspensionApproved(CaseFact):
    """The step clock rests ``until`` then at most; the customer's promise does not (A5)."""

    TOPIC: ClassVar[str] = "case.suspension_approved"

    requested_by: str
    reason: str
    until: datetime
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.suspension = None
        case.suspended_until = self.until
        case.suspensions += 1


class SuspensionRefused(CaseFact):
    """The case goes on as before."""

    TOPIC: ClassVar[str] = "case.suspension_refused"

    requested_by: str
    reason: str
    note: Sealed | None = None

    def fold(self, case: Case) -> None:
        case.suspension = None


class SuspensionEnded(CaseFact):
    """The step clock runs again; it had been allowed to rest ``until`` then."""

    TOPIC: ClassVar[str] = "case.suspension_ended"

    until: datetime | None

    def fold(self, case: Case) -> None:
        case.suspended_until = None


def request_suspension(
    case: Case, command: RequestSuspension, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``request_pending``, ``unknown_reason``, ``not_ahead``,
    ``rest_too_long`` (with the latest moment that is possible)."""
    none_waits(case.suspension)
    coded(case, "suspension", command.reason, setting)
    until = ahead(command.until, command)
    longest = setting.policy.orders.rest_max
    if longest is not None and until - command.at > longest:
        raise Refused("rest_too_long", time=(command.at + longest).isoformat())
    return [SuspensionRequested(reason=command.reason, until=until)]


def approve_suspension(
    case: Case, command: ApproveSuspension, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``no_request``, ``own_request``, ``not_ahead`` (over by now)."""
    request, until = approvable(case.suspension, command)
    return [
        SuspensionApproved(
            requested_by=request.by,
            reason=request.reason,
            until=until,
            note=command.note,
        )
    ]


def refuse_suspension(
    case: Case, command: RefuseSuspension, setting: Setting
) -> list[Fact]:
    """Raises Refused: ``no_request``."""
    request = asked_for(case.suspension)
    return [
        SuspensionRefused(requested_by=request.by, reason=request.reason, note=command.note)
    ]


def end_suspension(case: Case, command: EndSuspension, setting: Setting) -> list[Fact]:
    return [SuspensionEnded(until=case.suspended_until)]
