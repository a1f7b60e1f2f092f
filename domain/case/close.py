"""归档 Close: the loop ends with what the customer said, or with why nobody asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.case.callback_choice import is_due
from domain.case.case import Case, CaseFact
from domain.case.rules import circumstances, coded, no_order_open
from domain.command import Command
from domain.fact import Fact
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase(Command):
    """Archive the case. Without a callback outcome, ``no_callback_reason`` says why none
    is due (a code of kind ``no_callback`` that holds for this case, B23)."""

    ACTION: ClassVar[str] = "close"

    no_callback_reason: str | None = None


class CaseClosed(CaseFact):
    """The case is archived, after a callback or with the reason why there was none."""

    TOPIC: ClassVar[str] = "case.closed"

    callback_outcome: str | None
    no_callback_reason: str | None

    def fold(self, case: Case) -> None:
        case.closed_at = self.occurred_at
        case.no_callback_reason = self.no_callback_reason


def close(case: Case, command: CloseCase, setting: Setting) -> list[Fact]:
    """Raises Refused: ``callback_due`` (no outcome, and no reason that is enough),
    ``callback_settled`` (a reason though there is an outcome), ``unknown_reason``,
    ``reason_does_not_hold``, ``own_withdrawal`` (whoever says that the customer withdrew
    does not end the case on that), ``order_open``."""
    no_order_open(case, setting)
    outcome, reason = case.callback_outcome, command.no_callback_reason
    if outcome is None and reason is None:
        raise Refused("callback_due")
    if outcome is not None and reason is not None:
        raise Refused("callback_settled", outcome=outcome)
    if reason is not None:
        may_go_unasked(case, reason, setting)
    if case.withdrawn_by == command.actor.person:
        raise Refused("own_withdrawal", person=case.withdrawn_by)
    return [CaseClosed(callback_outcome=outcome, no_callback_reason=reason)]


def may_go_unasked(case: Case, reason: str, setting: Setting) -> None:
    """Whom the policy wants called back, for the type, the level or the draw, stays unasked
    only for what is so with this customer (secret, withdrawn …), never for the type alone.

    Raises Refused: ``unknown_reason``, ``reason_does_not_hold``, ``callback_due``.
    """
    found = coded(case, "no_callback", reason, setting)
    if found.flags.isdisjoint(circumstances(case)) and is_due(case, setting):
        raise Refused("callback_due")
