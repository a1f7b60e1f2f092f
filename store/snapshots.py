"""Snapshots: an aggregate's state to bytes and back, typed by its own annotations."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import Aggregate, CanSnapshotAggregate, Snapshot
from eventsourcing.utils import TopicError, get_topic, resolve_topic

MARK = "snapshot/"
# What the library keeps in every aggregate.
HOUSEKEEPING: dict[str, Any] = {"_created_on": datetime, "_modified_on": datetime}


class _Stored(msgspec.Struct):
    timestamp: datetime
    state: msgspec.Raw


def is_snapshot(topic: str) -> bool:
    """Whether a stored topic is that of a snapshot."""
    return topic.startswith(MARK)


def snapshot_topic(aggregate_topic: str) -> str:
    """``snapshot/case/1f0c...``: what it is a snapshot of, and the shape of its state."""
    return f"{MARK}{aggregate_topic}/{shape(resolve_topic(aggregate_topic))}"


@cache
def is_outdated(topic: str) -> bool:
    """Whether a snapshot was taken of an aggregate that had other attributes than today's.

    It is ignored then, and the stream is folded in full: nobody has to migrate snapshots.
    When only the *meaning* of an attribute changes, raise the aggregate's class_version.
    """
    if not is_snapshot(topic):
        return False
    try:
        return topic != snapshot_topic(topic.split("/")[1])
    except TopicError:
        return True


def encode_snapshot(snapshot: CanSnapshotAggregate[Any]) -> bytes:
    """msgpack of the state; raises TypeError when an attribute has no annotation."""
    cls = resolve_topic(snapshot.topic)
    kept = set(snapshot.state) - {"class_version"}
    if odd := kept ^ set(state_type(cls).__struct_fields__):
        raise TypeError(
            f"{get_topic(cls)}: what a snapshot keeps must be annotated in __init__, and "
            f"what is annotated must be kept: {', '.join(sorted(odd))}"
        )
    return msgspec.msgpack.encode(
        {"timestamp": cast("Snapshot", snapshot).timestamp, "state": snapshot.state}
    )


def decode_snapshot(stream_id: UUID, version: int, topic: str, data: bytes) -> Snapshot:
    """The library's snapshot, its state typed as the aggregate's ``__init__`` says."""
    aggregate_topic = topic.split("/")[1]
    cls = resolve_topic(aggregate_topic)
    kind = state_type(cls)
    stored = msgspec.msgpack.decode(data, type=_Stored)
    state = msgspec.msgpack.decode(stored.state, type=kind)
    class_version = {"class_version": cls.class_version} if _class_version(cls) > 1 else {}
    return Snapshot(
        originator_id=stream_id,
        originator_version=version,
        timestamp=stored.timestamp,
        topic=aggregate_topic,
        state=class_version
        | {name: getattr(state, name) for name in kind.__struct_fields__},
    )


@cache
def shape(cls: type[Aggregate]) -> str:
    """A fingerprint of the names and types of the state, nested ones included."""
    described = repr(msgspec.inspect.type_info(state_type(cls)))
    without_addresses = re.sub(r" at 0x[0-9a-f]+", "", described)
    text = f"{_class_version(cls)} {without_addresses}"
    return sha256(text.encode()).hexdigest()[:16]


@cache
def state_type(cls: type[Aggregate]) -> type[msgspec.Struct]:
    """A struct with the attributes that the aggregate's ``__init__`` annotates."""
    fields = HOUSEKEEPING | attribute_types(cls)
    return msgspec.defstruct(f"{cls.__name__}State", list(fields.items()), kw_only=True)


def attribute_types(cls: type[Aggregate]) -> dict[str, Any]:
    """``self.name: Type = ...`` in every ``__init__`` of the class, with the types.

    They are read from the source, because Python does not keep such annotations.
    """
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base in Aggregate.__mro__ or "__init__" not in vars(base):
            continue
        names = vars(sys.modules[base.__module__])
        source = inspect.getsource(inspect.unwrap(vars(base)["__init__"]))
        for node in ast.walk(ast.parse(textwrap.dedent(source))):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                # Our own annotation, from the module as it is installed: no foreign text.
                found[node.target.attr] = eval(ast.unparse(node.annotation), names)  # noqa: S307
    return found


def _class_version(cls: type[Aggregate]) -> int:
    return int(getattr(cls, "class_version", 1))
