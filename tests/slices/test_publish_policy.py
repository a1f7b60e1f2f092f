"""Rules go from their files through the desk into the log, and hold from their day on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from api.calendars import publish_calendars, shipped_calendars
from api.policies import publish_shipped, shipped
from domain.case.receive import ReceiveCase
from domain.command import Command
from domain.desk import Desk
from domain.fact import Actor
from domain.policy.book import PolicyPublished, PublishPolicy, policy_book_id
from domain.promise.calendar_book import CalendarPublished
from domain.refused import NotPermitted, Refused
from store import Store

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
SGCC = policy_book_id("sgcc-2022")
SHIPPED = [
    *(f"{name}@{each['version']}" for name, each in shipped_calendars().items()),
    *(f"{name}@{each['profile']['version']}" for name, each in shipped().items()),
]
FIRST: int = shipped()["sgcc-2022"]["profile"]["version"]
ONE, TWO = f"sgcc-2022@{FIRST}", f"sgcc-2022@{FIRST + 1}"
WISHES = UUID("0b6c8a52-4f0e-4c57-8d43-6a1a3f3d9a10")
AGENT = Actor(person="lin", role="agent", unit="95598")
ADMIN = Actor(person="zhou", role="admin")


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    with Desk(store.factory, profile="sgcc-2022", ledger=store.ledger) as opened:
        yield opened


def second(since: datetime) -> dict[str, Any]:
    """The version after the shipped one, without callbacks about an opinion."""
    document = deepcopy(shipped()["sgcc-2022"])
    document["profile"] |= {"version": FIRST + 1, "effective_from": since.isoformat()}
    document["types"]["opinion"] |= {"callback": "none"}
    return document


def publishing(document: dict[str, Any], actor: Actor = ADMIN) -> PublishPolicy:
    wish = uuid5(WISHES, f"{document['profile']['version']} {actor.role}")
    return PublishPolicy(
        subject=SGCC, command_id=wish, actor=actor, at=NOW, document=document
    )


def receiving(name: str, at: datetime) -> Command:
    wish = uuid5(WISHES, name)
    return ReceiveCase(
        subject=uuid5(wish, "case"),
        command_id=wish,
        actor=AGENT,
        at=at,
        business_type="opinion",
    )


def test_without_rules_no_case_is_received(desk: Desk) -> None:
    with pytest.raises(Refused, match="no_such_policy"):
        desk.handle(receiving("early", NOW))


def test_the_shipped_rules_are_published_once(desk: Desk, store: Store) -> None:
    assert publish_shipped(desk, NOW) == SHIPPED
    assert publish_shipped(desk, TOMORROW) == []
    facts = [entry.fact for entry in store.log.read(0, 10)]
    kinds = [type(fact) for fact in facts]
    assert kinds.count(CalendarPublished) == len(shipped_calendars())
    assert kinds.count(PolicyPublished) == len(shipped())
    assert len(kinds) == len(SHIPPED)
    assert {fact.actor.role for fact in facts} == {"system"}


def test_what_is_read_from_the_log_is_what_was_shipped(store: Store, desk: Desk) -> None:
    publish_shipped(desk, NOW)
    with Desk(store.factory, profile="sgcc-2022", ledger=store.ledger) as later:
        for profile, document in shipped().items():
            label = f"{profile}@{document['profile']['version']}"
            assert later.policy(label).document == document
        assert later.policy_in_force(NOW).label == ONE


def test_desks_that_start_together_publish_once(store: Store) -> None:
    def start(_: int) -> list[str]:
        with Desk(store.factory, profile="sgcc-2022", ledger=store.ledger) as desk:
            return publish_shipped(desk, NOW)

    with ThreadPoolExecutor(4) as together:
        started = list(together.map(start, range(4)))
    assert {label for each in started for label in each} == set(SHIPPED)
    assert store.log.head() == len(SHIPPED)


def test_a_case_keeps_the_rules_of_its_day(desk: Desk) -> None:
    publish_shipped(desk, NOW)
    desk.handle(publishing(second(TOMORROW)))
    for name, at in {"today": NOW, "tomorrow": TOMORROW}.items():
        desk.handle(receiving(name, at))
    today, tomorrow = (
        desk.case(uuid5(uuid5(WISHES, name), "case")) for name in ("today", "tomorrow")
    )
    assert today is not None
    assert tomorrow is not None
    assert (today.policy, tomorrow.policy) == (ONE, TWO)
    assert desk.policy(today.policy).types["opinion"].callback == "all"
    assert desk.policy(tomorrow.policy).types["opinion"].callback == "none"


def test_a_log_from_before_there_were_clocks_takes_the_new_rules(desk: Desk) -> None:
    """They take effect on the same day as the old ones; of two such, the later holds."""
    publish_calendars(desk, NOW)
    before = deepcopy(shipped()["sgcc-2022"])
    before["profile"]["version"] = FIRST - 1
    for table in ("clocks", "ladders", "signals", "orders"):
        del before[table]
    publish_calendars(desk, NOW)
    desk.handle(publishing(before))
    desk.handle(receiving("before", NOW))
    assert ONE in publish_shipped(desk, NOW)
    desk.handle(receiving("after", TOMORROW))
    old, new = (
        desk.case(uuid5(uuid5(WISHES, name), "case")) for name in ("before", "after")
    )
    assert old is not None
    assert new is not None
    assert (old.policy, old.clocks) == (f"sgcc-2022@{FIRST - 1}", [])
    assert new.policy == ONE
    assert {clock.step for clock in new.clocks} == {"dispatch", "answer"}


def test_rules_wait_for_the_calendars_that_they_count_in(desk: Desk, store: Store) -> None:
    with pytest.raises(Refused) as refused:
        desk.handle(publishing(second(NOW)))
    assert refused.value.code == "policy_unknown_calendar"
    assert "`huiyin calendar publish`" in refused.value.en
    assert store.log.head() == 0
    publish_calendars(desk, NOW)
    desk.handle(publishing(second(NOW)))
    assert desk.policy_in_force(NOW).label == TWO


def test_rules_that_count_in_a_calendar_nobody_published_are_refused(
    desk: Desk, store: Store
) -> None:
    with pytest.raises(Refused, match="policy_unknown_calendar"):
        desk.handle(publishing(second(NOW)))
    assert store.log.head() == 0


def test_a_version_of_ones_own_is_not_replaced_by_the_shipped_one(desk: Desk) -> None:
    calendars = publish_calendars(desk, NOW)
    desk.handle(publishing(second(NOW)))
    others = [each for each in SHIPPED if each not in {ONE, *calendars}]
    assert publish_shipped(desk, NOW) == others
    assert desk.policy_in_force(NOW).label == TWO


def test_a_refused_version_leaves_nothing_behind(desk: Desk, store: Store) -> None:
    publish_shipped(desk, NOW)
    before = store.log.head()
    broken = second(NOW)
    broken["workflow"]["states"]["received"]["actions"][0]["roles"] = []
    with pytest.raises(Refused, match="policy_unsound"):
        desk.handle(publishing(broken))
    with pytest.raises(NotPermitted):
        desk.handle(publishing(second(NOW), AGENT))
    assert store.log.head() == before
    assert desk.book("sgcc-2022").last == FIRST
