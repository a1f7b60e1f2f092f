"""What a fact says in the words that rules are written in."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from domain.fact import Fact

ENVELOPE = frozenset({"terminal"})
YES_OR_NO = frozenset({"bool", bool})
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
    """What is simply true or false of a kind of fact: its fields, and its properties."""
    if kind not in _flags:
        said = {field.name for field in fields(kind) if field.type in YES_OR_NO}
        told = {name for name, value in vars(kind).items() if is_flag(value)}
        _flags[kind] = tuple(sorted((said | told) - ENVELOPE))
    return _flags[kind]


def is_flag(value: object) -> bool:
    """Whether a member of a class is a property that is true or false."""
    if not isinstance(value, property) or value.fget is None:
        return False
    return value.fget.__annotations__.get("return") in YES_OR_NO
