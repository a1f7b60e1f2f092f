"""A focus check is open until closed, the rest until answered; who may, and who not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.alert.answer import AlertAnswered
from domain.alert.close import AlertClosed
from domain.fact import Actor
from domain.organisation.appoint import Appoint
from domain.organisation.relieve import Relieve
from domain.refused import NotFound, NotPermitted, Refused
from tests.domain.alert.alerts import Alerting, answer, close
from tests.support.alerting import noticed
from tests.support.organisation import founded, order
from tests.support.scenario import (
    AGENT,
    COUNTY_HANDLER,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    MONDAY,
    SUPERVISOR,
    TOWN_LEADER,
    text,
)

CITY_LEADER = Actor(person="hai", role="leader", post="wangchuan.leader", unit="wangchuan")
OTHER_CITY = Actor(person="kang", role="leader", post="tingsong.leader", unit="tingsong")
TOP = Actor(person="an", role="leader", post="qinglan.leader", unit="qinglan")
DESK_LEAD = Actor(person="cen", role="leader", post="95598.leader", unit="95598")
AUDITOR = Actor(person="gu", role="auditor", post="audit.leader", unit="audit")
STAND_IN = Actor(person="ma", role="leader", post="bailu.deputy", unit="bailu")


def test_a_focus_check_is_answered_on_the_way_and_open_until_it_is_closed() -> None:
    alerting = Alerting(noticed("surge"))
    said = alerting.do(answer(COUNTY_LEADER))
    assert said == [AlertAnswered(person="lan", answer=text("已派人"))]
    assert (alerting.alert.open, alerting.alert.answered) == (True, True)
    said = alerting.do(close(COUNTY_LEADER, "mended", note=text("已整改")))
    assert said == [AlertClosed(outcome="mended", person="lan", note=text("已整改"))]
    assert (alerting.alert.open, alerting.alert.outcome) == (False, "mended")


def test_a_focus_check_can_be_closed_at_once() -> None:
    alerting = Alerting(noticed("topic_surge"))
    alerting.do(close(DESK_LEAD, "explained"))
    assert not alerting.alert.open


@pytest.mark.parametrize("kind", ["ping_pong", "stall", "silence"])
def test_what_was_escalated_is_over_when_it_is_answered(kind: str) -> None:
    alerting = Alerting(noticed(kind))
    assert alerting.alert.open
    refused(alerting, close(CITY_LEADER), "alert_wants_answer")
    alerting.do(answer(CITY_LEADER))
    assert not alerting.alert.open
    refused(alerting, answer(CITY_LEADER), "alert_not_open")


def test_of_a_warning_nothing_is_owed() -> None:
    alerting = Alerting(noticed("repeat_caller"))
    assert not alerting.alert.open
    refused(alerting, answer(DESK_LEAD), "alert_not_open")
    refused(alerting, close(DESK_LEAD), "alert_not_open")


def test_a_check_is_answered_once_and_closed_once_with_an_outcome_of_the_rules() -> None:
    alerting = Alerting(noticed("surge"))
    alerting.do(answer(COUNTY_LEADER))
    refused(alerting, answer(COUNTY_LEADER), "alert_answered")
    refused(alerting, close(COUNTY_LEADER, "of_other_rules"), "unknown_reason")
    alerting.do(close(COUNTY_LEADER))
    for late in (answer(COUNTY_LEADER), close(COUNTY_LEADER)):
        refused(alerting, late, "alert_not_open")


# A check on 白鹭东 of which the leader of the county 白鹭 was told.
@pytest.mark.parametrize("actor", [COUNTY_LEADER, STAND_IN, CITY_LEADER, TOP, SUPERVISOR])
def test_who_was_told_and_who_stands_above_may_answer_and_close(actor: Actor) -> None:
    alerting = Alerting(noticed("surge"))
    alerting.do(answer(actor))
    alerting.do(close(actor))


@pytest.mark.parametrize("actor", [LEADER, HANDLER, COUNTY_HANDLER, AUDITOR, AGENT])
def test_who_sees_it_but_does_not_answer_for_it_is_not_permitted(actor: Actor) -> None:
    alerting = Alerting(noticed("surge"))
    for wish in (answer(actor), close(actor)):
        with pytest.raises(NotPermitted):
            alerting.do(wish)
    assert alerting.alert.version == 1


def test_a_unit_does_not_answer_for_itself_unless_it_was_told() -> None:
    refused(Alerting(noticed("silence")), answer(LEADER), "alert_told_another")
    told_itself = Alerting(noticed("silence", up=0))
    told_itself.do(answer(LEADER))


@pytest.mark.parametrize("actor", [TOWN_LEADER, OTHER_CITY, DESK_LEAD])
@pytest.mark.parametrize("kind", ["surge", "stall"])
def test_for_other_units_it_does_not_exist(actor: Actor, kind: str) -> None:
    alerting = Alerting(noticed(kind))
    for wish in (answer(actor), close(actor)):
        with pytest.raises(NotFound, match="no_such_alert"):
            alerting.do(wish)


def test_what_hides_an_alert_hides_it_from_roles_that_never_may() -> None:
    stranger = Actor(person="wan", role="handler", unit="liuying-town")
    with pytest.raises(NotFound):
        Alerting(noticed("surge")).do(answer(stranger))


def test_both_units_of_a_pair_see_it_and_neither_judges_it() -> None:
    for party in (LEADER, TOWN_LEADER):
        refused(Alerting(noticed("ping_pong")), answer(party), "alert_told_another")
    # Nor does who stands above one of the two only.
    refused(Alerting(noticed("ping_pong")), answer(COUNTY_LEADER), "alert_told_another")
    Alerting(noticed("ping_pong")).do(answer(CITY_LEADER))


def test_who_stands_above_the_unit_answers_what_the_desk_was_told_of_it() -> None:
    def told_to_the_desk() -> Alerting:
        return Alerting(noticed("surge", tells="desk", up=0))

    for actor in (DESK_LEAD, COUNTY_LEADER, TOP):
        told_to_the_desk().do(answer(actor))
    refused(told_to_the_desk(), answer(LEADER), "alert_told_another")


def test_whoever_leads_on_behalf_of_a_vacant_unit_sees_it_and_answers() -> None:
    """The county of 长亭 has nobody, so the city's leader was told on its behalf."""
    Alerting(noticed("stall", unit="changting-town")).do(answer(OTHER_CITY))
    # Nobody in the whole line: the fallback of the rules was told, in their own unit.
    stray = noticed("stall", unit="of-another-house")
    Alerting(stray).do(answer(DESK_LEAD))


def test_who_was_told_answers_from_wherever_they_act_now() -> None:
    elsewhere = replace(COUNTY_LEADER, post=None, unit="bailu-east")
    Alerting(noticed("surge")).do(answer(elsewhere))
    refused(
        Alerting(noticed("surge")),
        answer(replace(elsewhere, person="qu")),
        "alert_told_another",
    )


def test_who_holds_the_post_now_answers_for_who_was_told_in_it() -> None:
    """蓝一鸣 was told, and handed the county over to the leader of the station since."""
    half_an_hour_later = MONDAY + timedelta(minutes=30)
    handed_over = founded(
        order(Relieve, half_an_hour_later, person="lan", post="bailu.leader"),
        order(Appoint, half_an_hour_later, person="qu", post="bailu.leader"),
    )
    alerting = Alerting(noticed("surge"), handed_over)
    assert alerting.alert.told_person == "lan"
    alerting.do(answer(LEADER))


def test_the_dispatcher_sees_all_alerts_and_answers_none() -> None:
    refused(Alerting(noticed("topic_surge")), answer(DISPATCHER), "not_permitted")


def refused(alerting: Alerting, command: object, code: str) -> None:
    before = vars(alerting.alert).copy()
    with pytest.raises(Refused) as refusal:
        alerting.do(command)  # type: ignore[arg-type]
    assert refusal.value.code == code
    assert refusal.value.zh
    assert refusal.value.en
    assert vars(alerting.alert) == before
