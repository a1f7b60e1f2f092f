"""The import itself: read everything once, then write by the batch what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from api.imports.csv_rows import CsvRows
from api.imports.mapping import Mapping, hint, texts_of
from api.imports.ordering import Ordered, ordered
from api.imports.rejects import Rejects
from api.imports.source import Rows, Unreadable, Unusable, opened
from api.imports.steps import RowReader, SourceStep
from api.imports.witnessing import Standing, Witness, step_command_id
from api.imports.xes_rows import XesRows
from domain.case.case import CaseFact
from domain.case.witness import StepWitnessed
from domain.desk import Desk
from domain.policy.policy import Policy
from store import Store
from store.bulk import Bulk, VoicedAmong

BATCH_STEPS = 2_000
ATTEMPTS_MAX = 5
ROWS_BETWEEN_NEWS = 500

T = TypeVar("T")


@dataclass(slots=True)
class Summary:
    """What came of an import.

    ``rows`` were read, ``rejected`` of them could not be, the others tell ``steps`` of
    ``cases``. ``facts`` were written now; ``skipped`` steps had been imported before, and
    ``changed`` of those said something else then. ``deviations`` are among the facts.
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


class Watcher(Protocol):
    """Who is told how far the import has got."""

    def reading(self, done: int, total: int) -> None:
        """Bytes of the file."""

    def writing(self, done: int, total: int) -> None:
        """Steps."""


def import_history(
    store: Store,
    desk: Desk,
    mapping: Mapping,
    path: Path,
    *,
    policy: Policy,
    rejects: Rejects,
    watcher: Watcher,
) -> Summary:
    """Witness what a file tells. Views are not waited for.

    ``policy`` is the one in force. Raises Unusable when it cannot begin; nothing is
    written then.
    """
    fit(mapping, policy)
    summary = Summary(source=mapping.source)
    with ordered(mapping.case.order) as steps:
        _read(path, mapping, policy, steps, rejects, watcher, summary)
        batches = Batches(
            store, Witness(mapping, store.vault, policy, desk.policy), rejects
        )
        done = 0
        for batch in _batched(steps, BATCH_STEPS):
            batches.write(batch, summary)
            done += len(batch)
            watcher.writing(done, steps.count)
    summary.position = batches.position
    return summary


def fit(mapping: Mapping, policy: Policy) -> None:
    """Raises Unusable when the mapping speaks of what the policy does not know."""
    actions = {action for _, action in policy.moves}
    said: list[tuple[str, str | None, Collection[str]]] = []
    for where, meaning in mapping.meanings():
        said.append((where, meaning.stage, policy.states))
        said.append((where, meaning.action, actions))
    case = mapping.case
    said += [("case.business_type", t, policy.types) for t in texts_of(case.business_type)]
    said += [("case.channel", text, policy.channels) for text in texts_of(case.channel)]
    for where, text, known in said:
        if text is not None and text not in known:
            raise Unusable(
                f"{where}: the policy {policy.label} has no {text!r}"
                f"{hint(text, known)}; it has {', '.join(sorted(known))}"
            )


# Reading ----------------------------------------------------------------------------------


def _read(
    path: Path,
    mapping: Mapping,
    policy: Policy,
    steps: Ordered,
    rejects: Rejects,
    watcher: Watcher,
    summary: Summary,
) -> None:
    reader = RowReader(mapping, policy.types, policy.channels)
    with opened(path) as (stream, counted):
        rows: Rows
        if mapping.file.kind == "csv":
            file = mapping.file
            rows = CsvRows(stream, encoding=file.encoding, delimiter=file.delimiter)
            mapping.require(rows.columns)
        else:
            rows = XesRows(stream)
        for row in rows:
            summary.rows += 1
            told = row if isinstance(row, Unreadable) else reader.read(row)
            if isinstance(told, Unreadable):
                rejects.add(told)
            else:
                steps.add(told)
            if summary.rows % ROWS_BETWEEN_NEWS == 0:
                watcher.reading(counted.bytes_read, counted.bytes_total)
        # Only now is it known which columns an XES log has.
        mapping.require(rows.columns)
        watcher.reading(counted.bytes_total, counted.bytes_total)
    summary.rejected, summary.steps = rejects.count, steps.count


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch


# Writing ----------------------------------------------------------------------------------


class Batches:
    """Writes steps by the batch: each batch wholly or not at all, each step once.

    Nothing of the log is remembered between batches but how often a key was seen in the
    case at hand: what is stored is asked for each time. So an import that was stopped
    anywhere goes on where it stopped, and two at a time do not disturb each other.
    """

    def __init__(self, store: Store, witness: Witness, rejects: Rejects) -> None:
        self._bulk = Bulk(store)
        self._witness = witness
        self._rejects = rejects
        self._case, self._case_id = "", UUID(int=0)
        self._seen: Counter[str] = Counter()
        self.position = 0

    def write(self, steps: list[SourceStep], summary: Summary) -> None:
        """Raises Unusable when others write the same cases faster than we can."""
        named = [(step, *self._identify(step, summary)) for step in steps]
        self._witness.meet(steps)
        for _ in range(ATTEMPTS_MAX):
            known = self._bulk.known([command for _, _, command in named])
            fresh = [each for each in named if each[2] not in known]
            facts, commands = self._tell(fresh)
            try:
                if facts:
                    self.position = self._bulk.append(facts, commands)
            except IntegrityError:
                continue
            self._count(named, known, facts, summary)
            return
        raise Unusable("these cases are being written by others; import again later")

    def _identify(self, step: SourceStep, summary: Summary) -> tuple[UUID, UUID]:
        """The case and the command; steps come case by case."""
        if step.case != self._case:
            self._case = step.case
            self._case_id = self._witness.case_id(step)
            self._seen.clear()
            summary.cases += 1
        self._seen[step.key] += 1
        return self._case_id, step_command_id(self._case_id, step, self._seen[step.key])

    def _tell(
        self, fresh: list[tuple[SourceStep, UUID, UUID]]
    ) -> tuple[list[CaseFact], list[VoicedAmong]]:
        stands = {
            case: Standing.after(fact)
            for case, fact in self._bulk.last({case for _, case, _ in fresh}).items()
        }
        facts: list[CaseFact] = []
        commands: list[VoicedAmong] = []
        for step, case_id, command_id in fresh:
            facts += self._witness.tell(step, case_id, command_id, stands.get(case_id))
            stands[case_id] = Standing.after(facts[-1])
            commands.append(VoicedAmong(command_id, step.digest, len(facts)))
        return facts, commands

    def _count(
        self,
        named: list[tuple[SourceStep, UUID, UUID]],
        known: dict[UUID, bytes],
        facts: list[CaseFact],
        summary: Summary,
    ) -> None:
        summary.facts += len(facts)
        summary.skipped += len(known)
        summary.deviations += sum(
            isinstance(fact, StepWitnessed) and fact.deviation is not None for fact in facts
        )
        for step, _, command_id in named:
            if known.get(command_id, step.digest) != step.digest:
                summary.changed += 1
                said = "imported before and different now; what was witnessed stays"
                self._rejects.add(Unreadable(step.line, said, step.case))
