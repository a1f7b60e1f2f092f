"""An empty log gets its rules from whoever comes first; whoever comes with them waits."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from time import sleep

import pytest

from api.calendars import publish_calendars
from api.office import desk_over, open_office
from api.policies import PUBLISHER, found_rules, publish, publish_shipped, shipped
from domain.refused import Refused
from store import Store
from store.settings import PROFILE, Settings

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OTHER = "hotline-12345"


def test_whoever_comes_while_the_rules_are_being_published_waits_for_its_own(
    store: Store, settings: Settings
) -> None:
    found: list[str] = []

    def begin() -> None:
        with open_office(settings) as opened:
            found.append(opened.desk.policy_in_force(datetime.now(UTC)).profile)

    with desk_over(store) as desk:
        publish_calendars(desk, NOW)
        publish(desk, shipped()[OTHER], NOW, PUBLISHER)
        second = threading.Thread(target=begin)
        second.start()
        sleep(0.5)
        publish_shipped(desk, NOW)
        second.join()
        assert found == [PROFILE]
        assert found_rules(desk, NOW) == []


def test_rules_that_nobody_publishes_are_refused_after_a_while(
    store: Store, settings: Settings
) -> None:
    with desk_over(store) as desk:
        publish_calendars(desk, NOW)
        publish(desk, shipped()[OTHER], NOW, PUBLISHER)
    with pytest.raises(Refused, match=PROFILE), open_office(settings):
        pass
