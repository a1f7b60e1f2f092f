"""Alerts: what was noticed, who was told, what is still owed, and for whose eyes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.follower import Follower
from domain.alert.raising import AlertRaised
from domain.authority import alerted
from domain.fact import Fact
from domain.policy.alert_rows import ALERTS as KINDS
from domain.refused import Refused
from projections.alerts import ALERTS, AlertRow, alerts_of, owed
from projections.check import check
from projections.folding import fold_in_memory
from projections.reading import Held, Stored
from store import Store
from tests.domain.alert.alerts import Alerting, answer, close
from tests.projections import telling
from tests.projections.telling import at, in_stream, logged, stream
from tests.support.alerting import ABOUT, noticed
from tests.support.organisation import UNITS
from tests.support.scenario import MONDAY, SUPERVISOR

WISHES = {
    "answer": answer(SUPERVISOR),
    "close": close(SUPERVISOR, "known_cause"),
}


def told(kind: str, *words: str) -> list[Fact]:
    """The facts of an alert of this kind after these wishes, an hour apart."""
    alerting = Alerting(noticed(kind))
    facts = [at(MONDAY, fact) for fact in alerting.told]
    for hours, word in enumerate(words, start=1):
        said = alerting.do(WISHES[word])
        facts += [at(MONDAY + timedelta(hours=hours), fact) for fact in said]
    return facts


def row(kind: str, *words: str) -> AlertRow:
    found: AlertRow = telling.row(ALERTS, *told(kind, *words))
    return found


def test_a_row_says_what_the_fact_says() -> None:
    (raised,) = told("surge")
    assert isinstance(raised, AlertRaised)
    found = row("surge")
    same = set(AlertRow.__struct_fields__) & set(vars(raised)) - {"policy"}
    assert len(same) == 16
    assert {name: getattr(found, name) for name in same} == {
        name: getattr(raised, name) for name in same
    }
    assert (found.raised_at, found.policy, found.version) == (MONDAY, "sgcc-2022@1", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_only_of_a_warning_nothing_is_owed_from_the_start(kind: str) -> None:
    assert row(kind).open == (kind != "repeat_caller")


def test_a_check_is_owed_until_it_is_closed() -> None:
    on_the_way = row("surge", "answer")
    assert (on_the_way.open, on_the_way.answered_by) == (True, "fei")
    assert on_the_way.answered_at == MONDAY + timedelta(hours=1)
    ended = row("surge", "answer", "close")
    assert (ended.open, ended.outcome, ended.closed_by) == (False, "known_cause", "fei")
    assert (ended.closed_at, ended.version) == (MONDAY + timedelta(hours=2), 3)
    assert ended.answered_by == "fei"


def test_what_was_escalated_is_owed_until_it_is_answered() -> None:
    ended = row("silence", "answer")
    assert (ended.open, ended.answered_by, ended.closed_at) == (False, "fei", None)


@given(st.sampled_from(KINDS), st.lists(st.sampled_from(sorted(WISHES)), max_size=4))
def test_the_row_stands_as_the_desk_has_it(kind: str, words: list[str]) -> None:
    alerting = Alerting(noticed(kind))
    facts = list(alerting.told)
    for word in words:
        with suppress(Refused):
            facts += alerting.do(WISHES[word])
    found: AlertRow = telling.row(ALERTS, *facts)
    assert found.version == alerting.alert.version
    for name in ("open", "action", "told_person", "unit", "outcome"):
        assert getattr(found, name) == getattr(alerting.alert, name)
    assert (found.answered_at is not None) == alerting.alert.answered


@given(
    st.sampled_from(KINDS),
    st.lists(st.sampled_from([unit for unit, *_ in UNITS]), min_size=1, max_size=4),
)
def test_whom_an_alert_is_for_is_found_by_search_too(kind: str, units: list[str]) -> None:
    found = row(kind)
    assert alerts_of(*units).holds(found) == bool(alerted(found) & set(units))


def alerts() -> list[tuple[UUID, Sequence[Fact]]]:
    """One of each kind, some ended."""
    ways = {"surge": ["answer"], "topic_surge": ["close"], "stall": ["answer"]}
    return [(stream(n), told(kind, *ways.get(kind, []))) for n, kind in enumerate(ABOUT, 1)]


def test_the_stored_view_is_the_log_folded(module_store: Store) -> None:
    facts = [fact for alert_id, said in alerts() for fact in in_stream(alert_id, said)]
    telling.record(module_store, facts)
    Follower(module_store, [ALERTS]).catch_up()

    report = check(module_store, [ALERTS])
    assert (report.rows, report.differing, report.parked) == (len(ABOUT), 0, [])
    stored = Stored(module_store.pool)
    held = Held(fold_in_memory([ALERTS], logged(facts)))
    assert owed(stored) == owed(held) == 3
    assert len(stored.select(ALERTS.table, alerts_of("xishi-town"))) == 1
