"""What the code decides and what the published document says are the same, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.policies import shipped
from domain.policy.outcomes import DONE, NO_SUCH_MOVE, NOT_PERMITTED, Outcome, outcomes
from domain.policy.parse import parse
from domain.policy.policy import Policy
from domain.refused import NotPermitted, Refused
from tests.domain.policy.shaping import NAMED, small

ROLES = ["agent", "dispatcher"]
WORDS = ["close", "reopen", "urge"]


def decided(policy: Policy, row: Outcome) -> int:
    try:
        policy.move(row.state, row.action, row.role)
    except NotPermitted:
        return NOT_PERMITTED
    except Refused as refused:
        return {"no_such_move": NO_SUCH_MOVE}[refused.code]
    return DONE


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_the_shipped_rules_decide_as_their_documents_say(profile: str) -> None:
    document = shipped()[profile]
    policy = Policy.from_document(document)
    rows = list(outcomes(document))
    actions = {action for _, action in policy.moves}
    assert len(rows) == len(actions) * len(policy.states) * len(policy.roles)
    assert {row.outcome for row in rows} == {DONE, NOT_PERMITTED, NO_SUCH_MOVE}
    assert [row for row in rows if decided(policy, row) != row.outcome] == []


def test_a_role_that_never_may_is_told_so_before_the_move_is_missed() -> None:
    rows = {row[:3]: row.outcome for row in outcomes(shipped()["sgcc-2022"])}
    assert rows["dispatch", "callback", "auditor"] == NOT_PERMITTED
    assert rows["dispatch", "callback", "agent"] == NO_SUCH_MOVE
    assert rows["dispatch", "received", "agent"] == DONE
    assert rows["give-final-answer", "received", "handler"] == NOT_PERMITTED


def workflows() -> st.SearchStrategy[dict[str, Any]]:
    """Documents of three states with any moves between them."""
    states = ["one", "two", "three"]
    move = st.fixed_dictionaries(
        {
            "action": st.sampled_from(WORDS),
            "to": st.sampled_from(states),
            "roles": st.lists(st.sampled_from(ROLES), unique=True),
            "source": st.just("U"),
        }
    )
    moves = st.lists(move, unique_by=lambda each: each["action"])
    table = st.fixed_dictionaries(dict.fromkeys(states, moves))
    return table.map(document)


def document(moves: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    states = {
        name: NAMED | {"start": name == "one", "actions": actions}
        for name, actions in moves.items()
    }
    words = dict.fromkeys((*WORDS, "receive"), NAMED)
    return small() | {"workflow": {"states": states}, "actions": words}


@given(workflows())
def test_any_rules_decide_as_their_document_says(found: dict[str, Any]) -> None:
    parsed = parse(found)
    policy = Policy.from_document(parsed)
    for row in outcomes(parsed):
        assert decided(policy, row) == row.outcome, row
