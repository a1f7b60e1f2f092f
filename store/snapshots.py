"""Snapshots: an aggregate's state to bytes and back, typed by its own annotations."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import Aggregate, CanSnapshotAggregate, Snapshot
from eventsourcing.utils import get_topic, resolve_topic

SNAPSHOT_TOPIC = "snapshot"
# What the library keeps in every aggregate.
HOUSEKEEPING: dict[str, Any] = {"_created_on": datetime, "_modified_on": datetime}


class _Stored(msgspec.Struct):
    topic: str
    timestamp: datetime
    state: msgspec.Raw


def encode_snapshot(snapshot: CanSnapshotAggregate[Any]) -> bytes:
    """msgpack of the state; raises TypeError when an attribute has no annotation."""
    state_type(resolve_topic(snapshot.topic), tuple(sorted(snapshot.state)))
    return msgspec.msgpack.encode(
        {
            "topic": snapshot.topic,
            "timestamp": cast("Snapshot", snapshot).timestamp,
            "state": snapshot.state,
        }
    )


def decode_snapshot(stream_id: UUID, version: int, data: bytes) -> Snapshot:
    """The library's snapshot, its state typed as the aggregate's ``__init__`` annotates it."""
    stored = msgspec.msgpack.decode(data, type=_Stored)
    struct = state_type(resolve_topic(stored.topic))
    state = msgspec.msgpack.decode(stored.state, type=struct)
    return Snapshot(
        originator_id=stream_id,
        originator_version=version,
        timestamp=stored.timestamp,
        topic=stored.topic,
        state={name: getattr(state, name) for name in struct.__struct_fields__},
    )


@lru_cache(maxsize=None)
def state_type(
    cls: type[Aggregate], expected: tuple[str, ...] | None = None
) -> type[msgspec.Struct]:
    """A struct with the attributes that the aggregate's ``__init__`` annotates.

    Raises TypeError when an attribute of the state (``expected``) is not annotated.
    """
    fields = HOUSEKEEPING | attribute_types(cls)
    if expected is not None and set(expected) != set(fields):
        odd = ", ".join(sorted(set(expected) ^ set(fields)))
        raise TypeError(
            f"{get_topic(cls)}: annotate in __init__ what is kept, and keep it: {odd}"
        )
    return msgspec.defstruct(f"{cls.__name__}State", list(fields.items()), kw_only=True)


def attribute_types(cls: type[Aggregate]) -> dict[str, Any]:
    """``self.name: Type = ...`` lines of every ``__init__`` of the class, with their types."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base in Aggregate.__mro__ or "__init__" not in vars(base):
            continue
        init = inspect.unwrap(vars(base)["__init__"])
        names = vars(sys.modules[base.__module__])
        tree = ast.parse(textwrap.dedent(inspect.getsource(init)))
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                # The annotation is our own source code, read from the installed module.
                found[node.target.attr] = eval(ast.unparse(node.annotation), names)  # noqa: S307
    return found
