"""A desk without a database: the library's in-memory recorder, the store's own mapper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Mapper,
    StoredEvent,
    Transcoder,
)
from eventsourcing.popo import POPOAggregateRecorder, POPOApplicationRecorder, POPOFactory

from domain.desk import Answer, Desk, Voiced
from domain.fact import Fact
from domain.patience import Attempts, Turn, at_once, unasked
from domain.refused import Refused
from store.mapper import FactMapper


class MemoryLog(POPOApplicationRecorder):
    """Facts and command ids in lists. ``before`` and ``after`` run once round the next
    insert: that is where another process gets in between."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[UUID, tuple[bytes, Answer]] = {}
        self.before: list[Callable[[], object]] = []
        self.after: list[Callable[[], object]] = []

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        for act in take(self.before):
            act()
        positions = super().insert_events(stored_events, **kwargs)
        for act in take(self.after):
            act()
        return positions

    def _assert_uniqueness(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> None:
        super()._assert_uniqueness(stored_events)
        for voiced in kwargs.get("commands", ()):
            if voiced.command_id in self.answers:
                raise IntegrityError(f"command recorded before: {voiced.command_id}")

    def _update_table(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        positions = super()._update_table(stored_events)
        assert positions is not None
        for voiced in kwargs.get("commands", ()):
            last = stored_events[-1]
            assert isinstance(last.originator_id, UUID)
            answer = Answer(last.originator_id, last.originator_version, positions[-1])
            self.answers[voiced.command_id] = (voiced.fingerprint, answer)
        return positions

    def find(self, voiced: Voiced) -> Answer | None:
        """The ledger of commands."""
        fingerprint, answer = self.answers.get(voiced.command_id, (b"", None))
        if fingerprint and voiced.fingerprint and fingerprint != voiced.fingerprint:
            raise Refused("command_reused")
        return answer


def take(acts: list[Callable[[], object]]) -> list[Callable[[], object]]:
    taken = acts[:1]
    del acts[:1]
    return taken


class Memory(POPOFactory):
    """One log that any number of desks open, each with a cache of its own."""

    def __init__(self) -> None:
        super().__init__({})
        self.log = MemoryLog()
        self.snapshots = POPOAggregateRecorder()
        self._read: list[Fact] = []

    def mapper(
        self,
        transcoder: Transcoder | None = None,
        mapper_class: type[Mapper[Any]] | None = None,
    ) -> Mapper[Any]:
        return FactMapper()

    def application_recorder(self) -> ApplicationRecorder:
        return self.log

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return self.snapshots

    def is_snapshotting_enabled(self) -> bool:
        return True

    def desk(
        self,
        profile: str = "sgcc-2022",
        *,
        attempts: Attempts = at_once,
        turn: Turn = unasked,
    ) -> Desk:
        return Desk(self, profile=profile, ledger=self.log, attempts=attempts, turn=turn)

    def facts(self, stream: UUID | None = None) -> list[Fact]:
        """Everything on record, or one stream of it, in order."""
        # What was recorded stays as it is: only what came since is decoded.
        found = self.log.select_notifications(len(self._read) + 1, 1_000_000)
        self._read += [FactMapper().to_domain_event(each) for each in found]
        return [f for f in self._read if stream is None or f.originator_id == stream]
