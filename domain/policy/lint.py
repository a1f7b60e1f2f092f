"""Whether a workflow holds together: nothing dangling, unreachable, dead, without owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.policy.row import Row
from domain.policy.workflow import TABLE, spread

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong, in which state, and by which action (None: the state as a whole)."""

    code: str
    state: str
    action: str | None = None
    severity: str = ERROR


@dataclass(frozen=True, slots=True)
class _Exit:
    action: str
    to: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class _State:
    name: str
    start: bool
    terminal: bool
    exits: tuple[_Exit, ...]

    def leaving(self) -> list[_Exit]:
        """The exits that lead to another state."""
        return [exit_ for exit_ in self.exits if exit_.to != self.name]


def lint(workflow: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with ``{"states": {NAME: {"start", "terminal", "actions": [...]}}}``.

    Errors: ``dangling_target`` (an action leads to no state), ``unreachable_state``
    (from no start), ``dead_end`` (not terminal, and no action leads on), ``no_owner``
    (an action without roles). Warnings: ``terminal_state_with_exits``,
    ``single_exit_single_role`` (one person's absence stops the case).
    Missing keys are false or empty. Errors come first, in the order of states and
    actions in the table. Raises Malformed when it is not such a table at all. A state
    whose only way on dangles is told once, as dangling.
    """
    states = _states(workflow)
    errors = [finding for state in states.values() for finding in _errors(state, states)]
    warnings = [finding for state in states.values() for finding in _warnings(state)]
    return [*errors, *warnings]


def sound(findings: list[Finding]) -> bool:
    """Whether none of the findings is an error."""
    return not any(finding.severity == ERROR for finding in findings)


def _states(workflow: Mapping[str, Any]) -> dict[str, _State]:
    top = Row(TABLE, "workflow", spread(Row(TABLE, "workflow", workflow).values))
    if not top.has("states"):
        raise top.lacks("states", "a table of states")
    return {
        row.name: _State(
            name=row.name,
            start=row.flag("start", default=False),
            terminal=row.flag("terminal", default=False),
            exits=tuple(
                _Exit(
                    exit_.text("action", ""),
                    exit_.text("to", ""),
                    frozenset(exit_.texts("roles")),
                )
                for exit_ in row.rows("actions")
            ),
        )
        for row in top.below("states")
    }


def _errors(state: _State, states: Mapping[str, _State]) -> Iterator[Finding]:
    if state.name not in _reached(states):
        yield Finding("unreachable_state", state.name)
    if not state.terminal and not state.leaving():
        yield Finding("dead_end", state.name)
    for exit_ in state.exits:
        if exit_.to not in states:
            yield Finding("dangling_target", state.name, exit_.action)
        if not exit_.roles:
            yield Finding("no_owner", state.name, exit_.action)


def _reached(states: Mapping[str, _State]) -> frozenset[str]:
    """Every state that a case can come to from a start."""
    waiting = [name for name, state in states.items() if state.start]
    seen = set(waiting)
    while waiting:
        for exit_ in states[waiting.pop()].exits:
            if exit_.to in states and exit_.to not in seen:
                seen.add(exit_.to)
                waiting.append(exit_.to)
    return frozenset(seen)


def _warnings(state: _State) -> Iterator[Finding]:
    leaving = state.leaving()
    if state.terminal and leaving:
        yield Finding("terminal_state_with_exits", state.name, None, WARNING)
    if not state.terminal and len(leaving) == 1 and len(leaving[0].roles) == 1:
        yield Finding("single_exit_single_role", state.name, leaving[0].action, WARNING)
