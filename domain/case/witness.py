"""历史见证 Witness: what another system recorded of a case before it came here.

History is witnessed, not decided: nothing here refuses. A step that the workflow has no
move for is kept as it was, with its deviation.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache
from typing import ClassVar
from uuid import UUID

from domain.case.case import Case, CaseBirth, CaseFact
from domain.fact import Sealed
from domain.policy.policy import Policy


class CaseWitnessed(CaseBirth):
    """A case began in another system. ``source`` and ``source_id`` name it there.

    It begins with its first row, but is not that row: every row of the source, the
    first one too, is a StepWitnessed after it.
    """

    TOPIC: ClassVar[str] = "case.witnessed"
    OWNER_ACT: ClassVar[bool] = False

    number: str
    source: str
    source_id: str
    business_type: str
    channel: str
    holder_unit: str
    holder_person: str | None = None
    category: str | None = None
    level: str | None = None
    area: str | None = None
    customer: UUID | None = None
    content: Sealed | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def fold(self, case: Case) -> None:
        case.number, case.policy = self.number, self.policy or ""
        case.source, case.source_id = self.source, self.source_id
        case.business_type, case.channel = self.business_type, self.channel
        case.category, case.level, case.area = self.category, self.level, self.area
        case.customer = self.customer
        case.received_at = case.round_at = self.occurred_at
        case.hold(self.holder_unit, self.holder_person)
        case.trail = []  # its first row says who had it


class StepWitnessed(CaseFact):
    """The source's row number ``row``, counted within the case: ``unit`` (and ``person``)
    held the case after it. ``activity`` is in the source's own words, ``line`` the support
    line (``L1`` …).

    ``deviation`` says which move the workflow lacks (``closed -accept-> handling``), or
    None when the step follows it.
    """

    TOPIC: ClassVar[str] = "case.step_witnessed"
    OWNER_ACT: ClassVar[bool] = False

    row: int
    activity: str
    unit: str
    person: str | None = None
    line: str | None = None
    deviation: str | None = None
    text: Sealed | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def fold(self, case: Case) -> None:
        case.trail = case.trail or [self.unit]
        if (self.unit, self.person) != (case.holder_unit, case.holder_person):
            case.hold(self.unit, self.person)
        case.handled(self.person)
        case.witnessed_row, case.line = self.row, self.line
        case.deviations += self.deviation is not None


def witness_case(told: CaseWitnessed, policy: Policy) -> CaseWitnessed:
    """The fact that begins a case, unstamped, from what the source says of it.

    Where the source says nothing: the stage is the workflow's start, and the hotline's own
    unit holds the case, since somebody always does.
    """
    stage = told.stage or policy.start
    return replace(
        told,
        stage=stage,
        terminal=policy.terminal(stage),
        holder_unit=told.holder_unit or policy.intake_unit,
    )


def witness_step(
    told: StepWitnessed, previous: str, action: str | None, policy: Policy
) -> StepWitnessed:
    """The fact of one row, unstamped, from what the source says in it.

    ``told.stage`` is the state of our workflow the case is in after it, ``action`` the
    move it stands for, or None when the source does not tell. ``previous`` is the stage
    after the row before, or that of the CaseWitnessed. Needs no aggregate, so rows can be
    told in bulk.
    """
    return replace(
        told,
        terminal=policy.terminal(told.stage),
        unit=told.unit or policy.intake_unit,
        deviation=deviation(policy, previous, action, told.stage),
    )


# An import asks the same few questions once a row. A policy never changes.
@lru_cache(maxsize=1_000)
def deviation(policy: Policy, previous: str, action: str | None, stage: str) -> str | None:
    """Which move the workflow lacks, or None when the step follows it.

    With an ``action``, it must lead from ``previous`` to ``stage``. Without one, staying
    in a stage is no move, and a change of stage needs some action that leads there.
    Roles are not asked: who did it then is not in question now.
    """
    if action is None:
        leads = stage == previous or any(
            start == previous and move.to == stage
            for (start, _), move in policy.moves.items()
        )
        return None if leads else f"{previous} --> {stage}"
    found = policy.moves.get((previous, action))
    if found is not None and found.to == stage:
        return None
    return f"{previous} -{action}-> {stage}"
