"""Two processes over one log: what the other has just done is never a reason to refuse."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.office import desk_over
from api.policies import publish_shipped
from domain.case.accept import AcceptCase
from domain.case.case import Case
from domain.case.comment import AddComment
from domain.case.dispatch import DispatchCase
from domain.case.receive import ReceiveCase
from domain.case.urge import UrgeCase
from domain.command import Command
from domain.desk import Desk
from domain.fact import Actor
from store import open_store
from store.settings import Settings
from tests.support.organisation import founding
from tests.support.scenario import AGENT, DISPATCHER, HANDLER, MONDAY, text

Desks = tuple[Desk, Desk]
SAID = {"text": text("and another thing")}


@pytest.fixture(scope="module")
def desks(module_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """Two desks that share nothing but the database; each has a cache of its own."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), database_url=module_dsn)
    with ExitStack() as stack:
        one, other = (
            desk_over(store)
            for store in (
                stack.enter_context(open_store(module_dsn, settings)) for _ in range(2)
            )
        )
        publish_shipped(one, MONDAY)
        for order in founding():
            other.handle(order)
        yield one, other


def voice(desk: Desk, kind: type[Command], case: UUID, by: Actor, **body: Any) -> None:
    later = MONDAY + timedelta(hours=1)
    desk.handle(kind(subject=case, command_id=uuid4(), actor=by, at=later, **body))


def work_through(first: Desk, second: Desk, comments: int) -> UUID:
    """One case, each step at the desk that has not seen the step before."""
    case, desks = uuid4(), cycle((first, second))
    complaint = {"business_type": "complaint", "category": None}
    voice(next(desks), ReceiveCase, case, AGENT, **complaint)
    voice(next(desks), DispatchCase, case, DISPATCHER, unit="bailu-east")
    voice(next(desks), AcceptCase, case, HANDLER)
    for _ in range(comments):
        voice(next(desks), AddComment, case, AGENT, **SAID)
    return case


def folded_in_full(desk: Desk, case: UUID) -> Case | None:
    found: Case | None = None
    for event in desk.events.get(case):
        found = event.mutate(found)  # type: ignore[attr-defined]
    return found


def test_a_case_that_goes_back_and_forth_between_two_processes_is_never_refused(
    desks: Desks,
) -> None:
    """Long enough for a snapshot on the way."""
    case = work_through(*desks, comments=120)
    known = [desk.case(case) for desk in desks]
    assert known[0] == known[1] == folded_in_full(desks[0], case)
    assert known[0] is not None
    assert known[0].comments == 120
    assert known[0].version > 120


def test_nor_are_many_cases_at_once(desks: Desks) -> None:
    one, other = desks
    with ThreadPoolExecutor(6) as pool:
        cases = [
            pool.submit(
                work_through, *((one, other) if n % 2 else (other, one)), comments=5
            )
            for n in range(12)
        ]
    for case in cases:
        assert one.case(case.result()) == other.case(case.result())


def test_many_at_both_desks_who_comment_on_one_case_all_get_through(desks: Desks) -> None:
    case = work_through(*desks, comments=0)
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda n: voice(desks[n % 2], AddComment, case, AGENT, **SAID), range(96)
            )
        )
    known = desks[0].case(case)
    assert known is not None
    assert known.comments == 96


def test_the_same_command_at_both_desks_is_done_once(desks: Desks) -> None:
    case = work_through(*desks, comments=0)
    urge = UrgeCase(subject=case, command_id=uuid4(), actor=AGENT, at=MONDAY)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda desk: desk.handle(urge), [*desks, *desks]))
    assert len(set(answers)) == 1
    known = desks[0].case(case)
    assert known is not None
    assert known.urges == 1
