"""Whatever is recorded, in whatever order, backdated or ahead: what always holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from domain.command import Command
from domain.fact import Fact
from domain.organisation.appoint import Appoint
from domain.organisation.close_unit import CloseUnit
from domain.organisation.define_post import DefinePost
from domain.organisation.merge_unit import MergeUnit
from domain.organisation.move_unit import MoveUnit
from domain.organisation.open_unit import OpenUnit
from domain.organisation.organisation import Organisation
from domain.organisation.records import DUTIES, LEADER
from domain.organisation.register_person import RegisterPerson
from domain.organisation.relieve import Relieve
from domain.refused import Refused
from tests.support.organisation import SINCE, obey, order

pytestmark = pytest.mark.usefixtures("uncounted")

DAYS = 8
MOMENTS = [SINCE + timedelta(days=day) for day in range(-1, DAYS + 1)]
UNITS = ["a", "b", "c", "d", "e", "f"]
units = st.sampled_from([*UNITS, "g"])
POSTS = {"a1": "leader", "a2": "deputy", "a3": "deputy", "b1": "leader", "b2": "staff"}
posts = st.sampled_from([*POSTS, "c1"])
people = st.sampled_from(["xu", "yu"])
days = st.integers(0, DAYS).map(lambda day: SINCE + timedelta(days=day))


def wish(
    kind: type[Command], **body: st.SearchStrategy[object]
) -> st.SearchStrategy[Command]:
    return st.builds(
        lambda at, said: order(kind, at, **said),
        days,
        st.fixed_dictionaries(body | {"effective_from": st.none() | days}),
    )


@st.composite
def beginnings(draw: st.DrawFn) -> list[Command]:
    """Units, each a root or under one that was opened before it, and some posts."""
    above = [draw(st.sampled_from([None, *UNITS[:n]])) for n in range(len(UNITS))]
    opened = [
        order(OpenUnit, unit=unit, name=unit, parent=parent)
        for unit, parent in zip(UNITS, above, strict=True)
    ]
    seats = [
        order(DefinePost, post=post, unit=post[0], name=post, duty=duty)
        for post, duty in POSTS.items()
    ]
    return [*opened, *seats]


wishes = st.one_of(
    wish(OpenUnit, unit=units, name=units, parent=st.none() | units),
    wish(MoveUnit, unit=units, parent=st.none() | units),
    wish(MergeUnit, unit=units, into=units),
    wish(CloseUnit, unit=units),
    wish(DefinePost, post=posts, unit=units, name=units, duty=st.sampled_from(DUTIES)),
    wish(Appoint, person=people, post=posts, until=st.none() | days),
    wish(Relieve, person=people, post=posts),
)
STAFF = [order(RegisterPerson, person=person, name=person) for person in ("xu", "yu")]


def lived(commands: list[Command]) -> tuple[Organisation, list[Fact]]:
    """The organisation after all that was not refused, and its facts."""
    organisation, facts = Organisation.empty(), []
    for command in commands:
        version, books = organisation.version, organisation.books
        told = repr(books)
        try:
            facts += obey(organisation, command)
        except Refused:
            assert (organisation.version, organisation.books) == (version, books)
        # A reader that holds the old books sees them as they were.
        assert repr(books) == told
    return organisation, facts


histories = st.builds(
    lambda first, then: lived([*STAFF, *first, *then]),
    beginnings(),
    st.lists(wishes, min_size=8, max_size=30),
)


def moments(organisation: Organisation) -> Iterator[tuple[str, datetime]]:
    return ((unit, at) for unit in organisation.books.units for at in MOMENTS)


@given(histories)
def test_state_is_the_fold_of_the_facts(history: tuple[Organisation, list[Fact]]) -> None:
    organisation, facts = history
    again = Organisation.empty()
    for fact in facts:
        fact.mutate(again)
    assert again.books == organisation.books
    assert again.version == organisation.version == len(facts)
    for name in {type(fact).__name__ for fact in facts}:
        event(name)


@given(histories)
def test_the_chain_ends_at_a_root_and_never_repeats_a_unit(
    history: tuple[Organisation, list[Fact]],
) -> None:
    organisation, _ = history
    for unit, at in moments(organisation):
        chain = [rung.unit for rung in organisation.chain(unit, at)]
        assert chain
        assert len(set(chain)) == len(chain)
        if organisation.unit(unit, at):
            root = organisation.unit(chain[-1], at)
            assert chain[0] == unit
            assert root is not None
            assert root.parent is None


@given(histories)
def test_a_unit_has_at_most_one_leader_and_nobody_leads_it_twice(
    history: tuple[Organisation, list[Fact]],
) -> None:
    organisation, _ = history
    for unit, at in moments(organisation):
        record = organisation.books.units[unit]
        leading = [
            (organisation.books.posts[post].post.duty, person)
            for post in record.posts
            for person in ("xu", "yu")
            if organisation.holds_post(person, post, at)
            and organisation.books.posts[post].post.duty != "staff"
        ]
        leaders = [person for duty, person in leading if duty == LEADER]
        people_leading = [person for _, person in leading]
        assert len(leaders) <= 1
        assert len(set(people_leading)) == len(people_leading)
        rung = organisation.leader(unit, at)
        if leaders:
            assert (rung.person, rung.fallback) == (leaders[0], None)
        elif leading:
            assert (rung.person, rung.fallback) == (leading[0][1], "deputy")


@given(histories)
def test_scope_is_what_has_the_unit_in_its_line(
    history: tuple[Organisation, list[Fact]],
) -> None:
    organisation, _ = history
    known = organisation.books.units
    for unit, at in moments(organisation):
        expected = {other for other in known if unit in organisation.line(other, at)}
        if organisation.unit(unit, at):
            assert organisation.scope(unit, at) == expected
            assert unit in expected


@given(histories)
def test_every_open_unit_stands_under_an_open_one_or_is_a_root(
    history: tuple[Organisation, list[Fact]],
) -> None:
    organisation, _ = history
    for unit, at in moments(organisation):
        found = organisation.unit(unit, at)
        if found and found.parent is not None:
            assert organisation.unit(found.parent, at) is not None


@given(histories)
def test_a_merged_unit_stays_in_the_scope_of_its_successor(
    history: tuple[Organisation, list[Fact]],
) -> None:
    organisation, _ = history
    for unit, at in moments(organisation):
        ending = organisation.books.units[unit].ending
        if ending and ending.into and ending.since <= at:
            heir = organisation.successor(unit, at)
            if heir is None:  # what it was merged into has been closed since
                assert organisation.scope(unit, at) == frozenset()
            else:
                assert unit in organisation.scope(heir, at)
                assert organisation.scope(unit, at) == organisation.scope(heir, at)
                before = ending.since - timedelta(days=1)
                if organisation.unit(unit, before):
                    assert unit in organisation.scope(unit, before)


@given(histories)
def test_the_way_between_two_units_is_as_long_in_both_directions(
    history: tuple[Organisation, list[Fact]],
) -> None:
    organisation, _ = history
    for unit, at in moments(organisation):
        if organisation.unit(unit, at):
            assert organisation.layers_between(unit, unit, at) == 0
        for other in organisation.books.units:
            there = organisation.layers_between(unit, other, at)
            assert there == organisation.layers_between(other, unit, at)
