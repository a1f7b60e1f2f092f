"""移送与转办 Referral: to an outside body that must see to it, or from one that sent it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.case import Case, CaseFact
from domain.case.rules import coded, no_order_open
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting

KIND = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferOut(Command):
    """Send the case to an outside ``body`` (a code of kind ``body``: regulator,
    government, legal help, discipline …) for a coded ``reason`` (A4, B4)."""

    ACTION: ClassVar[str] = "refer-out"

    body: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReferral(Command):
    """Note that an outside ``body`` sent this matter too, under its own ``number``."""

    ACTION: ClassVar[str] = "receive-referral"

    body: str
    number: str | None = None


class CaseReferredOut(CaseFact):
    """An outside body sees to it from now on; the holder still answers for the file."""

    TOPIC: ClassVar[str] = "case.referred_out"

    body: str
    reason: str

    def fold(self, case: Case) -> None:
        case.referred_to = self.body


class ReferralReceived(CaseFact):
    """An outside body wants to hear what came of it (12398: 10 wd, 12345: 7 d, P1)."""

    TOPIC: ClassVar[str] = "case.referral_received"
    OWNER_ACT: ClassVar[bool] = False

    body: str
    number: str | None = None

    def fold(self, case: Case) -> None:
        case.referrals.append(reference(self.body, self.number))


def refer_out(case: Case, command: ReferOut, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``, ``order_open``."""
    no_order_open(case, setting)
    body = referring_body(command.body, setting)
    coded(case, "refer", command.reason, setting)
    return [CaseReferredOut(body=body, reason=command.reason)]


def receive_referral(case: Case, command: ReceiveReferral, setting: Setting) -> list[Fact]:
    """Raises Refused: ``unknown_reason``, ``referral_known``."""
    body = referring_body(command.body, setting)
    if reference(body, command.number) in case.referrals:
        raise Refused("referral_known", body=body)
    return [ReferralReceived(body=body, number=command.number)]


def referring_body(code: str, setting: Setting) -> str:
    """An outside body that the policy knows."""
    return setting.policy.reason(KIND, code).code


def reference(body: str, number: str | None) -> str:
    """One line a referral: ``12398`` or ``12398 2026-0413``."""
    return f"{body} {number}" if number else body
