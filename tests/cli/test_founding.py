"""An empty log gets its rules from whoever comes first; whoever comes with them waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api import office
from api.office import open_office
from api.policies import found_rules
from domain.desk import Desk
from store.settings import Settings


def test_rules_that_another_process_has_just_founded_are_in_force(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def just_before_us(desk: Desk, _looked_at: datetime) -> None:
        found_rules(desk, datetime.now(UTC))

    monkeypatch.setattr(office, "found_rules", just_before_us)
    with open_office(settings) as opened:
        assert opened.desk.policy_in_force(datetime.now(UTC)).profile == settings.profile
