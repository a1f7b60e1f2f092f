"""The import itself: read everything once, then write by the batch what is new."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from api.imports.batches import Batches, Summary
from api.imports.csv_rows import CsvRows
from api.imports.mapping import Mapping, hint, texts_of
from api.imports.ordering import Ordered, ordered
from api.imports.rejects import Rejects
from api.imports.source import Rows, Unreadable, Unusable, opened
from api.imports.steps import RowReader
from api.imports.witnessing import Witness
from api.imports.xes_rows import XesRows
from domain.desk import Desk
from domain.policy.policy import Policy
from store import Store
from store.bulk import Bulk

BATCH_STEPS = 2_000
ROWS_BETWEEN_NEWS = 500

T = TypeVar("T")


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
        keyed = store.vault.fingerprint
        reader = RowReader(mapping, policy.types, policy.channels, keyed)
        _read(path, mapping, reader, steps, rejects, watcher, summary)
        witness = Witness(mapping, store.vault, policy, desk.policy)
        with Batches(Bulk(store), witness, rejects, summary) as batches:
            done = 0
            for batch in _batched(steps, BATCH_STEPS):
                batches.write(batch)
                done += len(batch)
                watcher.writing(done, steps.count)
            batches.finish()
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
    reader: RowReader,
    steps: Ordered,
    rejects: Rejects,
    watcher: Watcher,
    summary: Summary,
) -> None:
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
