"""Posts are defined, people registered, appointed and relieved, each from a moment on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.organisation.appoint import Appoint, PersonAppointed
from domain.organisation.close_unit import CloseUnit
from domain.organisation.define_post import DefinePost, PostDefined
from domain.organisation.organisation import Organisation
from domain.organisation.register_person import PersonRegistered, RegisterPerson
from domain.organisation.relieve import PersonRelieved, Relieve
from tests.support.organisation import SINCE, founded, obey, order, refused

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
NEW = order(RegisterPerson, SINCE, person="xin", name="辛来")


def answers_for(organisation: Organisation, unit: str) -> list[str | None]:
    return [organisation.leader(unit, at).person for at in (MAY, JUNE, JULY)]


def test_a_person_is_called_by_the_name_they_were_registered_under() -> None:
    organisation = founded()
    [fact] = obey(organisation, NEW)
    assert isinstance(fact, PersonRegistered)
    assert organisation.name("xin") == "辛来"
    assert organisation.name("nobody") is None
    assert refused(organisation, NEW) == "person_exists"
    assert refused(organisation, order(RegisterPerson, person="", name="x")) == "nameless"


def test_a_post_stands_in_its_unit_with_its_duty_and_role() -> None:
    organisation = founded()
    body: dict[str, Any] = {
        "post": "p",
        "unit": "changting",
        "name": "经理",
        "duty": "leader",
    }
    [fact] = obey(organisation, order(DefinePost, MAY, **body, role="leader"))
    assert isinstance(fact, PostDefined)
    defined = organisation.post("p")
    assert defined is not None
    assert (defined.unit, defined.duty, defined.role) == ("changting", "leader", "leader")
    assert organisation.post("nothing") is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"post": "bailu.leader"}, "post_exists"),
        ({"duty": "chief"}, "unknown_duty"),
        ({"role": "king"}, "unknown_role"),
        ({"unit": "nowhere"}, "unknown_unit"),
        ({"duty": "leader"}, "leader_post_exists"),
        ({"name": " "}, "nameless"),
    ],
)
def test_defining_a_post_is_refused(body: dict[str, Any], code: str) -> None:
    post: dict[str, Any] = {"post": "p", "unit": "bailu", "name": "x"} | body
    assert refused(founded(), order(DefinePost, MAY, **post)) == code


def test_the_leader_changes_on_the_effective_date() -> None:
    organisation = founded(
        NEW,
        order(Relieve, MAY, person="lan", post="bailu.leader", effective_from=JUNE),
        order(Appoint, MAY, person="xin", post="bailu.leader", effective_from=JULY),
    )
    assert answers_for(organisation, "bailu") == ["lan", "ma", "xin"]
    assert organisation.leader("bailu", JUNE).fallback == "deputy"


def test_an_appointment_may_be_recorded_after_it_took_effect() -> None:
    organisation = founded()
    [relieved] = obey(
        organisation,
        order(Relieve, JULY, person="lan", post="bailu.leader", effective_from=JUNE),
    )
    assert isinstance(relieved, PersonRelieved)
    assert relieved.unit == "bailu"
    assert answers_for(organisation, "bailu") == ["lan", "ma", "ma"]


def test_an_appointment_with_an_end_needs_no_relief() -> None:
    post: dict[str, Any] = {
        "post": "p",
        "unit": "liuying",
        "name": "经理",
        "duty": "leader",
    }
    organisation = founded(NEW, order(DefinePost, MAY, **post))
    [fact] = obey(organisation, order(Appoint, MAY, person="xin", post="p", until=JULY))
    assert isinstance(fact, PersonAppointed)
    assert answers_for(organisation, "liuying") == ["xin", "xin", "pu"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"person": "stranger"}, "unknown_person"),
        ({"post": "nothing"}, "unknown_post"),
        ({"post": "bailu.leader"}, "post_held"),
        ({"until": MAY}, "ends_before_it_begins"),
        ({"until": datetime(2026, 9, 1)}, "time_without_zone"),  # noqa: DTZ001
        ({"effective_from": SINCE - timedelta(days=1)}, "unknown_person"),
    ],
)
def test_an_appointment_is_refused(body: dict[str, Any], code: str) -> None:
    organisation = founded(
        NEW, order(DefinePost, post="free", unit="bailu", name="副职", duty="deputy")
    )
    said: dict[str, Any] = {"person": "xin", "post": "free"} | body
    assert refused(organisation, order(Appoint, MAY, **said)) == code


def test_nobody_is_appointed_before_the_post_or_after_its_unit() -> None:
    organisation = founded(
        NEW,
        order(DefinePost, JUNE, post="p", unit="xishi-town", name="x"),
        order(CloseUnit, JUNE, unit="xishi-town", effective_from=JULY),
    )
    assert refused(organisation, order(Appoint, MAY, person="xin", post="p")) == (
        "unknown_post"
    )
    assert refused(organisation, order(Appoint, JULY, person="xin", post="p")) == (
        "unknown_unit"
    )


@pytest.mark.parametrize("post", ["bailu.deputy", "second"])
def test_nobody_leads_a_unit_twice(post: str) -> None:
    organisation = founded(
        order(DefinePost, post="second", unit="bailu", name="副职", duty="deputy"),
        order(Relieve, MAY, person="ma", post="bailu.deputy"),
    )
    assert refused(organisation, order(Appoint, MAY, person="lan", post=post)) == (
        "leads_already"
    )


def test_the_same_person_may_lead_two_units_and_be_staff_where_they_lead() -> None:
    organisation = founded(
        order(DefinePost, post="p", unit="changting", name="经理", duty="leader"),
        order(Appoint, MAY, person="kang", post="p"),
        order(DefinePost, post="s", unit="tingsong", name="专责"),
        order(Appoint, MAY, person="kang", post="s"),
    )
    held = [post.id for post in organisation.posts_of("kang", MAY)]
    assert held == ["p", "tingsong.leader", "s"]
    first, there = (organisation.post_of("kang", MAY, u) for u in (None, "tingsong"))
    assert first is not None
    assert there is not None
    assert (first.id, there.id) == ("p", "tingsong.leader")
    assert organisation.post_of("kang", MAY, "bailu") is None


def test_a_post_of_staff_has_many_holders_but_none_twice() -> None:
    again = order(Appoint, MAY, person="nie", post="bailu.nie")
    organisation = founded(NEW, order(Appoint, MAY, person="xin", post="bailu.nie"))
    assert organisation.holds_post("nie", "bailu.nie", MAY)
    assert organisation.holds_post("xin", "bailu.nie", MAY)
    assert refused(organisation, again) == "post_held"


def test_posts_end_with_their_unit() -> None:
    organisation = founded(order(CloseUnit, MAY, unit="xishi-town", effective_from=JUNE))
    assert organisation.holds_post("tan", "xishi-town.leader", MAY)
    assert not organisation.holds_post("tan", "xishi-town.leader", JUNE)
    assert organisation.posts_of("tan", JUNE) == ()


@pytest.mark.parametrize(
    ("person", "post"), [("ma", "bailu.leader"), ("lan", "nothing"), ("x", "bailu.leader")]
)
def test_only_who_holds_a_post_is_relieved_of_it(person: str, post: str) -> None:
    assert refused(founded(), order(Relieve, MAY, person=person, post=post)) == (
        "post_not_held"
    )


def test_who_is_relieved_may_return() -> None:
    organisation = founded(
        order(Relieve, MAY, person="lan", post="bailu.leader"),
        order(Appoint, JULY, person="lan", post="bailu.leader"),
    )
    assert answers_for(organisation, "bailu") == ["ma", "ma", "lan"]


def test_one_tenure_may_end_at_the_moment_the_next_begins() -> None:
    organisation = founded(
        NEW,
        order(Relieve, MAY, person="lan", post="bailu.leader"),
        order(Appoint, JULY, person="lan", post="bailu.leader"),
        order(
            Appoint, JULY, person="xin", post="bailu.leader", effective_from=MAY, until=JULY
        ),
    )
    assert answers_for(organisation, "bailu") == ["xin", "xin", "lan"]


def test_a_member_of_staff_may_become_deputy_and_stay_on_staff() -> None:
    organisation = founded(
        order(DefinePost, post="p", unit="bailu", name="副职", duty="deputy"),
        order(Appoint, MAY, person="nie", post="p"),
    )
    assert [post.id for post in organisation.posts_of("nie", MAY)] == ["p", "bailu.nie"]


def test_a_second_relief_leaves_the_first_tenure_as_it_was() -> None:
    organisation = founded(
        order(Relieve, MAY, person="lan", post="bailu.leader"),
        order(Appoint, JUNE, person="lan", post="bailu.leader"),
        order(Relieve, JULY, person="lan", post="bailu.leader"),
    )
    assert answers_for(organisation, "bailu") == ["ma", "lan", "ma"]
