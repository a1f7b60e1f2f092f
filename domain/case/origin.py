"""来源 Origin: the id of a case that has a name in another system (``SOURCE:ID``)."""

from __future__ import annotations

from uuid import UUID, uuid5

# Of imported history and of what came in here: whoever receives a case can never take
# the place of one that another system kept.
WITNESSED = UUID("5b0d7d0e-6a5c-5d0b-9b57-3b1f0d6f2c11")
RECEIVED = UUID("8f1d4a52-0b6e-5c37-9d0a-2e7b61c4f893")


def witnessed_case_id(source: str, source_id: str) -> UUID:
    """The id of a case that another system kept before us: the same at each reading.

    ``source`` has no colon, so no two cases have one id.
    """
    return uuid5(WITNESSED, f"{source}:{source_id}")


def received_case_id(source: str, source_id: str) -> UUID:
    """The id of a case that is received here for a matter of another system: the same
    for the same matter, so that it is received once."""
    return uuid5(RECEIVED, f"{source}:{source_id}")
