"""The linter of workflows: each finding on a small workflow that has it, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy.lint import Finding, lint, sound
from domain.policy.row import Malformed

BOTH = ["agent", "dispatcher"]


def action(to: str, roles: list[str] | None = None, name: str = "go") -> dict[str, Any]:
    return {"action": name, "to": to, "roles": BOTH if roles is None else roles}


def state(*actions: dict[str, Any], **more: bool) -> dict[str, Any]:
    return {"actions": list(actions), **more}


END = state(terminal=True)


def findings(**states: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(f.code, f.state, f.action) for f in lint({"states": states})]


def test_a_workflow_that_holds_has_no_findings() -> None:
    assert findings(begun=state(action("done"), start=True), done=END) == []


def test_an_action_that_leads_to_no_state_dangles() -> None:
    begun = state(action("done"), action("gone", name="lose"), start=True)
    assert findings(begun=begun, done=END) == [("dangling_target", "begun", "lose")]


def test_an_action_without_a_target_dangles() -> None:
    begun = state(action("done"), {"action": "lose", "roles": BOTH}, start=True)
    assert findings(begun=begun, done=END) == [("dangling_target", "begun", "lose")]


def test_a_state_that_no_start_leads_to_is_unreachable() -> None:
    found = findings(
        begun=state(action("done"), start=True), island=state(action("done")), done=END
    )
    assert found == [("unreachable_state", "island", None)]


def test_two_states_that_lead_only_to_each_other_are_unreachable() -> None:
    found = findings(
        begun=state(action("done"), start=True),
        one=state(action("two")),
        two=state(action("one")),
        done=END,
    )
    assert found == [("unreachable_state", "one", None), ("unreachable_state", "two", None)]


def test_without_a_start_nothing_is_reachable() -> None:
    found = findings(begun=state(action("done")), done=END)
    assert found == [
        ("unreachable_state", "begun", None),
        ("unreachable_state", "done", None),
    ]


def test_a_state_that_leads_nowhere_and_is_not_terminal_is_a_dead_end() -> None:
    begun = state(action("stuck"), start=True)
    assert findings(begun=begun, stuck=state()) == [("dead_end", "stuck", None)]


def test_an_action_that_stays_does_not_lead_out_of_a_dead_end() -> None:
    begun = state(action("stuck"), start=True)
    stuck = state(action("stuck", name="urge"))
    assert findings(begun=begun, stuck=stuck) == [("dead_end", "stuck", None)]


def test_an_action_without_roles_has_no_owner() -> None:
    begun = state(action("done"), action("begun", [], name="urge"), start=True)
    assert findings(begun=begun, done=END) == [("no_owner", "begun", "urge")]


def test_a_terminal_state_with_a_way_out_is_a_warning() -> None:
    found = lint(
        {
            "states": {
                "begun": state(action("done"), start=True),
                "done": state(
                    action("begun", name="reopen"),
                    action("begun", name="appeal"),
                    action("done", name="note"),
                    terminal=True,
                ),
            }
        }
    )
    assert found == [Finding("terminal_state_with_exits", "done", None, "warning")]
    assert sound(found)


def test_a_terminal_state_that_is_only_added_to_is_fine() -> None:
    done = state(action("done", name="note"), terminal=True)
    assert findings(begun=state(action("done"), start=True), done=done) == []


def test_one_exit_for_one_role_is_a_warning() -> None:
    found = lint(
        {
            "states": {
                "begun": state(action("done", ["agent"]), start=True),
                "done": END,
            }
        }
    )
    assert found == [Finding("single_exit_single_role", "begun", "go", "warning")]


def test_a_second_role_or_a_second_exit_is_enough() -> None:
    begun = state(
        action("done", ["agent"]), action("half", ["agent"], name="x"), start=True
    )
    half = state(action("done", BOTH), action("half", ["agent"], name="urge"))
    assert findings(begun=begun, half=half, done=END) == []


def test_errors_come_before_warnings_each_in_the_order_of_the_table() -> None:
    found = lint(
        {
            "states": {
                "z": state(action("a", ["agent"]), start=True),
                "m": state(action("gone")),
                "a": state(action("z"), terminal=True),
            }
        }
    )
    assert [(f.code, f.state, f.severity) for f in found] == [
        ("unreachable_state", "m", "error"),
        ("dangling_target", "m", "error"),
        ("single_exit_single_role", "z", "warning"),
        ("terminal_state_with_exits", "a", "warning"),
    ]
    assert not sound(found)


def test_staying_actions_are_looked_at_too() -> None:
    workflow = {
        "staying": {"states": ["begun"], "actions": [{"action": "urge", "roles": []}]},
        "states": {"begun": state(action("done"), start=True), "done": END},
    }
    assert lint(workflow) == [Finding("no_owner", "begun", "urge")]


@pytest.mark.parametrize(
    ("workflow", "says"),
    [
        ({}, "states is missing"),
        ({"states": []}, "states must be a table"),
        ({"states": {"begun": []}}, "begun must be a table"),
        ({"states": {"begun": {"start": 1}}}, "start must be true or false"),
        ({"states": {"begun": {"actions": {}}}}, "actions must be a list of rows"),
        ({"states": {"begun": {"actions": ["go"]}}}, "must be a table"),
        ({"states": {"begun": {"actions": [{"roles": "agent"}]}}}, "a list of texts"),
        ({"states": {"begun": {"actions": [{"to": 7}]}}}, "to must be a text"),
        ([], "must be a table"),
    ],
)
def test_what_is_no_workflow_is_refused(workflow: Any, says: str) -> None:
    with pytest.raises(Malformed) as refused:
        lint(workflow)
    assert says in refused.value.en


NAMES = st.sampled_from(["a", "b", "c", "d"])
ACTIONS = st.lists(
    st.builds(
        lambda to, roles, name: {"action": name, "to": to, "roles": roles},
        st.sampled_from(["a", "b", "c", "d", "gone"]),
        st.lists(st.sampled_from(BOTH), unique=True),
        st.sampled_from(["go", "urge"]),
    ),
    max_size=4,
)
STATES = st.dictionaries(
    NAMES,
    st.fixed_dictionaries({"start": st.booleans(), "terminal": st.booleans()}).flatmap(
        lambda flags: ACTIONS.map(lambda actions: flags | {"actions": actions})
    ),
)


@given(STATES)
def test_a_sound_workflow_always_has_a_next_move_with_somebody_to_make_it(
    states: dict[str, Any],
) -> None:
    if not sound(lint({"states": states})):
        return
    reached = {name for name, each in states.items() if each["start"]}
    for _ in states:
        reached |= {a["to"] for name in reached for a in states[name]["actions"]}
    assert reached == set(states)
    for name, each in states.items():
        assert all(a["roles"] and a["to"] in states for a in each["actions"])
        assert each["terminal"] or any(a["to"] != name for a in each["actions"])


@given(STATES)
def test_an_unsound_workflow_is_told_why(states: dict[str, Any]) -> None:
    for finding in lint({"states": states}):
        each = states[finding.state]
        named = [a for a in each["actions"] if a["action"] == finding.action]
        assert bool(named) == (finding.action is not None)
        if finding.code == "no_owner":
            assert any(not a["roles"] for a in named)
        if finding.code == "dangling_target":
            assert any(a["to"] not in states for a in named)
        if finding.code == "dead_end":
            assert all(a["to"] == finding.state for a in each["actions"])
