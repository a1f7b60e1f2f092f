"""Our side of the comparisons: real facts of a case, through the real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid5

from domain.case.dispatch import CaseDispatched
from domain.case.number import case_number
from domain.case.receive import CaseReceived
from domain.case.urge import CustomerUrged
from domain.desk import Voiced
from domain.fact import Actor, Fact
from store import Store
from store.bulk import Bulk, VoicedAmong

BENCH = UUID("c0ffee00-0000-4000-8000-000000000001")
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ACTOR = Actor(person="lan", role="agent", post="kefu-zuoxi-1", unit="kefu")
_names = count(1)


def received(case_id: UUID, at: datetime) -> Fact:
    return CaseReceived(
        number=case_number(case_id, at),
        business_type="complaint",
        channel="95598",
        holder_unit="kefu",
        holder_person="lan",
    ).stamped(**envelope(case_id, 1, at), stage="received")


def dispatched(case_id: UUID, at: datetime) -> Fact:
    fact = CaseDispatched(from_unit="kefu", to_unit="donghu")
    return fact.stamped(**envelope(case_id, 2, at), stage="dispatched")


def urged(case_id: UUID, version: int, at: datetime) -> Fact:
    fact = CustomerUrged(times=version - 1)
    return fact.stamped(**envelope(case_id, version, at), stage="dispatched")


def envelope(case_id: UUID, version: int, at: datetime) -> dict[str, object]:
    return {
        "originator_id": case_id,
        "originator_version": version,
        "occurred_at": at,
        "actor": ACTOR,
        "command_id": uuid5(case_id, str(version)),
        "correlation_id": case_id,
        "policy": "sgcc-2022@1",
    }


def new_id() -> UUID:
    """The next case of this run."""
    return uuid5(BENCH, str(next(_names)))


def voiced(fact: Fact) -> Voiced:
    """The command that a fact came from, as the ledger keeps it."""
    return Voiced(fact.command_id, b"\0" * 32)


def fill(store: Store, cases: int) -> int:
    """Append two facts a case in batches; the number of facts."""
    bulk = Bulk(store)
    facts = list(_pairs(cases))
    for first in range(0, len(facts), 2_000):
        batch = facts[first : first + 2_000]
        commands = [
            VoicedAmong(fact.command_id, b"\0" * 32, last=place)
            for place, fact in enumerate(batch, 1)
        ]
        bulk.append(batch, commands)
    return len(facts)


def _pairs(cases: int) -> Iterator[Fact]:
    for n in range(cases):
        case_id, at = new_id(), START + timedelta(seconds=n)
        yield received(case_id, at)
        yield dispatched(case_id, at)
