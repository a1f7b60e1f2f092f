"""The workflow table 流程: states, and the moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.policy.row import Malformed, Row, dangling
from domain.policy.rows import Move, State, names

TABLE = "workflow"


def spread(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """The same workflow with the actions of ``staying`` written out in each of its states.

    A workflow without ``staying`` is returned as it is.
    Raises Malformed when ``staying`` names a state that the workflow lacks.
    """
    plain = {key: value for key, value in workflow.items() if key != "staying"}
    if "staying" not in workflow:
        return plain
    staying = Row(TABLE, "staying", workflow["staying"])
    staying.only("states", "actions")
    states = dict(Row(TABLE, "states", plain.get("states", {})).values)
    for name in staying.texts("states"):
        if name not in states:
            raise dangling(staying, "states", name)
        state = Row(TABLE, name, states[name]).values
        stays = [dict(row.values) | {"to": name} for row in staying.rows("actions")]
        states[name] = dict(state) | {"actions": [*state.get("actions", ()), *stays]}
    return plain | {"states": states}


def read_states(workflow: Mapping[str, Any]) -> dict[str, State]:
    """Every state by name. Raises Malformed naming the state."""
    found = {}
    for row in Row(TABLE, "workflow", workflow).below("states"):
        row.only("start", "terminal", "zh", "en", "source", "actions")
        found[row.name] = State(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            terminal=row.flag("terminal", default=False),
        )
    return found


def read_start(workflow: Mapping[str, Any]) -> str:
    """The state in which a case begins. Raises Malformed unless there is exactly one."""
    top = Row(TABLE, "workflow", workflow)
    starts = [row.name for row in top.below("states") if row.flag("start", default=False)]
    if len(starts) != 1:
        raise top.wrong("start", "true in exactly one state", starts)
    return starts[0]


def read_moves(workflow: Mapping[str, Any]) -> dict[tuple[str, str], Move]:
    """Every move by (state, action). Raises Malformed naming the state and the row."""
    found: dict[tuple[str, str], Move] = {}
    states = list(Row(TABLE, "workflow", workflow).below("states"))
    known = {state.name for state in states}
    for state in states:
        for row in state.rows("actions"):
            row.only("action", "to", "roles", "source")
            action, to = row.text("action"), row.text("to")
            if to not in known:
                raise dangling(row, "to", to)
            if (state.name, action) in found:
                raise Malformed("policy_row_twice", table=TABLE, row=state.name, key=action)
            found[state.name, action] = Move(
                to=to, roles=names(row, "roles"), source=row.source()
            )
    return found
