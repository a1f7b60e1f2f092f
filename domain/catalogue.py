"""Everything the desk can be asked to do: one line a capability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.case.case import Case
from domain.case.dispatch import DispatchCase, dispatch
from domain.case.receive import ReceiveCase, receive
from domain.command import Command
from domain.fact import Fact, Recorded
from domain.policy.book import PolicyBook, PublishPolicy, publish

Decide = Callable[..., list[Fact]]


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of stream: the aggregate, what begins it, and what can be done to it.

    A decision that begins a stream is called ``decide(command, setting)``; every other
    ``decide(aggregate, command, setting)``. A stream that stands before its first fact
    (a policy book) is ``empty`` until then, and nothing begins it.
    """

    aggregate: type[Recorded]
    missing: str
    begins: Mapping[type[Command], Decide]
    goes_on: Mapping[type[Command], Decide]
    empty: Callable[[UUID], Recorded] | None = None

    def commands(self) -> dict[str, type[Command]]:
        """Every command by its action word (``dispatch``, ``complete-callback``)."""
        return {command.ACTION: command for command in (*self.begins, *self.goes_on)}


CASE = Subject(
    aggregate=Case,
    missing="no_such_case",
    begins={ReceiveCase: receive},
    goes_on={DispatchCase: dispatch},
)

POLICY = Subject(
    aggregate=PolicyBook,
    missing="no_such_policy",
    begins={},
    goes_on={PublishPolicy: publish},
    empty=PolicyBook.empty,
)

SUBJECTS: dict[str, Subject] = {"case": CASE, "policy": POLICY}


def subject_of(command: type[Command]) -> Subject:
    """The kind of stream a command speaks to."""
    return next(s for s in SUBJECTS.values() if command in s.begins or command in s.goes_on)


def decision_for(command: Command) -> Any:
    subject = subject_of(type(command))
    return subject.begins.get(type(command)) or subject.goes_on[type(command)]
