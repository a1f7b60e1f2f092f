"""Every command in every state for every role does over HTTP what the policy document says.

The table is made from the shipped document by domain/policy/outcomes.py, not by the code
that decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from api.http.examples import EXAMPLES
from api.policies import shipped
from domain.policy.outcomes import DONE, Outcome, outcomes
from store import open_store
from store.settings import Settings
from tests.http.preparing import WORDS, Preparing
from tests.support.database import Databases
from tests.support.hotline import MONDAY, Hotline, hotline_on

pytestmark = pytest.mark.usefixtures("uncounted")

DOCUMENTS = shipped()
TABLES = {profile: list(outcomes(document)) for profile, document in DOCUMENTS.items()}
CLIENTS = 8


def own_workflows() -> list[str]:
    """The profiles without those that only repeat the workflow and roles of another."""
    found: list[str] = []
    for profile in sorted(DOCUMENTS, reverse=True):
        if all(TABLES[profile] != TABLES[other] for other in found):
            found.append(profile)
    return found


# The others by ``make long``.
ALWAYS = "sgcc-2022"
EACH = [
    pytest.param(
        *(profile, state),
        id=f"{profile}-{state}",
        marks=[pytest.mark.long] if profile != ALWAYS else [],
    )
    for profile in own_workflows()
    for state in DOCUMENTS[profile]["workflow"]["states"]
]


class Table:
    """Runs rows of the table. Its actors' units are such that only the role decides."""

    def __init__(self, hotline: Hotline, profile: str) -> None:
        self.hotline = hotline
        self.rows = TABLES[profile]
        self.preparing = Preparing(hotline, WORDS.get(profile, {}))
        for role, rule in DOCUMENTS[profile]["roles"].items():
            unit = "95598" if rule["scope"] == "all" else "qinglan"
            # No unit gives orders to itself, and 95598 holds what is just received.
            unit = "supervision" if role == "supervisor" else unit
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
        return self.preparing.worded(body)

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
def tables(
    server: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Table]]:
    """The table of a profile, over a hotline that works by it: the same one each time."""
    with ExitStack() as opened:

        @cache
        def table(profile: str) -> Table:
            dsn = opened.enter_context(server.fresh())
            home = tmp_path_factory.mktemp("home")
            settings = Settings(home=home, database_url=dsn, profile=profile)
            store = opened.enter_context(open_store(dsn, settings))
            return Table(opened.enter_context(hotline_on(store)), profile)

        yield table


def rows(table: Table, state: str, *, done: bool) -> list[Outcome]:
    return [r for r in table.rows if r.state == state and (r.outcome == DONE) == done]


@pytest.mark.parametrize("profile", DOCUMENTS)
def test_the_table_has_every_command_in_every_state_for_every_role(profile: str) -> None:
    document, table = DOCUMENTS[profile], TABLES[profile]
    actions = {row.action for row in table}
    assert len(table) == len(actions) * len(document["workflow"]["states"]) * len(
        document["roles"]
    )
    known = {action for subject, action in EXAMPLES if subject == "case"} - {"receive"}
    assert actions <= known
    assert profile != "sgcc-2022" or actions == known


@pytest.mark.parametrize(("profile", "state"), EACH)
def test_what_the_table_allows_goes_through(
    tables: Callable[[str], Table], profile: str, state: str
) -> None:
    table, got = tables(profile), {}
    for row in rows(table, state, done=True):
        phone = {"phone": None} if (row.action, row.state) == ("close", "reviewed") else {}
        case_id = table.preparing.case(state, row.action, **phone)
        got[row.action, row.role] = table.run(row, case_id)
        table.hotline.clock.at = MONDAY  # whatever that case has waited for
    assert got == dict.fromkeys(got, (DONE, ""))
    assert len(got) == len(rows(table, state, done=True))


@pytest.mark.parametrize(("profile", "state"), EACH)
def test_what_the_table_refuses_is_refused_and_changes_nothing(
    tables: Callable[[str], Table], profile: str, state: str
) -> None:
    table = tables(profile)
    case_id = table.preparing.case(state)
    before = table.hotline.store.log.head()
    counted = Counter(table.hotline.store.refusals.counts())
    asked = rows(table, state, done=False)
    with ThreadPoolExecutor(CLIENTS) as clients:
        got = list(clients.map(lambda row: table.run(row, case_id), asked))
    told = zip(asked, got, strict=True)
    assert [(row, answer) for row, answer in told if row.outcome != answer[0]] == []
    assert table.hotline.store.log.head() == before
    refused = Counter(code for _, code in got)
    assert Counter(table.hotline.store.refusals.counts()) - counted == refused
