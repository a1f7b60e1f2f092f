"""How people name a case: its number, its UUID, or SOURCE:ID of the system it came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from domain.case.origin import received_case_id, witnessed_case_id
from domain.refused import NotFound

_UUID_LENGTH = 36

Found = Sequence[UUID]


class Ambiguous(Exception):
    """Several cases go by this name; ``cases`` are their UUIDs, which no two share."""

    def __init__(self, name: str, cases: Found) -> None:
        super().__init__(f"{len(cases)} cases go by the name {name}; name one by its UUID")
        self.name = name
        self.cases = cases


def case_id(
    ref: str, by_number: Callable[[str], Found], among: Callable[[Found], Found]
) -> UUID:
    """The case a person means.

    ``by_number`` looks a case number up (``261122-7F3K-9QXM``); ``among`` are those of
    some cases that there are. That a UUID is well formed does not say that there is such
    a case. Raises NotFound when the text names none, Ambiguous when it names several.
    """
    source, colon, source_id = ref.partition(":")
    if colon:
        if not (source and source_id):
            raise NotFound("no_such_case")
        kinds = (witnessed_case_id, received_case_id)
        return _one(ref, among([kind(source, source_id) for kind in kinds]))
    if len(ref) == _UUID_LENGTH:
        try:
            return UUID(ref)
        except ValueError:
            raise NotFound("no_such_case") from None
    return _one(ref, by_number(ref.upper()) if ref.isprintable() else ())


def _one(ref: str, found: Found) -> UUID:
    if not found:
        raise NotFound("no_such_case")
    if len(found) > 1:
        raise Ambiguous(ref, found)
    return found[0]
