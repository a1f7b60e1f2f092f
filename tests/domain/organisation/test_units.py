"""Units open, move, merge and close, each from a moment on; lines of command follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.organisation.close_unit import CloseUnit, UnitClosed
from domain.organisation.merge_unit import MergeUnit, UnitMerged
from domain.organisation.move_unit import MoveUnit, UnitMoved
from domain.organisation.open_unit import OpenUnit, UnitOpened
from domain.organisation.organisation import ORGANISATION_ID, Organisation
from domain.refused import NotFound
from tests.support.organisation import SINCE, founded, obey, order, refused

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
NOBODY_YET = Organisation.empty()


def test_the_first_unit_is_the_first_fact() -> None:
    organisation = Organisation.empty()
    body: dict[str, Any] = {"unit": "qinglan", "name": "青岚省电力公司", "kind": "province"}
    [fact] = obey(organisation, order(OpenUnit, **body))
    assert isinstance(fact, UnitOpened)
    assert (fact.originator_id, fact.originator_version) == (ORGANISATION_ID, 1)
    assert fact.mutate(None).books == organisation.books


def test_there_is_only_one_organisation() -> None:
    with pytest.raises(NotFound, match="no_such_organisation"):
        Organisation.empty(order(OpenUnit, unit="x", name="x").command_id)


def test_a_unit_is_open_from_its_effective_date_and_not_before() -> None:
    organisation = founded(
        order(OpenUnit, MAY, unit="new", name="新站", parent="bailu", effective_from=JUNE)
    )
    assert organisation.unit("new", JUNE - timedelta(seconds=1)) is None
    assert organisation.unit("new", JUNE) is not None
    assert "new" not in organisation.scope("bailu", MAY)
    assert "new" in organisation.scope("bailu", JUNE)
    assert organisation.line("new", MAY) == ()


def test_a_unit_can_be_opened_with_effect_from_the_past() -> None:
    organisation = founded(
        order(OpenUnit, JULY, unit="old", name="老站", parent="bailu", effective_from=MAY)
    )
    assert organisation.unit("old", MAY) is not None


def test_the_four_blocks_stand_under_one_root() -> None:
    organisation = founded()
    units = organisation.units(MAY)
    assert {unit.block for unit in units} == {
        "main",
        "superior",
        "supervision",
        "enterprise",
    }
    assert organisation.scope("qinglan", MAY) == {unit.id for unit in units}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"unit": "bailu", "name": "x"}, "unit_exists"),
        ({"unit": " ", "name": "x"}, "nameless"),
        ({"unit": "x", "name": "\t"}, "nameless"),
        ({"unit": "x", "name": "x", "block": "other"}, "unknown_block"),
        ({"unit": "x", "name": "x", "kind": "other"}, "unknown_kind"),
        ({"unit": "x", "name": "x", "parent": "nowhere"}, "unknown_unit"),
        (
            {"unit": "x", "name": "x", "effective_from": datetime(2026, 1, 1)},  # noqa: DTZ001
            "time_without_zone",
        ),
    ],
)
def test_opening_is_refused(body: dict[str, Any], code: str) -> None:
    assert refused(founded(), order(OpenUnit, MAY, **body)) == code


def test_a_unit_cannot_be_older_than_its_parent() -> None:
    body: dict[str, Any] = {"unit": "x", "name": "x", "parent": "bailu"}
    earlier = order(OpenUnit, MAY, **body, effective_from=SINCE - timedelta(days=1))
    assert refused(founded(), earlier) == "unknown_unit"


def test_nothing_opens_below_a_unit_that_is_on_record_to_close() -> None:
    organisation = founded(order(CloseUnit, MAY, unit="bailu-east", effective_from=JULY))
    below: dict[str, Any] = {
        "unit": "x",
        "name": "x",
        "parent": "bailu-east",
        "effective_from": JUNE,
    }
    assert refused(organisation, order(OpenUnit, MAY, **below)) == "unit_closes"


def test_a_moved_unit_takes_all_below_along_from_that_moment() -> None:
    organisation = founded()
    [fact] = obey(
        organisation,
        order(MoveUnit, MAY, unit="bailu", parent="tingsong", effective_from=JUNE),
    )
    assert isinstance(fact, UnitMoved)
    assert (fact.from_parent, fact.to_parent) == ("wangchuan", "tingsong")
    assert organisation.line("bailu-east", MAY) == (
        "bailu-east",
        "bailu",
        "wangchuan",
        "qinglan",
    )
    assert organisation.line("bailu-east", JUNE) == (
        "bailu-east",
        "bailu",
        "tingsong",
        "qinglan",
    )
    assert "bailu-east" in organisation.scope("wangchuan", MAY)
    assert "bailu-east" not in organisation.scope("wangchuan", JUNE)


def test_a_move_on_record_for_later_still_happens_after_a_backdated_one() -> None:
    organisation = founded(
        order(MoveUnit, MAY, unit="bailu", parent="tingsong", effective_from=JULY),
        order(MoveUnit, MAY, unit="bailu", parent="qinglan", effective_from=JUNE),
    )
    parents = [organisation.unit("bailu", at) for at in (MAY, JUNE, JULY)]
    assert [unit.parent for unit in parents if unit] == ["wangchuan", "qinglan", "tingsong"]


def test_of_two_moves_with_one_date_the_later_recorded_holds() -> None:
    organisation = founded(
        order(MoveUnit, MAY, unit="bailu", parent="tingsong"),
        order(MoveUnit, MAY, unit="bailu", parent="qinglan"),
    )
    moved = organisation.unit("bailu", MAY)
    assert moved is not None
    assert moved.parent == "qinglan"


@pytest.mark.parametrize("parent", ["bailu", "bailu-east"])
def test_a_unit_never_stands_below_itself(parent: str) -> None:
    assert refused(founded(), order(MoveUnit, MAY, unit="bailu", parent=parent)) == (
        "unit_circle"
    )


def test_a_circle_that_would_close_only_later_is_refused_now() -> None:
    organisation = founded(
        order(MoveUnit, MAY, unit="wangchuan", parent="tingsong", effective_from=JULY)
    )
    now = order(MoveUnit, MAY, unit="tingsong", parent="bailu", effective_from=JUNE)
    assert refused(organisation, now) == "unit_circle"


def test_a_moved_unit_may_become_a_root() -> None:
    organisation = founded(order(MoveUnit, MAY, unit="observers", parent=None))
    assert organisation.line("observers", MAY) == ("observers",)
    assert organisation.depth("observers", MAY) == 0


def test_moving_what_is_not_there_is_refused() -> None:
    assert refused(founded(), order(MoveUnit, MAY, unit="x", parent=None)) == "unknown_unit"
    assert refused(founded(), order(MoveUnit, MAY, unit="bailu", parent="x")) == (
        "unknown_unit"
    )


def test_a_unit_may_stay_under_a_parent_until_just_before_that_closes() -> None:
    leaves = order(MoveUnit, MAY, unit="x", parent="bailu", effective_from=JULY)
    organisation = founded(
        order(OpenUnit, MAY, unit="x", name="x", parent="bailu"),
        leaves,
        order(CloseUnit, MAY, unit="bailu-east", effective_from=JULY),
        order(MoveUnit, MAY, unit="x", parent="bailu-east", effective_from=JUNE),
    )
    assert organisation.line("x", JUNE)[1] == "bailu-east"
    assert organisation.line("x", JULY)[1] == "bailu"


def test_a_merged_unit_lives_on_in_its_successor_with_all_below() -> None:
    organisation = founded()
    [fact] = obey(
        organisation, order(MergeUnit, MAY, unit="bailu", into="xishi", effective_from=JUNE)
    )
    assert isinstance(fact, UnitMerged)
    assert organisation.unit("bailu", MAY) is not None
    assert organisation.unit("bailu", JUNE) is None
    assert organisation.successor("bailu", MAY) == "bailu"
    assert organisation.successor("bailu", JUNE) == "xishi"
    assert organisation.scope("xishi", JUNE) == {
        "xishi",
        "xishi-town",
        "bailu",
        "bailu-east",
        "bailu-repair",
    }
    assert organisation.scope("xishi", MAY) == {"xishi", "xishi-town"}
    assert organisation.scope("bailu", JUNE) == organisation.scope("xishi", JUNE)
    assert organisation.line("bailu-east", JUNE)[1] == "xishi"


def test_a_merger_of_a_merger_keeps_the_oldest_history_in_scope() -> None:
    organisation = founded(
        order(MergeUnit, MAY, unit="bailu", into="xishi"),
        order(MergeUnit, JUNE, unit="xishi", into="liuying"),
    )
    assert organisation.successor("bailu", JUNE) == "liuying"
    assert {"bailu", "xishi", "bailu-east"} <= organisation.scope("liuying", JUNE)
    assert organisation.depth("bailu", JUNE) == organisation.depth("liuying", JUNE) == 2


@pytest.mark.parametrize(
    ("unit", "into", "code"),
    [
        ("bailu", "bailu", "merged_into_itself"),
        ("bailu", "bailu-east", "unit_circle"),
        ("bailu", "nowhere", "unknown_unit"),
        ("nowhere", "bailu", "unknown_unit"),
    ],
)
def test_merging_is_refused(unit: str, into: str, code: str) -> None:
    assert refused(founded(), order(MergeUnit, MAY, unit=unit, into=into)) == code


def test_nothing_merges_into_a_closed_unit_or_one_about_to_close() -> None:
    organisation = founded(order(CloseUnit, MAY, unit="xishi-town", effective_from=JULY))
    into: dict[str, Any] = {"unit": "bailu-east", "into": "xishi-town"}
    assert refused(organisation, order(MergeUnit, JULY, **into)) == "unknown_unit"
    assert refused(organisation, order(MergeUnit, JUNE, **into)) == "unit_closes"


def test_a_unit_ends_once() -> None:
    organisation = founded(order(CloseUnit, MAY, unit="xishi-town", effective_from=JULY))
    assert refused(organisation, order(CloseUnit, JUNE, unit="xishi-town")) == "unit_closes"
    again = order(MergeUnit, JUNE, unit="xishi-town", into="bailu-east")
    assert refused(organisation, again) == "unit_closes"


def test_a_unit_ends_only_after_all_that_is_on_record_for_it() -> None:
    organisation = founded(
        order(MoveUnit, MAY, unit="xishi-town", parent="bailu", effective_from=JULY),
        order(
            MergeUnit, MAY, unit="liuying-town", into="changting-town", effective_from=JULY
        ),
    )
    for unit in ("xishi-town", "changting-town"):
        assert refused(organisation, order(CloseUnit, JUNE, unit=unit)) == "unit_has_plans"
        merge = order(MergeUnit, JUNE, unit=unit, into="bailu-east")
        assert refused(organisation, merge) == "unit_has_plans"


def test_a_unit_with_open_units_below_cannot_close() -> None:
    assert refused(founded(), order(CloseUnit, MAY, unit="bailu")) == "unit_has_units"


def test_nor_can_one_that_will_have_units_below_by_a_merger_or_a_later_opening() -> None:
    merged = founded(
        order(MergeUnit, MAY, unit="bailu", into="changting-town"),
    )
    assert (
        refused(merged, order(CloseUnit, JUNE, unit="changting-town")) == "unit_has_units"
    )
    later: dict[str, Any] = {
        "unit": "x",
        "name": "x",
        "parent": "bailu-east",
        "effective_from": JULY,
    }
    opened = founded(order(OpenUnit, MAY, **later))
    assert refused(opened, order(CloseUnit, JUNE, unit="bailu-east")) == "unit_has_units"


def test_a_closed_unit_stays_in_the_scope_of_those_above() -> None:
    organisation = founded()
    [fact] = obey(organisation, order(CloseUnit, MAY, unit="bailu-east"))
    assert isinstance(fact, UnitClosed)
    assert organisation.unit("bailu-east", MAY) is None
    assert organisation.successor("bailu-east", MAY) is None
    assert organisation.depth("bailu-east", MAY) is None
    assert organisation.scope("bailu-east", MAY) == frozenset()
    assert "bailu-east" in organisation.scope("wangchuan", MAY)


def test_layers_are_counted_along_the_line_of_command() -> None:
    organisation = founded(order(OpenUnit, MAY, unit="far", name="x"))
    counted = {
        other: organisation.layers_between("bailu", other, MAY)
        for other in (
            "bailu",
            "wangchuan",
            "qinglan",
            "bailu-east",
            "xishi",
            "liuying-town",
        )
    }
    assert counted == {
        "bailu": 0,
        "wangchuan": 1,
        "qinglan": 2,
        "bailu-east": 1,
        "xishi": 2,
        "liuying-town": 5,
    }
    assert organisation.layers_between("bailu", "far", MAY) is None
    assert organisation.layers_between("bailu", "nowhere", MAY) is None


def test_an_empty_organisation_knows_nothing() -> None:
    assert NOBODY_YET.unit("bailu", MAY) is None
    assert NOBODY_YET.units(MAY) == ()
    assert NOBODY_YET.successor("bailu", MAY) is None
    assert NOBODY_YET.scope("bailu", MAY) == frozenset()
    assert NOBODY_YET.depth("bailu", MAY) is None


def test_a_circle_through_a_merger_that_is_already_on_record_is_refused() -> None:
    organisation = founded(
        order(MergeUnit, MAY, unit="tingsong", into="bailu", effective_from=JULY)
    )
    # From July on wangchuan would be in tingsong, so in bailu, which stands below it.
    now = order(MergeUnit, MAY, unit="wangchuan", into="tingsong", effective_from=JUNE)
    assert refused(organisation, now) == "unit_circle"


def test_a_unit_that_comes_back_is_listed_once_below_its_parent() -> None:
    organisation = founded(
        order(MoveUnit, MAY, unit="bailu", parent="tingsong"),
        order(MoveUnit, JUNE, unit="bailu", parent="wangchuan"),
    )
    assert organisation.books.units["wangchuan"].below == ("bailu", "xishi")
    assert "bailu" in organisation.scope("tingsong", MAY)
    assert "bailu" not in organisation.scope("tingsong", JUNE)
