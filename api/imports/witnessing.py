"""Steps of a source as facts: witnessed, sealed where personal, flagged where odd."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID, uuid5

from api.imports.mapping import Mapping, Meaning
from api.imports.steps import SourceStep
from domain.case.case import CaseFact
from domain.case.number import case_number
from domain.case.origin import witnessed_case_id
from domain.case.witness import (
    CaseWitnessed,
    StepWitnessed,
    witness_case,
    witness_step,
)
from domain.fact import Actor, Fact, Sealed
from domain.policy.policy import Policy
from store.edge import Vault, mask


class People(Vault, Protocol):
    """What an import needs of the key vault (store/vault.py)."""

    def people_by_reference(self, references: Iterable[str]) -> dict[str, UUID]:
        """The people whom another system knows by these names; new ones are made."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands in the log: last version, stage, and the policy it is under."""

    version: int
    stage: str
    policy: str

    @classmethod
    def after(cls, fact: Fact) -> Standing:
        stage = fact.stage if isinstance(fact, CaseFact) else ""
        return cls(fact.originator_version, stage, fact.policy or "")


class Witness:
    """Makes the facts of one source's steps. ``now`` is the policy that cases which begin
    are pinned to; a case that has begun keeps its own, given by ``policy(label)``."""

    def __init__(
        self, mapping: Mapping, vault: People, now: Policy, policy: Callable[[str], Policy]
    ) -> None:
        self._mapping = mapping
        self._vault = vault
        self._now, self._policy = now, policy
        self._actor = Actor(person=f"import:{mapping.source}", role="system")
        self._people: dict[str, UUID] = {}

    def case_id(self, step: SourceStep) -> UUID:
        return witnessed_case_id(self._mapping.source, step.case)

    def meet(self, steps: Iterable[SourceStep]) -> None:
        """Find the customers of these steps, all at once; steps are told afterwards."""
        names = {self._name(step) for step in steps if self._speaks(step)}
        self._people = self._vault.people_by_reference(names) if names else {}

    def tell(
        self, step: SourceStep, case_id: UUID, command_id: UUID, standing: Standing | None
    ) -> list[CaseFact]:
        """The facts of one step: one, and before it the birth of a case that is new."""
        facts: list[CaseFact] = []
        version, policy = 0, self._now
        if standing:
            version, policy = standing.version, self._policy(standing.policy)
            stage = standing.stage
        else:
            facts.append(self._birth(step, case_id))
            stage = facts[0].stage
        # The source's own number; without one, its place among what is known of the case.
        row = step.seq if step.seq is not None else version or 1
        facts.append(self._step(step, case_id, row, stage, policy))
        return [
            fact.stamped(
                originator_id=case_id,
                originator_version=version + n,
                occurred_at=step.at,
                actor=self._actor,
                command_id=command_id,
                correlation_id=case_id,
                policy=policy.label,
            )
            for n, fact in enumerate(facts, start=1)
        ]

    def _birth(self, step: SourceStep, case_id: UUID) -> CaseFact:
        told = CaseWitnessed(
            number=case_number(case_id, step.at),
            source=self._mapping.source,
            source_id=step.case,
            business_type=step.business_type,
            channel=step.channel,
            holder_unit=step.unit,
            holder_person=step.person,
            customer=self._people.get(self._name(step)),
            content=self._seal(step.content, step, case_id, "content"),
        )
        return witness_case(told, self._now)

    def _step(
        self, step: SourceStep, case_id: UUID, row: int, stage: str, policy: Policy
    ) -> StepWitnessed:
        meaning = self._mapping.meaning(step.status)
        told = StepWitnessed(
            row=row,
            activity=step.status,
            stage=(meaning or Meaning(stage=stage)).stage,
            unit=step.unit,
            person=step.person,
            line=step.support_line,
            text=self._seal(step.words, step, case_id, "text"),
            attributes=step.told,
        )
        action = meaning.action if meaning else None
        fact = witness_step(told, stage, action, policy)
        if meaning is None and self._mapping.statuses:
            # Not known what it means, so not known to be allowed.
            return replace(fact, deviation=f"{stage} -{step.status}-> ?")
        return fact

    def _seal(
        self, texts: dict[str, str], step: SourceStep, case_id: UUID, field: str
    ) -> Sealed | None:
        """One envelope for the texts of a step; several are told apart by their columns."""
        if not texts:
            return None
        text = "\n".join(f"{name}: {said}" for name, said in texts.items())
        if len(texts) == 1:
            (text,) = texts.values()
        return self._vault.seal(
            text,
            person=self._people[self._name(step)],
            stream=case_id,
            field=field,
            mask=mask(field, text),
        )

    def _speaks(self, step: SourceStep) -> bool:
        return bool(step.words or step.content or step.customer)

    def _name(self, step: SourceStep) -> str:
        """How the source knows the customer; a case whose customer it does not name is
        somebody of its own."""
        of = f"customer:{step.customer}" if step.customer else f"case:{step.case}"
        return f"{self._mapping.source}/{of}"


def step_command_id(case_id: UUID, step: SourceStep, occurrence: int) -> UUID:
    """The identity of a step: the same in every file that tells it. The second step with
    the same key is another step."""
    return uuid5(case_id, step.key if occurrence == 1 else f"{step.key}#{occurrence}")
