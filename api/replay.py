"""A stream told fact by fact, with its state after each: what an auditor reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from domain.fact import Fact, Recorded, Sealed

_ENVELOPE = frozenset(Fact.__annotations__) - {"TOPIC", "class_version"}


class Entry(Protocol):
    """A fact as the log keeps it (store/log.py)."""

    @property
    def position(self) -> int: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def fact(self) -> Fact: ...


def replay(entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    """One line a fact, in order: position, version, topic, occurred_at, recorded_at,
    actor, fact (what it says) and state (what the stream is after it).

    ``entries`` are one stream from its first fact on. Personal fields show their mask.
    """
    state: Recorded | None = None
    for entry in entries:
        state = cast("Recorded", entry.fact.mutate(state))
        yield line(entry) | {"state": state_of(state)}


def line(entry: Entry) -> dict[str, Any]:
    """One fact of the log as plain values: where it stands, its envelope, what it says."""
    fact = entry.fact
    return {
        "position": entry.position,
        "stream": fact.originator_id,
        "version": fact.originator_version,
        "topic": fact.TOPIC,
        "occurred_at": fact.occurred_at,
        "recorded_at": entry.recorded_at,
        "actor": shown(fact.actor),
        "policy": fact.policy,
        "command_id": fact.command_id,
        "causation_id": fact.causation_id,
        "fact": said(fact),
    }


def said(fact: Fact) -> dict[str, Any]:
    """What a fact says, without its envelope."""
    return {
        name: shown(value) for name, value in vars(fact).items() if name not in _ENVELOPE
    }


def state_of(stream: Recorded) -> dict[str, Any]:
    """The state of an aggregate as plain values, personal fields masked."""
    return {
        name: shown(value)
        for name, value in sorted(vars(stream).items())
        if not name.startswith("_")
    }


def shown(value: object) -> Any:
    """A value as it may leave the system: masks for envelopes, plain containers."""
    if isinstance(value, Sealed):
        return value.mask
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: shown(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): shown(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [shown(v) for v in value]
    return value


def masks_of(entries: Iterable[Entry]) -> dict[str, str]:
    """The last mask of every personal field that a stream's facts sealed, by field."""
    return {
        name: value.mask
        for entry in entries
        for name, value in vars(entry.fact).items()
        if isinstance(value, Sealed)
    }
