"""Every figure against an oracle of other code, and the stored against the replayed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policy.measures import SOURCES, columns
from projections.check import check
from projections.engine import Engine
from projections.folding import fold_in_memory
from projections.kpi_rows import Rows
from projections.kpis import BY, VIEWS, Figure, Kpis, Question, everything
from projections.moments import as_of
from projections.periods import Period
from projections.reading import Held, Stored
from projections.rebuild import make_ready
from store import Store
from tests.projections.kpi_journeys import BEGIN as FIRST_DAY
from tests.projections.kpi_journeys import DAYS, TYPES, journeys
from tests.projections.kpi_oracle import GOOD, Oracle
from tests.projections.telling import logged, record
from tests.support.scenario import policy

DAY = timedelta(days=1)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def asked(period: Period, at: datetime, **more: Any) -> Question:
    return Question(period=period, at=at, **more)


def figures(view: Kpis, question: Question) -> dict[str, Figure]:
    return {f.measure.code: f for f in view.figures(question)}


# Against other code ----------------------------------------------------------------------

SPANS = st.tuples(st.integers(0, DAYS), st.integers(0, 40))


def local(day: datetime) -> date:
    return (day + timedelta(hours=8)).date()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    cases=st.integers(0, 40),
    span=SPANS,
    now=st.integers(0, 120),
)
def test_every_figure_is_what_the_facts_say(
    seed: int, cases: int, span: tuple[int, int], now: int
) -> None:
    at = FIRST_DAY + now * DAY
    facts = journeys(seed, cases, at)
    folded = fold_in_memory(VIEWS, logged(facts))
    assert not folded.parked
    begin = local(FIRST_DAY + span[0] * DAY)
    period = Period(begin, begin + span[1] * DAY)
    since, until = period.moments(timedelta(hours=8))
    view = Kpis(Held(folded), policy())
    found = figures(view, asked(period, at))
    expected = Oracle(facts, since, until, at).answers()
    assert found.keys() - expected.keys() == {"per_million", "per_100k", "per_10k"}
    for code, (numerator, denominator, value) in expected.items():
        got = found[code].sum
        assert (code, got.denominator) == (code, denominator)
        assert got.numerator == pytest.approx(numerator), code
        assert got.value == pytest.approx(value), code


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_figure_opens_into_its_base_and_its_groups_add_up(seed: int) -> None:
    at = FIRST_DAY + 60 * DAY
    folded = fold_in_memory(VIEWS, logged(journeys(seed, 30, at)))
    view = Kpis(Held(folded), policy())
    whole = figures(view, asked(MARCH, at))
    for code, figure in whole.items():
        measure = figure.measure
        rows = view.opened(code, asked(MARCH, at))
        if measure.counts:
            assert len(rows) == figure.sum.denominator
            assert sum(row.counted for row in rows) == figure.sum.numerator
    for by in BY:
        parts = view.figures(asked(MARCH, at, by=by))
        for code in ("received", "returned", "overdue", "callback_reached"):
            counted = sum(p.sum.numerator or 0 for p in parts if p.measure.code == code)
            assert (by, code, counted) == (by, code, whole[code].sum.numerator)


# Stored, and replayed ---------------------------------------------------------------------


def test_the_stored_number_is_that_of_a_replay_as_of_any_day(store: Store) -> None:
    """Recorded in five parts; after each, the figures as the tables have them then."""
    make_ready(store, VIEWS)
    engine = Engine(store, VIEWS)
    facts = journeys(4711, 40, FIRST_DAY + 90 * DAY)
    told = []
    for part in range(5):
        until = FIRST_DAY + (part + 1) * 14 * DAY
        record(store, [f for f in facts if until - 14 * DAY <= f.occurred_at < until])
        while engine.step():
            pass
        question = asked(Period(date(2026, 1, 20), date(2026, 4, 30)), at=until)
        known = store.log.read(store.log.head() - 1, 1)[0].recorded_at
        stored = Kpis(Stored(store.pool), policy())
        told.append((known, question, numbers(stored, question)))
    engine.close()
    assert check(store, VIEWS).differing == 0
    assert len({str(found) for _, _, found in told}) == len(told), "the days differ"
    for known, question, found in told:
        replayed = Kpis(Held(as_of(store.log, VIEWS, known)), policy())
        assert numbers(replayed, question) == found


def numbers(view: Kpis, question: Question) -> list[Any]:
    """Every figure, and every row behind it."""
    codes = policy().measures
    return [
        [(f.measure.code, f.sum, f.before) for f in view.figures(question)],
        [(code, view.opened(code, question)) for code in codes],
    ]


def test_the_journeys_have_what_the_figures_are_about() -> None:
    """The test above would be content with empty figures, were there nothing to count."""
    at = FIRST_DAY + 200 * DAY
    folded = fold_in_memory(VIEWS, logged(journeys(1, 400, at)))
    period = Period(date(2026, 1, 1), date(2026, 7, 1))
    for code, figure in figures(Kpis(Held(folded), policy()), asked(period, at)).items():
        if figure.measure.scaled is None:
            assert figure.sum.value, code
            assert figure.sum.value < 1 or figure.measure.unit != "share", code
    assert policy().satisfaction.keys() >= GOOD
    assert set(TYPES) <= policy().types.keys()


KINDS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "flag": bool,
    "number": (int, float),
    "moment": datetime,
    "deadline": datetime,
}


@pytest.mark.parametrize("of", SOURCES)
def test_every_column_that_a_measure_may_name_has_values_of_its_kind(of: str) -> None:
    folded = fold_in_memory(VIEWS, logged(journeys(1, 200, FIRST_DAY + 200 * DAY)))
    rows = Rows(Held(folded), policy(), everything)
    for window in columns(of, "moment", "deadline"):
        found = rows.within(of, window, FIRST_DAY, FIRST_DAY + 400 * DAY)
        assert found, f"no {of} by {window}"
        for column, kind in SOURCES[of].items():
            values = {type(row[column]) for row in found} - {type(None)}
            assert all(issubclass(each, KINDS[kind]) for each in values), (column, values)
