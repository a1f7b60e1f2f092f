"""The library's infrastructure factory: hands out the one recorder and mapper."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    Mapper,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.utils import strtobool

from store.mapper import FactMapper
from store.recorder import LogRecorder, SnapshotRecorder

FORBIDDEN = "POSTGRES_ENABLE_DB_FUNCTIONS"


class UnsafeSetting(Exception):
    """A setting is on with which the library loses facts."""


def refuse_unsafe(environ: Mapping[str, str] | None = None) -> None:
    """Raise UnsafeSetting if the library's lock-free insert is asked for.

    It takes no lock, and a tailing reader lost 156 facts of 10,035 (findings).
    """
    value = (os.environ if environ is None else environ).get(FORBIDDEN, "")
    if value and strtobool(value):
        raise UnsafeSetting(f"{FORBIDDEN} loses facts; unset it")


class StoreFactory(InfrastructureFactory[TrackingRecorder]):
    """Applications of a store share its recorder, so that one writer merges their saves."""

    def __init__(
        self, recorder: LogRecorder, snapshots: SnapshotRecorder, mapper: FactMapper
    ) -> None:
        refuse_unsafe()
        super().__init__({})
        self._recorder = recorder
        self._snapshots = snapshots
        self._mapper = mapper

    def mapper(
        self,
        transcoder: Transcoder | None = None,  # noqa: ARG002 - the library's signature
        mapper_class: type[Mapper[Any]] | None = None,  # noqa: ARG002
    ) -> Mapper[Any]:
        """The store's mapper; it needs no transcoder, whatever the application offers."""
        return self._mapper

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """The recorder of facts, or of snapshots."""
        return self._snapshots if purpose == "snapshots" else self._recorder

    def is_snapshotting_enabled(self) -> bool:
        return True

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:
        raise NotImplementedError("projections.positions keeps the positions of followers")

    def process_recorder(self) -> NoReturn:
        raise NotImplementedError("a follower answers with commands, not in the same row")
