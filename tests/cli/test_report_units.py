"""Whose figures a unit's are: of those below it, and of what was merged into it (B39)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.reports import BadQuestion, Wish
from domain.organisation.merge_unit import MergeUnit
from domain.organisation.organisation import Organisation
from tests.support.organisation import founded, order
from tests.support.scenario import policy

MERGED_ON = datetime(2026, 3, 15, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def merged() -> Organisation:
    """The repair team became part of the station in the middle of March."""
    merging = order(
        MergeUnit, unit="bailu-repair", into="bailu-east", effective_from=MERGED_ON
    )
    return founded(merging)


def units(books: Organisation, unit: str, first: str, last: str) -> set[str]:
    wish = Wish(first=first, last=last, unit=unit)
    found = wish.question(policy(), books, NOW).units
    assert found is not None
    return set(found)


def test_a_unit_has_what_is_below_it(merged: Organisation) -> None:
    found = units(merged, "bailu", "2026-02-01", "2026-02-28")
    assert {"bailu", "bailu-east", "bailu-repair"} <= found


def test_before_the_merger_each_has_its_own(merged: Organisation) -> None:
    february = ("2026-02-01", "2026-02-28")
    assert units(merged, "bailu-east", *february) == {"bailu-east"}
    assert units(merged, "bailu-repair", *february) == {"bailu-repair"}


def test_after_it_the_heir_has_both_and_the_old_unit_still_its_own(
    merged: Organisation,
) -> None:
    april = ("2026-04-01", "2026-04-30")
    assert units(merged, "bailu-east", *april) == {"bailu-east", "bailu-repair"}
    assert units(merged, "bailu-repair", *april) == {"bailu-repair"}


def test_a_unit_that_never_was_has_no_figures(merged: Organisation) -> None:
    with pytest.raises(BadQuestion) as wrong:
        units(merged, "atlantis", "2026-04-01", "2026-04-30")
    assert wrong.value.name == "unit"
