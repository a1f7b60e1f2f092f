"""The customer asks what has become of it, as often as they like."""

from __future__ import annotations

from domain.case.urge import CustomerUrged, UrgeCase
from tests.support.scenario import (
    AGENT,
    by,
    given,
    text,
)
from tests.support.story import (
    ARCHIVE,
    HANDLING,
    happened,
)


def test_a_customer_urges_as_often_as_they_like() -> None:
    once = happened("handling", AGENT, CustomerUrged(times=1))
    asked = by(AGENT, UrgeCase, note=text("still dark"))
    case = (
        given(*HANDLING, once)
        .when(asked)
        .then(CustomerUrged(times=2, note=text("still dark")))
    )
    assert case.urges == 2


def test_an_archived_case_is_reopened_not_urged() -> None:
    given(*ARCHIVE).when(by(AGENT, UrgeCase)).then_refused("no_such_move")
