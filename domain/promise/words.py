"""What a fact says in the words that rules are written in."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from domain.fact import Fact

ENVELOPE = frozenset({"terminal"})
_flags: dict[type[Any], tuple[str, ...]] = {}


def words(fact: Fact) -> frozenset[str]:
    """The topic, and one word for each yes or no of the fact: ``case.replied.ok`` when it
    is true, ``case.replied.not_ok`` when it is not."""
    said = {
        f"{fact.TOPIC}.{'' if getattr(fact, name) else 'not_'}{name}"
        for name in flags(type(fact))
    }
    return frozenset({fact.TOPIC, *said})


def flags(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a kind of fact that are simply true or false."""
    if kind not in _flags:
        _flags[kind] = tuple(
            field.name
            for field in fields(kind)
            if field.type in {"bool", bool} and field.name not in ENVELOPE
        )
    return _flags[kind]
