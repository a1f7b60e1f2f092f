"""The envelope: what the desk writes on each fact of a decision before it is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.command import Command
from domain.fact import NEVER, Fact, Recorded
from domain.policy.policy import Policy


def stamped(
    facts: Iterable[Fact],
    onto: Recorded | None,
    command: Command,
    policy: Policy,
    stage: str | None,
) -> list[Fact]:
    """The facts as the next ones of the stream ``onto``, or of the one that they begin.

    The business time of a stream never goes back: when ``command.at`` is earlier than the
    stream's last fact (two clocks differ, or one was set back), the new facts happened when
    that one did. So within a stream the order of ``occurred_at`` is that of the versions.
    ``stage`` is the state the case is in afterwards; None for what is no case.
    """
    version = onto.version if onto else 0
    envelope: dict[str, Any] = {
        "originator_id": onto.id if onto else command.subject,
        "occurred_at": max(command.at, onto.modified_on if onto else NEVER),
        "actor": command.actor,
        "command_id": command.command_id,
        "correlation_id": command.correlation_id or command.subject,
        "causation_id": command.causation_id,
        "policy": policy.label,
    }
    if stage is not None:
        envelope |= {"stage": stage, "terminal": policy.terminal(stage)}
    return [
        fact.stamped(originator_version=version + n, **envelope)
        for n, fact in enumerate(facts, start=1)
    ]
