"""Somebody answers for every unit at every moment, or the chain says that nobody does."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.organisation.appoint import Appoint
from domain.organisation.close_unit import CloseUnit
from domain.organisation.define_post import DefinePost
from domain.organisation.merge_unit import MergeUnit
from domain.organisation.organisation import Organisation
from domain.organisation.records import Rung
from domain.organisation.register_person import RegisterPerson
from domain.organisation.relieve import Relieve
from tests.support.organisation import SINCE, founded, order

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)

Told = tuple[str, str | None, str | None]


def told(rungs: tuple[Rung, ...]) -> list[Told]:
    return [(rung.unit, rung.person, rung.fallback) for rung in rungs]


def test_the_chain_goes_from_the_units_leader_to_the_root() -> None:
    assert told(founded().chain("bailu-east", MAY)) == [
        ("bailu-east", "qu", None),
        ("bailu", "lan", None),
        ("wangchuan", "hai", None),
        ("qinglan", "an", None),
    ]


def test_a_deputy_stands_in_for_a_missing_leader() -> None:
    organisation = founded()
    rung = organisation.leader("liuying", MAY)
    assert rung == Rung(
        unit="liuying", post="liuying.deputy", person="pu", duty="deputy", fallback="deputy"
    )
    assert organisation.deputies("liuying", MAY) == (rung,)


def test_deputies_stand_in_in_the_order_in_which_their_posts_were_defined() -> None:
    organisation = founded(
        order(RegisterPerson, person="xin", name="辛来"),
        order(DefinePost, MAY, post="a", unit="liuying", name="副职", duty="deputy"),
        order(Appoint, MAY, person="xin", post="a"),
    )
    assert [rung.person for rung in organisation.deputies("liuying", MAY)] == ["pu", "xin"]
    relieved = order(Relieve, JUNE, person="pu", post="liuying.deputy")
    later = founded(
        order(RegisterPerson, person="xin", name="辛来"),
        order(DefinePost, MAY, post="a", unit="liuying", name="副职", duty="deputy"),
        order(Appoint, MAY, person="xin", post="a"),
        relieved,
    )
    assert later.leader("liuying", MAY).person == "pu"
    assert later.leader("liuying", JUNE).person == "xin"


def test_where_nobody_is_the_next_level_answers_and_the_chain_says_so() -> None:
    organisation = founded()
    assert told(organisation.chain("changting-town", MAY)) == [
        ("changting-town", "kang", "vacant_next_level"),
        ("changting", "kang", "vacant_next_level"),
        ("tingsong", "kang", None),
        ("qinglan", "an", None),
    ]
    rung = organisation.leader("changting-town", MAY)
    assert (rung.post, rung.duty) == ("tingsong.leader", "leader")


def test_a_vacant_root_has_nobody_above_it() -> None:
    organisation = founded(
        order(Relieve, MAY, person="an", post="qinglan.leader"),
        order(Relieve, MAY, person="bo", post="qinglan.deputy"),
    )
    assert told(organisation.chain("media", MAY)) == [
        ("media", None, "none"),
        ("qinglan", None, "none"),
    ]
    assert told(organisation.chain("bailu", MAY))[-2:] == [
        ("wangchuan", "hai", None),
        ("qinglan", None, "none"),
    ]


def test_an_empty_organisation_says_that_nobody_answers() -> None:
    nobody = Rung(unit="bailu", post=None, person=None, duty=None, fallback="none")
    assert Organisation.empty().chain("bailu", MAY) == (nobody,)
    assert Organisation.empty().leader("bailu", MAY) == nobody


def test_the_chain_is_that_of_the_time_of_the_act_and_not_of_today() -> None:
    organisation = founded(
        order(RegisterPerson, person="xin", name="辛来"),
        order(Relieve, JUNE, person="lan", post="bailu.leader"),
        order(Appoint, JUNE, person="xin", post="bailu.leader"),
        order(MergeUnit, JUNE, unit="wangchuan", into="tingsong"),
    )
    assert told(organisation.chain("bailu", SINCE)) == [
        ("bailu", "lan", None),
        ("wangchuan", "hai", None),
        ("qinglan", "an", None),
    ]
    assert told(organisation.chain("bailu", JUNE)) == [
        ("bailu", "xin", None),
        ("tingsong", "kang", None),
        ("qinglan", "an", None),
    ]


def test_the_successor_answers_for_a_merged_unit() -> None:
    organisation = founded(order(MergeUnit, MAY, unit="bailu", into="xishi"))
    assert organisation.chain("bailu", JUNE) == organisation.chain("xishi", JUNE)
    assert organisation.leader("bailu", JUNE).person == "ou"


def test_the_levels_above_answer_for_what_a_closed_unit_left() -> None:
    organisation = founded(order(CloseUnit, MAY, unit="bailu-east"))
    assert told(organisation.chain("bailu-east", JUNE))[:2] == [
        ("bailu-east", "lan", "vacant_next_level"),
        ("bailu", "lan", None),
    ]
