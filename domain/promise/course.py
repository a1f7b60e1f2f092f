"""进程 Course: a case while a command unfolds, from what time did first to what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from domain.case.case import Case, CaseFact
from domain.command import Command
from domain.fact import TIMEKEEPER
from domain.promise.climb import OwnerForced
from domain.promise.coming import END_SUSPENSION
from domain.promise.follow import follow
from domain.promise.strike import coming, first, raise_signal
from domain.setting import Setting
from domain.signals.detectors import DETECTORS
from domain.stamp import stamped

STRIKES_MAX = 1_000
"""More than happens to any case by good rules. What bad ones still want comes with the next
command: no rule keeps people from their work."""


def catch_up(case: Case, command: Command, setting: Setting) -> list[CaseFact]:
    """Let happen what fell due before the command, each at its own moment.

    So the facts are the same whether somebody kept time or nobody did for two days: each
    tells by the calendars that were published when it is told. A command whose clock is
    slow is no earlier than the last fact of the case.
    """
    until = max(command.at, case.modified_on)
    told: list[CaseFact] = []
    for _ in range(STRIKES_MAX):
        struck = first(case, setting)
        if struck is None or not struck.struck(until):
            break
        stage = case.stage
        if struck.what == END_SUSPENSION:
            stage = setting.policy.moves[case.stage, END_SUSPENSION].to
        by_time = replace(command, actor=TIMEKEEPER, at=struck.at)
        known = setting.known_at(max(struck.at, case.modified_on))
        happened = tell(case, struck.happen(known), by_time, setting, stage)
        told += happened
        for fact in happened:
            told += tell(case, follow(case, fact, known), by_time, setting, stage)
    return told


def follow_up(
    case: Case, facts: Iterable[CaseFact], command: Command, setting: Setting
) -> list[CaseFact]:
    """What the facts of a decision do to clocks, which signals they are, and what of that
    is due at once. The case has taken the facts in already."""
    told: list[CaseFact] = []
    for fact in facts:
        told += tell(case, follow(case, fact, setting), command, setting, case.stage)
    for fact in facts:
        told += tell(case, signals(case, fact, setting), command, setting, case.stage)
    return told + catch_up(case, command, setting)


def tell(
    case: Case,
    facts: Iterable[CaseFact],
    command: Command,
    setting: Setting,
    stage: str,
) -> list[CaseFact]:
    """Stamp the facts and let the case take them in."""
    told: list[CaseFact] = []
    for fact in facts:
        [written] = stamped([fact], case, command, setting.policy, stage)
        written.mutate(case)
        told.append(cast("CaseFact", written))
    return told


def signals(case: Case, fact: CaseFact, setting: Setting) -> list[CaseFact]:
    """What the detectors see in a fact, each time they see it once."""
    raised: list[CaseFact] = []
    for code, detect in DETECTORS.items():
        rule = setting.policy.signals.get(code)
        times = detect(case, fact, rule) if rule is not None else None
        if rule is None or times is None:
            continue
        climb = f"{code}:{times}"
        if climb in case.signals:
            continue
        raised.append(raise_signal(rule, times, climb, fact.occurred_at, setting))
        if rule.force and case.forced_unit is None:
            raised.append(OwnerForced(unit=case.holder_unit))
    return raised


def with_coming(case: Case, facts: Iterable[CaseFact], setting: Setting) -> list[CaseFact]:
    """The facts with what time will do next written on each of them."""
    ahead = coming(case, setting)
    return [fact.stamped(coming=ahead) for fact in facts]
