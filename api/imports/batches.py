"""Writing by the batch: each wholly or not at all, each step once, one batch ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from api.imports.rejects import Rejects
from api.imports.source import Unreadable, Unusable
from api.imports.steps import SourceStep
from api.imports.witnessing import Standing, Witness, step_command_id
from domain.case.case import CaseFact
from domain.case.witness import StepWitnessed
from store.bulk import Bulk, VoicedAmong

ATTEMPTS_MAX = 5


@dataclass(slots=True)
class Summary:
    """What came of an import.

    ``rows`` were read, ``rejected`` of them could not be, the others tell ``steps`` of
    ``cases``. ``facts`` were written now; ``skipped`` steps had been imported before, and
    ``changed`` of those said something else then. ``deviations`` are among the facts.
    ``position`` is that of the last fact written, 0 when there was none.
    """

    source: str
    cases: int = 0
    rows: int = 0
    steps: int = 0
    facts: int = 0
    skipped: int = 0
    changed: int = 0
    rejected: int = 0
    deviations: int = 0
    position: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """A step with the identity of its case and of the command that it is."""

    step: SourceStep
    case_id: UUID
    command_id: UUID


@dataclass(frozen=True, slots=True)
class Batch:
    """Steps, those of them that the log has, and the facts that are to be written of the
    others. ``stands`` is where their cases stand when that is done."""

    named: list[Named]
    known: dict[UUID, bytes]
    facts: list[CaseFact]
    commands: list[VoicedAmong]
    stands: dict[UUID, Standing]


class Batches:
    """Writes steps that come case by case.

    What the log holds is asked for anew for each batch, so an import that was stopped
    anywhere goes on where it stopped, and others may work on the same cases meanwhile.
    While the database writes one batch the next is made ready, on the assumption that
    the first succeeds; when others were quicker (IntegrityError), both are made anew.
    """

    def __init__(
        self, bulk: Bulk, witness: Witness, rejects: Rejects, summary: Summary
    ) -> None:
        self._bulk = bulk
        self._witness = witness
        self._rejects = rejects
        self._summary = summary
        self._case, self._case_id = "", UUID(int=0)
        self._seen: Counter[str] = Counter()
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="huiyin-import")
        self._under_way: tuple[Batch, Future[int]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._hand.shutdown()

    def write(self, steps: Iterable[SourceStep]) -> None:
        """Begin to write a batch, once the one before is written.

        Raises Unusable when others write the same cases faster than we can.
        """
        named = [self._identify(step) for step in steps]
        batch = self._prepare(named, self._under_way[0].stands if self._under_way else {})
        if not self.finish():
            batch = self._prepare(named, {})
        self._under_way = batch, self._hand.submit(self._append, batch)

    def finish(self) -> bool:
        """Wait for the batch that is under way; False when it had to be made anew."""
        if self._under_way is None:
            return True
        batch, position = self._under_way
        self._under_way = None
        try:
            self._count(batch, position.result())
        except IntegrityError:
            self._write_again(batch.named)
            return False
        return True

    def _write_again(self, named: list[Named]) -> None:
        for _ in range(ATTEMPTS_MAX):
            batch = self._prepare(named, {})
            try:
                position = self._append(batch)
            except IntegrityError:
                continue
            return self._count(batch, position)
        raise Unusable("these cases are being written by others; import again later")

    def _append(self, batch: Batch) -> int:
        return self._bulk.append(batch.facts, batch.commands) if batch.facts else 0

    def _identify(self, step: SourceStep) -> Named:
        if step.case != self._case:
            self._case, self._case_id = step.case, self._witness.case_id(step)
            self._seen.clear()
            self._summary.cases += 1
        self._seen[step.key] += 1
        command_id = step_command_id(self._case_id, step, self._seen[step.key])
        return Named(step, self._case_id, command_id)

    def _prepare(self, named: list[Named], ahead: dict[UUID, Standing]) -> Batch:
        """``ahead``: where cases stand that the log does not show there yet."""
        known = self._bulk.known([each.command_id for each in named])
        fresh = [each for each in named if each.command_id not in known]
        asked = {each.case_id for each in fresh} - ahead.keys()
        found = self._bulk.last(asked)
        stands = ahead | {case: Standing.after(fact) for case, fact in found.items()}
        self._witness.meet(each.step for each in fresh)
        batch = Batch(named, known, [], [], {})
        for each in fresh:
            standing = stands.get(each.case_id)
            facts = self._witness.tell(each.step, each.case_id, each.command_id, standing)
            batch.facts.extend(facts)
            stands[each.case_id] = batch.stands[each.case_id] = Standing.after(facts[-1])
            batch.commands.append(
                VoicedAmong(each.command_id, each.step.digest, len(batch.facts))
            )
        return batch

    def _count(self, batch: Batch, position: int) -> None:
        summary = self._summary
        summary.position = max(summary.position, position)
        summary.facts += len(batch.facts)
        summary.skipped += len(batch.known)
        summary.deviations += sum(
            isinstance(fact, StepWitnessed) and fact.deviation is not None
            for fact in batch.facts
        )
        for each in batch.named:
            step = each.step
            if batch.known.get(each.command_id, step.digest) != step.digest:
                summary.changed += 1
                said = "imported before and different now; what was witnessed stays"
                self._rejects.add(Unreadable(step.line, said, step.case))
