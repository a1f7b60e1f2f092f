"""Authority is lent for a time; an act under a delegation that is over is refused (B45)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.authority import admit
from domain.case.case import Case
from domain.command import Command
from domain.fact import Actor
from domain.organisation.close_unit import CloseUnit
from domain.organisation.delegate import AuthorityDelegated, Delegate
from domain.organisation.merge_unit import MergeUnit
from domain.organisation.organisation import Organisation
from domain.organisation.relieve import Relieve
from domain.organisation.revoke_delegation import DelegationRevoked, RevokeDelegation
from domain.refused import NotFound, NotPermitted, Refused
from domain.setting import Setting
from tests.support.organisation import (
    SINCE,
    founded,
    nothing,
    obey,
    order,
    refused,
    small_policy,
)

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SUSPENSION: dict[str, Any] = {
    "delegation": "d1",
    "from_person": "lan",
    "from_post": "bailu.leader",
    "to_person": "ran",
    "actions": ("approve-suspension",),
    "unit": "bailu",
    "expires_at": JULY,
}
LENT = order(Delegate, MAY, **SUSPENSION)
RAN = Actor(person="ran", role="handler", unit="bailu-east")


class ApproveSuspension(Command):
    ACTION = "approve-suspension"


def handled_by(unit: str) -> Case:
    case = Case.empty(UUID(int=7))
    case.stage = "handling"
    case.hold(unit)
    return case


def approve(
    organisation: Organisation, at: datetime, *, actor: Actor = RAN, unit: str = "bailu"
) -> str | None:
    """The stage that the case is in after ``actor`` has approved its suspension."""
    wish = ApproveSuspension(
        subject=UUID(int=7), command_id=UUID(int=8), actor=actor, at=at
    )
    setting = Setting(policy=small_policy(), organisation=organisation, case=nothing)
    return admit(handled_by(unit), wish, setting).stage


def test_a_delegation_says_who_may_do_what_where_and_how_long() -> None:
    organisation = founded()
    [fact] = obey(organisation, LENT)
    assert isinstance(fact, AuthorityDelegated)
    assert (fact.role, fact.to_person, fact.unit) == ("leader", "ran", "bailu")
    assert (fact.effective_from, fact.expires_at) == (MAY, JULY)


def test_what_ones_own_role_may_not_do_is_admitted_while_a_delegation_runs() -> None:
    organisation = founded(LENT)
    with pytest.raises(NotFound, match="no_such_case"):
        approve(organisation, MAY - INSTANT)
    assert approve(organisation, MAY) == "suspended"
    assert approve(organisation, JULY - INSTANT, unit="bailu-repair") == "suspended"


def test_who_acts_under_a_delegation_acts_in_the_post_that_lent_it() -> None:
    organisation = founded(LENT)
    wish = ApproveSuspension(subject=UUID(int=7), command_id=UUID(int=8), actor=RAN, at=MAY)
    setting = Setting(policy=small_policy(), organisation=organisation, case=nothing)
    assert admit(handled_by("bailu"), wish, setting).actor == Actor(
        person="ran", role="leader", post="bailu.leader", unit="bailu"
    )


def test_an_act_under_an_expired_delegation_is_refused_and_says_so() -> None:
    organisation = founded(LENT)
    with pytest.raises(NotPermitted, match="delegation_expired"):
        approve(organisation, JULY)
    with pytest.raises(NotPermitted, match="delegation_expired"):
        approve(organisation, JULY, unit="bailu-east")


def test_an_act_under_a_revoked_delegation_is_refused_and_earlier_ones_stay_good() -> None:
    organisation = founded(LENT)
    [fact] = obey(organisation, order(RevokeDelegation, JUNE, delegation="d1"))
    assert isinstance(fact, DelegationRevoked)
    assert approve(organisation, JUNE - INSTANT) == "suspended"
    with pytest.raises(NotPermitted, match="delegation_expired"):
        approve(organisation, JUNE)


def test_a_delegation_covers_its_unit_and_below_and_nothing_else() -> None:
    organisation = founded(LENT)
    with pytest.raises(NotFound, match="no_such_case"):
        approve(organisation, MAY, unit="xishi")
    with pytest.raises(NotFound, match="no_such_case"):
        approve(organisation, MAY, unit="wangchuan")


def test_a_delegation_is_for_one_person_and_the_named_actions() -> None:
    organisation = founded(LENT)
    other = Actor(person="nie", role="handler", unit="bailu")
    with pytest.raises(NotPermitted, match="not_permitted"):
        approve(organisation, MAY, actor=other)
    assert organisation.may_under_delegation("ran", "reply", "bailu", MAY) is None


def test_a_delegation_ends_with_its_unit_and_does_not_grow_with_a_merger() -> None:
    organisation = founded(LENT, order(MergeUnit, JUNE, unit="bailu", into="xishi"))
    assert approve(organisation, JUNE - INSTANT) == "suspended"
    with pytest.raises(NotFound, match="no_such_case"):
        approve(organisation, JUNE, unit="xishi")


def test_a_delegation_lends_what_one_may_do_in_that_state_only() -> None:
    organisation = founded(LENT)
    wish = ApproveSuspension(subject=UUID(int=7), command_id=UUID(int=8), actor=RAN, at=MAY)
    case = handled_by("bailu")
    case.stage = "dispatched"
    setting = Setting(policy=small_policy(), organisation=organisation, case=nothing)
    with pytest.raises(Refused, match="no_such_move"):
        admit(case, wish, setting)


def test_what_was_lent_can_be_looked_at() -> None:
    organisation = founded(LENT)
    assert "bailu-repair" in organisation.reach("ran", "bailu-east", MAY)
    assert "bailu-repair" not in organisation.reach("ran", "bailu-east", JULY)
    assert organisation.reach("ran", None, JULY) == frozenset()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"delegation": ""}, "nameless"),
        ({"expires_at": None}, "delegation_without_expiry"),
        ({"expires_at": MAY}, "ends_before_it_begins"),
        ({"expires_at": datetime(2026, 9, 1)}, "time_without_zone"),  # noqa: DTZ001
        ({"from_person": "ma"}, "post_not_held"),
        ({"from_post": "nothing"}, "post_not_held"),
        ({"to_person": "stranger"}, "unknown_person"),
        ({"to_person": "lan"}, "delegated_to_oneself"),
        ({"unit": "nowhere"}, "unknown_unit"),
        ({"unit": "wangchuan"}, "beyond_the_post"),
        ({"actions": ()}, "delegation_of_nothing"),
        ({"actions": ("approve-suspension", "reply")}, "authority_not_held"),
        ({"actions": ("open-unit",)}, "authority_not_held"),
        ({"effective_from": SINCE - INSTANT}, "unknown_person"),
    ],
)
def test_delegating_is_refused(body: dict[str, Any], code: str) -> None:
    assert refused(founded(), order(Delegate, MAY, **(SUSPENSION | body))) == code


def test_a_delegation_id_is_used_once() -> None:
    assert refused(founded(LENT), LENT) == "delegation_exists"


def test_one_lends_ones_own_authority_and_not_a_colleagues() -> None:
    lan = Actor(person="lan", role="leader", post="bailu.leader", unit="bailu")
    ma = Actor(person="ma", role="leader", post="bailu.deputy", unit="bailu")
    by_lan = order(Delegate, MAY, actor=lan, **SUSPENSION)
    by_ma = order(Delegate, MAY, actor=ma, **SUSPENSION)
    assert refused(founded(), by_ma) == "not_your_authority"
    assert obey(founded(), by_lan)


def test_what_was_lent_to_one_cannot_be_lent_on() -> None:
    on = {"delegation": "d2", "from_person": "ran", "from_post": "bailu-east.ran"}
    further: dict[str, Any] = SUSPENSION | on | {"to_person": "qu", "unit": "bailu-east"}
    assert refused(founded(LENT), order(Delegate, MAY, **further)) == "authority_not_held"


def test_whoever_holds_the_post_now_may_take_back_what_an_earlier_holder_lent() -> None:
    organisation = founded(LENT, order(Relieve, MAY, person="lan", post="bailu.leader"))
    hai = Actor(person="hai", role="leader", unit="wangchuan")
    revoke: dict[str, Any] = {"delegation": "d1"}
    assert refused(organisation, order(RevokeDelegation, JUNE, actor=hai, **revoke)) == (
        "not_your_authority"
    )
    lan = Actor(person="lan", role="leader", unit="bailu")
    assert obey(founded(LENT), order(RevokeDelegation, JUNE, actor=lan, **revoke))


@pytest.mark.parametrize(
    ("delegation", "at", "code"),
    [("d1", JULY, "delegation_over"), ("d9", MAY, "unknown_delegation")],
)
def test_revoking_is_refused(delegation: str, at: datetime, code: str) -> None:
    assert (
        refused(founded(LENT), order(RevokeDelegation, at, delegation=delegation)) == code
    )


def test_a_delegation_is_revoked_once() -> None:
    organisation = founded(LENT, order(RevokeDelegation, MAY, delegation="d1"))
    assert refused(organisation, order(RevokeDelegation, JUNE, delegation="d1")) == (
        "delegation_over"
    )


def test_a_delegation_may_begin_later() -> None:
    later: dict[str, Any] = {"delegation": "d1", "effective_from": JUNE}
    organisation = founded(order(Delegate, MAY, **(SUSPENSION | later)))
    assert (
        organisation.may_under_delegation("ran", "approve-suspension", "bailu", MAY) is None
    )
    assert organisation.lapsed_delegation("ran", "approve-suspension", "bailu", MAY) is None
    assert approve(organisation, JUNE) == "suspended"


def test_a_delegation_for_a_closed_unit_is_over() -> None:
    lent = order(Delegate, MAY, **(SUSPENSION | {"unit": "bailu-repair"}))
    organisation = founded(lent, order(CloseUnit, JUNE, unit="bailu-repair"))
    with pytest.raises(NotPermitted, match="delegation_expired"):
        approve(organisation, JUNE, unit="bailu-repair")
