"""Processes and threads that write under load and remember what they were promised."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from eventsourcing.persistence import IntegrityError, OperationalError

from domain.desk import Voiced
from store import Store, open_store
from store.settings import Settings
from tests.store.diary import note, write

THREADS = 4


@dataclass
class Promises:
    """Commands by what became of them; each writes one fact to a stream of its own."""

    begun: set[UUID] = field(default_factory=set)
    acknowledged: dict[UUID, int] = field(default_factory=dict)

    @property
    def unknown(self) -> set[UUID]:
        return self.begun - self.acknowledged.keys()

    def read(self, line: str) -> None:
        """A line of ``say``, as it came through a pipe."""
        word, command, *position = line.split()
        if word == "begun":
            self.begun.add(UUID(command))
        else:
            self.acknowledged[UUID(command)] = int(position[0])

    def retry(self, store: Store) -> None:
        """Voice every unknown command again, under its own id."""
        for command in self.unknown:
            try:
                (position,) = write(store, note(command, 1), command=command)
            except IntegrityError:
                done = store.ledger.find(Voiced(command, b"body"))
                assert done is not None, "refused as a duplicate, and yet not there"
                position = done.position
            self.acknowledged[command] = position

    def kept(self, store: Store) -> None:
        """Nothing lost, nothing doubled, nobody told a wrong position, no gap."""
        entries = list(store.log.scan())
        at = {entry.fact.originator_id: entry.position for entry in entries}
        assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
        assert store.log.head() == len(entries)
        assert len(at) == len(entries), "a command was done twice"
        assert self.acknowledged.keys() == self.begun == at.keys()
        assert self.acknowledged == at


def write_on(store: Store, promises: Promises, stop: threading.Event) -> None:
    """Write until told to stop, and over any failure that leaves the outcome unknown."""
    while not stop.is_set():
        command = uuid4()
        promises.begun.add(command)
        try:
            (position,) = write(store, note(command, 1), command=command)
        except OperationalError:
            continue
        promises.acknowledged[command] = position


def say(store: Store) -> None:
    """Write for ever, saying each command before and each position after."""
    while True:
        command = uuid4()
        sys.stdout.write(f"begun {command}\n")
        sys.stdout.flush()
        (position,) = write(store, note(command, 1), command=command)
        sys.stdout.write(f"acknowledged {command} {position}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    dsn, home = sys.argv[1:]
    with open_store(dsn, Settings(home=Path(home), database_url=dsn)) as opened:
        threads = [threading.Thread(target=say, args=[opened]) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
