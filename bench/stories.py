"""Lives of cases for the benches: those of the sample day, lived again by others."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count, groupby
from typing import Any
from uuid import UUID, uuid5

from api.demo.play import DAY, id_of, play
from api.office import Office
from bench.ours import BENCH
from domain.case.case import CaseFact
from domain.case.number import case_number
from domain.desk import Voiced
from domain.fact import Fact
from store import Store
from store.bulk import Bulk, VoicedAmong

# A working day, so that every log of stories is the same.
DAY_OF_STORIES = date(2026, 3, 4)
CASES_AT_ONCE = 1_000
CASES_A_CUSTOMER = 3
FACTS_AN_INSERT = 2_000
FINGERPRINT = b"\0" * 32
Life = tuple[tuple[CaseFact, ...], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One command about a case, as the desk decided it, and the facts that it led to."""

    case_id: UUID
    facts: list[Fact]

    @property
    def voiced(self) -> Voiced:
        return Voiced(self.facts[-1].command_id, FINGERPRINT)


class Stories:
    """The cases of the sample day, through the edge and the desk of the shipped workflow:
    with sealed envelopes, clocks, ladders, and what is coming. Told of other cases, of
    other customers, in a mixture as it comes in; the same mixture every time.
    """

    def __init__(self, lives: Sequence[Life]) -> None:
        self.lives = tuple(lives)
        self._numbers = count(1)

    def again(self) -> Stories:
        """The same, told from the first case on."""
        return Stories(self.lives)

    def commands(self, cases_at_once: int = CASES_AT_ONCE) -> Iterator[Said]:
        """Commands without end: so many cases are under way at once, a new one for each
        that ends. What a case says comes in its own order."""
        dice = random.Random(cases_at_once)  # noqa: S311 - the same mixture every time
        under_way = [self._life(next(self._numbers)) for _ in range(cases_at_once)]
        while True:
            which = dice.randrange(cases_at_once)
            said = next(under_way[which], None)
            if said is None:
                under_way[which] = self._life(next(self._numbers))
            else:
                yield said

    def _life(self, number: int) -> Iterator[Said]:
        case_id = uuid5(BENCH, f"story/{number}")
        customer = uuid5(BENCH, f"customer/{number // CASES_A_CUSTOMER}")
        for n, facts in enumerate(self.lives[number % len(self.lives)]):
            yield Said(case_id, [retold(f, case_id, customer, n) for f in facts])


def retold(fact: CaseFact, case_id: UUID, customer: UUID, command: int) -> CaseFact:
    """The same said of another case of another customer, by another command."""
    changed: dict[str, Any] = {
        "originator_id": case_id,
        "correlation_id": case_id,
        "command_id": uuid5(case_id, str(command)),
    }
    if getattr(fact, "customer", None) is not None:
        changed["customer"] = customer
    if hasattr(fact, "number"):
        changed["number"] = case_number(case_id, fact.occurred_at)
    return fact.stamped(**changed)


def lived(office: Office) -> Stories:
    """Play the sample day in an office that has none, and take its cases for stories."""
    for _ in play(office, DAY_OF_STORIES):
        pass
    cases = [id_of(DAY_OF_STORIES, story.key) for story in DAY]
    lives = [life(office.store, case_id) for case_id in cases]
    return Stories([each for each in lives if each])


def life(store: Store, case_id: UUID) -> Life:
    """What happened to a case, one command after the other."""
    facts = [entry.fact for entry in store.log.stream(case_id)]
    of_case = [fact for fact in facts if isinstance(fact, CaseFact)]
    return tuple(tuple(said) for _, said in groupby(of_case, lambda f: f.command_id))


def write(store: Store, commands: Iterator[Said], facts: int) -> int:
    """Append commands by the thousand until that many facts are written; how many were."""
    bulk, written = Bulk(store), 0
    while written < facts:
        batch: list[Fact] = []
        voiced: list[VoicedAmong] = []
        while len(batch) < min(FACTS_AN_INSERT, facts - written):
            said = next(commands)
            batch += said.facts
            voiced.append(VoicedAmong(said.voiced.command_id, FINGERPRINT, last=len(batch)))
        bulk.append(batch, voiced)
        written += len(batch)
    return written
