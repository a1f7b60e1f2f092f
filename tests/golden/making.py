"""Makes an example of any fact type, always the same one, and knows where its files lie."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import domain
from consumers import wire
from domain.case.case import CaseFact
from domain.fact import Actor, Fact, Sealed
from store.log import Entry
from store.mapper import encode_fact

FOLDER = Path(__file__).parent / "facts"
WIRE = Path(__file__).parent / "wire"
AT = datetime(2026, 3, 2, 1, 4, 5, tzinfo=UTC)
SEALED = Sealed(
    person=UUID(int=7), envelope=UUID(int=8), mask="王**", box="Ym94", commitment="Y29t"
)
ENVELOPE: dict[str, Any] = {
    "originator_id": UUID(int=1),
    "originator_version": 1,
    "occurred_at": AT,
    "actor": Actor(person="lan", role="agent", post="kefu-zuoxi-1", unit="kefu"),
    "command_id": UUID(int=2),
    "correlation_id": UUID(int=3),
    "causation_id": UUID(int=4),
    "policy": "sgcc-2022@1",
}


def fact_types() -> list[type[Fact]]:
    """Every fact type of the domain that is stored, by topic."""
    for module in walk_packages(domain.__path__, "domain."):
        import_module(module.name)
    found: dict[str, type[Fact]] = {}
    waiting: list[type[Fact]] = [Fact]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__dict__.get("TOPIC") and kind.__module__.startswith("domain."):
                found[kind.TOPIC] = kind
    return [found[topic] for topic in sorted(found)]


def travelling() -> list[type[CaseFact]]:
    """Those of them that are published on Kafka."""
    return [kind for kind in fact_types() if issubclass(kind, CaseFact)]


def path_of(kind: type[Fact], folder: Path = FOLDER) -> Path:
    """The golden file of the version that is stored today, or is sent (in ``WIRE``)."""
    return folder / f"{kind.TOPIC}.v{kind.class_version}.json"


def files() -> dict[Path, bytes]:
    """Every golden file as it would be written today."""
    stored = {path_of(kind): encode_fact(example(kind)) for kind in fact_types()}
    sent = {path_of(kind, WIRE): wire.payload(entry(kind)) for kind in travelling()}
    return {path: said + b"\n" for path, said in (stored | sent).items()}


def example(kind: type[Fact]) -> Fact:
    """A fact with every field filled, by its type."""
    hints = get_type_hints(kind)
    fields = dataclasses.fields(cast("Any", kind))
    said = {f.name: value(hints[f.name]) for f in fields if f.name not in ENVELOPE}
    return kind(**ENVELOPE, **said)


def entry(kind: type[Fact]) -> Entry:
    """The example of a fact at a place in the log."""
    return Entry(17, AT + timedelta(seconds=1), example(kind))


def value(hint: Any) -> Any:
    """An example of a type that a fact may hold."""
    plain: dict[Any, Any] = {
        str: "text", int: 3, bool: True, float: 0.5, UUID: UUID(int=9), datetime: AT,
        Sealed: SEALED, Any: "any",
    }  # fmt: skip
    if hint in plain:
        return plain[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return value(next(each for each in inner if each is not NoneType))
    if origin is list:
        return [value(inner[0])]
    if origin is tuple:
        return tuple(value(each) for each in inner if each is not ...)
    if origin is dict:
        return {value(inner[0]): value(inner[1])}
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        said = {f.name: value(hints[f.name]) for f in dataclasses.fields(hint)}
        return cast("Any", hint)(**said)
    raise TypeError(f"no example of {hint}: add one here")
