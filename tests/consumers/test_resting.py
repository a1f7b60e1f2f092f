"""Cases that could not be served rest, each time longer, and are forgotten when well."""

from __future__ import annotations

from uuid import UUID

import pytest

from consumers import resting
from consumers.resting import Resting

ONE, TWO = UUID(int=1), UUID(int=2)


class Moment:
    """The clock of a process, that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    found = Moment()
    monkeypatch.setattr(resting, "monotonic", found)
    return found


def test_each_failure_in_a_row_makes_the_rest_longer(moment: Moment) -> None:
    cases = Resting()
    for failures, seconds in enumerate([*resting.BACK_OFF_SECONDS, 60.0], start=1):
        assert cases.failed(ONE, "why").failures == failures
        moment.at += seconds - 0.01
        assert cases.now() == [ONE]
        moment.at += 0.01
        assert cases.now() == []


def test_who_went_well_begins_anew(moment: Moment) -> None:
    cases = Resting()
    cases.failed(ONE, "first")
    cases.failed(TWO, "second")
    assert (len(cases), cases.error) == (2, "second")
    cases.went_well(TWO)
    assert (len(cases), cases.error) == (1, "first")
    cases.went_well(ONE)
    assert (len(cases), cases.error) == (0, None)
    assert cases.failed(ONE, "again").failures == 1


def test_who_is_never_due_again_is_forgotten(moment: Moment) -> None:
    cases = Resting()
    cases.failed(ONE, "why")
    moment.at += 1.0 + resting.FORGET_SECONDS
    assert cases.now() == []
    assert len(cases) == 0
