"""Every command in every state for every role does over HTTP what the policy document says.

The table is made from the shipped document by domain/policy/outcomes.py, not by the code
that decides.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.http.examples import EXAMPLES
from api.policies import shipped
from domain.policy.outcomes import DONE, Outcome, outcomes
from tests.http.preparing import Preparing
from tests.support.hotline import Hotline

DOCUMENT = shipped()["sgcc-2022"]
TABLE = list(outcomes(DOCUMENT))
CLIENTS = 8
STATES = list(DOCUMENT["workflow"]["states"])


class Table:
    """Runs rows of the table. Its actors' units are such that only the role decides."""

    def __init__(self, hotline: Hotline) -> None:
        self.hotline = hotline
        self.preparing = Preparing(hotline)
        for role, rule in DOCUMENT["roles"].items():
            unit = "95598" if rule["scope"] == "all" else "qinglan"
            hotline.token(role, unit, f"{role} of the table")

    def run(self, row: Outcome, case_id: str) -> tuple[int, str]:
        """Send the row's command; the status and the refusal's code."""
        who = f"{row.role} of the table"
        if row.action == "answer-escalation" and row.outcome == DONE:
            who = self._told(row.role, case_id)
        path = f"/cases/{case_id}/{row.action}"
        answer = self.hotline.post(who, path, self._body(row))
        return answer.status_code, answer.json().get("code", "")

    def _body(self, row: Outcome) -> dict[str, Any]:
        body = EXAMPLES["case", row.action]
        if row.action == "merge":
            return {"into": self.preparing.open_case}
        if row.action == "link-repeat":
            return {"earlier_case": self.preparing.closed_case}
        if row.action == "close" and row.state != "callback":
            reason = "withdrawn" if row.state == "withdrawn" else "no_phone"
            return {"no_callback_reason": reason}
        return body

    def _told(self, role: str, case_id: str) -> str:
        """The person who was told of the case last, in this role."""
        told = self.hotline.seen("supervisor", f"/cases/{case_id}")["state"]["told"][-1]
        who = f"{role} {told['person']}"
        if who not in self.hotline.tokens:
            token = self.hotline.store.tokens.create(
                role=role, unit=told["unit"], person=told["person"]
            )
            self.hotline.tokens[who] = token
        return who


@pytest.fixture(scope="module")
def table(hotline: Hotline) -> Table:
    return Table(hotline)


def rows(state: str, *, done: bool) -> list[Outcome]:
    return [row for row in TABLE if row.state == state and (row.outcome == DONE) == done]


def test_the_table_has_every_command_of_every_case_in_every_state_for_every_role() -> None:
    actions = {action for subject, action in EXAMPLES if subject == "case"} - {"receive"}
    assert {row.action for row in TABLE} == actions
    assert len(TABLE) == len(actions) * len(STATES) * len(DOCUMENT["roles"])


@pytest.mark.parametrize("state", STATES)
def test_what_the_table_allows_goes_through(table: Table, state: str) -> None:
    got = {}
    for row in rows(state, done=True):
        phone = {"phone": None} if (row.action, row.state) == ("close", "reviewed") else {}
        case_id = table.preparing.case(state, row.action, **phone)
        got[row.action, row.role] = table.run(row, case_id)
    assert got == dict.fromkeys(got, (DONE, ""))
    assert len(got) == len(rows(state, done=True))


@pytest.mark.parametrize("state", STATES)
def test_what_the_table_refuses_is_refused_and_changes_nothing(
    table: Table, state: str
) -> None:
    case_id = table.preparing.case(state)
    before = table.hotline.store.log.head()
    counted = Counter(table.hotline.store.refusals.counts())
    asked = rows(state, done=False)
    with ThreadPoolExecutor(CLIENTS) as clients:
        got = list(clients.map(lambda row: table.run(row, case_id), asked))
    told = zip(asked, got, strict=True)
    assert [(row, answer) for row, answer in told if row.outcome != answer[0]] == []
    assert table.hotline.store.log.head() == before
    refused = Counter(code for _, code in got)
    assert Counter(table.hotline.store.refusals.counts()) - counted == refused
