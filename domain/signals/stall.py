"""停滞 Stall: whoever answers for the case does nothing about it for too long (B43)."""

from __future__ import annotations

from datetime import datetime

from domain.case.case import Case
from domain.policy.time_rows import SignalRule
from domain.promise.reckon import after
from domain.setting import Setting


def due(case: Case, rule: SignalRule, setting: Setting) -> datetime | None:
    """From when on an open case counts as stalled unless its owner acts (UTC).

    ``after`` the owner's last act, in the rule's calendar, in the ``stages`` of the rule
    (none named: in each). None where it does not hold. It brings time, no command does;
    once raised it is not raised again before the owner has acted.
    """
    if case.acted_at is None or rule.after is None:
        return None
    if rule.stages and case.stage not in rule.stages:
        return None
    return after(rule.after, rule.calendar, case.acted_at, setting)
