"""The organisation as a view: the same answers as the domain gives, at any moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from domain.fact import Fact
from domain.organisation.appoint import PersonAppointed
from domain.organisation.close_unit import UnitClosed
from domain.organisation.merge_unit import UnitMerged
from domain.organisation.move_unit import UnitMoved
from domain.organisation.organisation import ORGANISATION_ID, Organisation
from domain.organisation.relieve import PersonRelieved
from projections.folding import fold_in_memory
from projections.reading import Held
from projections.units import UNITS, Units
from tests.projections.telling import in_stream, logged
from tests.support.organisation import SINCE, founded

LATER = SINCE + timedelta(days=400)
MUCH_LATER = SINCE + timedelta(days=800)

CHANGES: list[Fact] = [
    PersonRelieved(person="lan", post="bailu.leader", unit="bailu", effective_from=LATER),
    UnitMoved(
        unit="bailu-repair", from_parent="bailu", to_parent="xishi", effective_from=LATER
    ),
    UnitMerged(unit="xishi-town", into="bailu-east", effective_from=LATER),
    UnitClosed(unit="changting-town", effective_from=LATER),
    PersonAppointed(
        person="tan",
        post="bailu.leader",
        unit="bailu",
        until=MUCH_LATER,
        effective_from=LATER,
    ),
]


def told() -> list[Fact]:
    founding_facts = cast("list[Fact]", founded().pending_events)
    return in_stream(ORGANISATION_ID, [*founding_facts, *CHANGES])


def view() -> Units:
    folded = fold_in_memory([UNITS], logged(told()))
    assert not folded.parked
    return Units(Held(folded))


def domain() -> Organisation:
    organisation: Organisation | None = None
    for fact in told():
        organisation = fact.mutate(organisation)
    assert organisation is not None
    return organisation


@pytest.mark.parametrize(
    "moment", [SINCE - timedelta(days=1), SINCE, LATER, MUCH_LATER], ids=str
)
def test_the_view_answers_for_any_moment_as_the_domain_does(moment: datetime) -> None:
    units, organisation = view(), domain()
    assert units.open_at(moment) == list(organisation.units(moment))
    for row in units.rows():
        assert units.chain(row.unit, moment) == organisation.chain(row.unit, moment)


def test_the_rows_hold_of_units_and_posts_what_the_domain_has_on_record() -> None:
    ours, theirs = view().books(), domain().books
    assert ours.posts == theirs.posts
    assert ours.units.keys() == theirs.units.keys()
    for unit, record in theirs.units.items():
        found = ours.units[unit]
        assert set(found.below) == set(record.below)
        assert set(found.absorbed) == set(record.absorbed)
        assert replace(found, below=(), absorbed=()) == replace(
            record, below=(), absorbed=()
        )


def test_a_unit_keeps_every_span_of_its_life() -> None:
    rows = {row.unit: row for row in view().rows()}
    assert [p.parent for p in rows["bailu-repair"].placings] == ["bailu", "xishi"]
    ending = rows["xishi-town"].ending
    assert ending is not None
    assert (ending.into, ending.since) == ("bailu-east", LATER)
    leaders = next(r for r in rows["bailu"].posts if r.post.id == "bailu.leader").tenures
    assert [(t.person, t.since, t.until) for t in leaders] == [
        ("lan", SINCE, LATER),
        ("tan", LATER, MUCH_LATER),
    ]
