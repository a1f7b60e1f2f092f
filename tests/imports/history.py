"""What the tests of imports share: an invented log, an importer at hand, a naive count."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from api.imports.batches import Summary
from api.imports.importer import import_history
from api.imports.mapping import Mapping, load
from api.imports.rejects import Rejects
from api.policies import publish_shipped
from domain.desk import Desk
from store import Store

DATA = Path(__file__).parent / "data"
DESK_CSV = DATA / "desk.csv"
DESK = str(DATA / "desk.toml")
NOW = datetime(2026, 3, 9, tzinfo=UTC)


def keyed(said: bytes, secret: bytes = b"a secret") -> bytes:
    """A fingerprint as the vault makes it, under a secret of the test."""
    return hmac.digest(secret, said, "sha256")


class Watched:
    """A watcher that remembers what it was told."""

    def __init__(self) -> None:
        self.news: list[tuple[str, int, int]] = []

    def reading(self, done: int, total: int) -> None:
        self.news.append(("reading", done, total))

    def writing(self, done: int, total: int) -> None:
        self.news.append(("writing", done, total))


class Importing:
    """Imports into one store, with the shipped policies published."""

    def __init__(self, store: Store, rejects: Path) -> None:
        self.store = store
        self.desk = Desk(store.factory, profile="sgcc-2022", ledger=store.ledger)
        publish_shipped(self.desk, NOW)
        self.rejects = rejects
        self.watched = Watched()

    def __call__(self, mapping: Mapping | str, file: Path) -> Summary:
        with closing(Rejects(self.rejects)) as rejects:
            return import_history(
                self.store,
                self.desk,
                load(mapping) if isinstance(mapping, str) else mapping,
                file,
                policy=self.desk.policy_in_force(NOW),
                rejects=rejects,
                watcher=self.watched,
            )


def without(lines: int, file: Path, into: Path) -> Path:
    """The file but its last lines, as if it had not grown yet."""
    rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
    into.write_text("".join(rows[:-lines]), encoding="utf-8")
    return into


class SourceRow(NamedTuple):
    """A row as the definitions of domain.md D see it."""

    case: str
    seq: int
    status: str
    team: str


def naive(rows: Iterable[SourceRow]) -> dict[str, int]:
    """The figures of domain.md D, counted from the rows alone, word by word as the
    definitions have it, and sharing nothing with the code under test."""
    cases = cases_of(rows)
    reopened = [
        sum(a.status == "Completed" != b.status for a, b in pairwise(case))
        for case in cases
    ]
    return {
        "cases": len(cases),
        "source_rows": sum(map(len, cases)),
        "cases_with_handover": sum(bool(handovers(case)) for case in cases),
        "handovers": sum(len(handovers(case)) for case in cases),
        "pingpong_cases": sum(bool(pingpongs(case)) for case in cases),
        "pingpong": sum(len(pingpongs(case)) for case in cases),
        "reopened": sum(map(bool, reopened)),
        "reopened_times": sum(reopened),
        "push_to_front": sum(map(pushed_to_front, cases)),
    }


def cases_of(rows: Iterable[SourceRow]) -> list[list[SourceRow]]:
    ordered = sorted(rows, key=lambda row: (row.case, row.seq))
    return [list(case) for _, case in groupby(ordered, key=lambda row: row.case)]


def handovers(case: Sequence[SourceRow]) -> list[tuple[str, int, str, str]]:
    return [(b.case, b.seq, a.team, b.team) for a, b in pairwise(case) if a.team != b.team]


def pingpongs(case: Sequence[SourceRow]) -> list[tuple[str, int, str, str]]:
    """Equal neighbours collapse into runs; each run that equals the one before the last."""
    hops = handovers(case)
    return [second for first, second in pairwise(hops) if first[2] == second[3]]


def pushed_to_front(case: Sequence[SourceRow]) -> bool:
    def level(team: str) -> str:
        marks = (("L2", "2nd"), ("L3", "3rd"))
        return "".join(name for name, mark in marks if mark in team) or "L1"

    levels = [level(row.team) for row in case]
    bad = {("L2", "L1"), ("L3", "L2"), ("L3", "L1"), ("L1", "L3")}
    return levels[0] != "L1" or any(pair in bad for pair in pairwise(levels))
