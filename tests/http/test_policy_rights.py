"""Who may do what is no move of a case: every right of both profiles, run over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from api.http.examples import EXAMPLES
from api.office import desk_over
from api.policies import shipped
from domain.policy.outcomes import DONE, NOT_PERMITTED, rights
from store import open_store
from store.settings import Settings
from tests.support.alerting import noticed
from tests.support.database import Databases
from tests.support.hotline import Hotline, hotline_on

pytestmark = pytest.mark.usefixtures("uncounted")

# What has happened to a call before a command makes sense for it.
BEFORE = {
    "answer": ["offer"],
    "abandon": ["offer"],
    "identify-caller": ["offer", "answer"],
    "link-case": ["offer", "answer"],
    "hand-on": ["offer", "answer"],
    "end": ["offer", "answer"],
    "rate": ["offer", "answer", "end"],
}
# What is posted to a path of its own.
BARE = {"receive": "/cases", "offer": "/calls", "publish-calendar": "/calendars"}
SUBJECTS = {action: subject for subject, action in EXAMPLES}
# Done by the importer, which is no client of the HTTP door.
ELSEWHERE = {"import"}


@pytest.fixture(scope="module", params=sorted(shipped()))
def house(
    request: pytest.FixtureRequest,
    server: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Hotline, str]]:
    """A hotline under each shipped profile."""
    profile: str = request.param
    with server.fresh() as dsn:
        home = tmp_path_factory.mktemp("home")
        settings = Settings(home=home, database_url=dsn, profile=profile)
        with open_store(dsn, settings) as store, hotline_on(store) as hotline:
            yield hotline, profile


def test_every_right_of_every_role_is_what_the_document_says(
    house: tuple[Hotline, str],
) -> None:
    hotline, profile = house
    wrong, asked = [], 0
    for action, role, outcome in rights(shipped()[profile]):
        if action in ELSEWHERE:
            continue
        path, body = prepared(hotline, profile, action)
        before = hotline.store.log.head()
        sent = hotline.post(role, path, body)
        grew = hotline.store.log.head() > before
        if outcome == NOT_PERMITTED:
            told = sent.json().get("code", "")
            as_written = (sent.status_code, told, grew) == (403, "not_permitted", False)
        else:
            as_written = (sent.status_code, grew) in {(DONE, True), (409, False)}
        asked += 1
        if not as_written:
            wrong.append((action, role, outcome, sent.text))
    assert wrong == []
    assert asked > 100


def raised(hotline: Hotline) -> str:
    """A focus check at the handler's unit, of which its own leader was told."""
    check = noticed("surge", uuid4(), up=0)
    with desk_over(hotline.store) as desk:
        return str(desk.handle(check).id)


def prepared(hotline: Hotline, profile: str, action: str) -> tuple[str, dict[str, Any]]:
    """Where to send a command that makes sense, and its body."""
    subject = SUBJECTS[action]
    body: dict[str, Any] = dict(EXAMPLES[subject, action])
    if action in BARE:
        return BARE[action], body
    if action == "publish-policy":
        return "/policies", {"document": shipped()[profile]}
    if subject == "organisation":
        return f"/organisation/{action}", body
    if subject == "alert":
        return f"/alerts/{raised(hotline)}/{action.removesuffix('-alert')}", body
    call: str = hotline.done("agent", "/calls", EXAMPLES["call", "offer"])["id"]
    for step in BEFORE[action][1:]:
        hotline.done("agent", f"/calls/{call}/{step}", EXAMPLES["call", step])
    if action == "link-case":
        body["case"] = hotline.receive("agent")
    return f"/calls/{call}/{action}", body
