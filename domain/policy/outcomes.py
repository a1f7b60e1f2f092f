"""Every command, state and role with its outcome, told from the published document alone.

A second reading of the same data: the tests run each row over HTTP, so that the code which
decides and the document which people read cannot drift apart unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DONE, NOT_PERMITTED, NO_SUCH_MOVE = 201, 403, 409


class Outcome(NamedTuple):
    """What ``role`` gets for ``action`` on a case in ``state``: 201, 403 or 409."""

    action: str
    state: str
    role: str
    outcome: int


def outcomes(document: Mapping[str, Any]) -> Iterator[Outcome]:
    """One row for every action of the workflow, every state and every role of a document.

    403 when the role may the action in no state, or not in this one although the state
    knows it; 409 when the state does not know the action, but the role may it elsewhere.
    """
    states: Mapping[str, Any] = document["workflow"]["states"]
    may = {
        (row["action"], name): set(row["roles"])
        for name, state in states.items()
        for row in state.get("actions", ())
    }
    for action in sorted({action for action, _ in may}):
        ever = {
            role for (each, _), roles in may.items() if each == action for role in roles
        }
        for state in states:
            for role in document["roles"]:
                yield Outcome(
                    action, state, role, _outcome(may.get((action, state)), role, ever)
                )


def rights(document: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """(action, role, 201 or 403) for what is no move of the workflow: calls, receipt, the
    organisation, the rules. What is allowed may still be refused by the business (409).
    """
    roles: Mapping[str, Any] = document["roles"]
    for action in sorted({action for row in roles.values() for action in row["may"]}):
        for role, row in roles.items():
            yield action, role, DONE if action in row["may"] else NOT_PERMITTED


def _outcome(roles: set[str] | None, role: str, ever: set[str]) -> int:
    if role not in ever:
        return NOT_PERMITTED
    if roles is None:
        return NO_SUCH_MOVE
    return DONE if role in roles else NOT_PERMITTED
