"""The same alert told twice is one; others under its name are refused."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from domain.alert.wish import WATCH
from domain.refused import NotFound, Refused, Stale
from tests.domain.alert.alerts import answer, close
from tests.support.alerting import ALERT_ID, noticed
from tests.support.offices import Office
from tests.support.scenario import CASE_ID, COUNTY_LEADER, MONDAY


def test_an_alert_told_twice_by_two_desks_is_raised_once(office: Office) -> None:
    first = office.desk.handle(noticed("surge"))
    again = office.rival.handle(noticed("surge"))
    assert first == again
    assert (first.id, first.version) == (ALERT_ID, 1)
    (raised,) = office.written()
    assert (raised.TOPIC, raised.actor, raised.occurred_at) == (
        "alert.raised",
        WATCH,
        MONDAY,
    )
    assert (raised.policy, raised.correlation_id) == ("sgcc-2022@1", ALERT_ID)


def test_another_wish_for_an_alert_that_was_raised_is_refused(office: Office) -> None:
    office.desk.handle(noticed("surge"))
    with pytest.raises(Refused, match="already_begun"):
        office.rival.handle(replace(noticed("stall"), command_id=UUID(int=5)))
    assert len(office.written()) == 1


def test_an_alert_goes_its_way_with_versions(office: Office) -> None:
    office.desk.handle(noticed("surge"))
    office.rival.handle(answer(COUNTY_LEADER))
    with pytest.raises(Stale):
        office.desk.handle(close(COUNTY_LEADER), version=1)
    done = office.desk.handle(close(COUNTY_LEADER), version=2)
    assert done.version == 3
    assert office.topics() == ["alert.raised", "alert.answered", "alert.closed"]


def test_an_alert_that_is_none_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound, match="no_such_alert"):
        office.desk.handle(answer(COUNTY_LEADER))
    office.desk.handle(noticed("surge", CASE_ID))
    assert office.desk.case(CASE_ID) is None
