"""How people name a case: its number, its UUID, or SOURCE:ID of the system it came from."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid5

from domain.refused import NotFound

WITNESSED = UUID("5b0d7d0e-6a5c-5d0b-9b57-3b1f0d6f2c11")
_UUID_LENGTH = 36


def witnessed_case_id(source: str, source_id: str) -> UUID:
    """The id of a case that another system kept before us: the same at each reading."""
    return uuid5(WITNESSED, f"{source}:{source_id}")


def case_id(ref: str, by_number: Callable[[str], UUID | None]) -> UUID:
    """The case a person means. Raises NotFound when the text names none.

    ``by_number`` looks a case number up (``261122-7F3K-9QXM``). That a UUID or SOURCE:ID
    is well formed does not say that there is such a case.
    """
    if len(ref) == _UUID_LENGTH:
        try:
            return UUID(ref)
        except ValueError:
            raise NotFound("no_such_case") from None
    source, colon, source_id = ref.partition(":")
    if colon and source and source_id:
        return witnessed_case_id(source, source_id)
    found = by_number(ref.upper()) if ref.isprintable() else None
    if found is None:
        raise NotFound("no_such_case")
    return found
