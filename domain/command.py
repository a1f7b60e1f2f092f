"""What somebody wants done: the base of every command, and who carries it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.fact import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish with its envelope.

    ``command_id`` is the identity of the wish: the same id twice is the same wish, and
    is done once. ``at`` is the business time at which it is voiced (UTC).
    ``subject`` is the stream it speaks to: a call, a case, the organisation.
    Fields after the envelope are the body that a client sends. A field typed ``Sealed``
    is sent in clear and sealed at the edge, before the command is made.
    """

    ACTION: ClassVar[str]

    subject: UUID
    command_id: UUID
    actor: Actor
    at: datetime
    correlation_id: UUID | None = None
    causation_id: UUID | None = None


ENVELOPE = frozenset(
    {"subject", "command_id", "actor", "at", "correlation_id", "causation_id"}
)
