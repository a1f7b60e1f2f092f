"""Figures: numerator, denominator and window of each measure, and what is behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case.callback import CallbackAttempted, CallbackFailed
from domain.case.rating import CaseRated
from domain.fact import Fact
from domain.policy.measures import SOURCES, Measure, columns
from domain.policy.policy import Policy
from domain.promise.clock import ClockStarted, ClockStopped
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
from tests.projections.kpi_journeys import DAYS, TYPES, UNITS, journeys
from tests.projections.kpi_oracle import GOOD, Oracle
from tests.projections.telling import in_stream, logged, record, stream
from tests.support.scenario import CASE_ID, MONDAY, OTHER_AGENT, policy
from tests.support.story import (
    CALLBACK,
    DISPATCHED,
    HANDLING,
    RECEIPT,
    called_back,
    happened,
    received,
)

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def asked(period: Period = MARCH, at: datetime = APRIL, **more: Any) -> Question:
    return Question(period=period, at=at, **more)


def kpis(cases: Iterable[Iterable[Fact]], rules: Policy | None = None) -> Kpis:
    """The figures of some cases, each told by its facts."""
    facts = [f for n, each in enumerate(cases) for f in in_stream(stream(n), each)]
    folded = fold_in_memory(VIEWS, logged(facts))
    assert not folded.parked
    return Kpis(Held(folded), rules or policy())


def figures(view: Kpis, question: Question | None = None) -> dict[str, Figure]:
    return {f.measure.code: f for f in view.figures(question or asked())}


def sums(view: Kpis, code: str, question: Question | None = None) -> tuple[Any, Any, Any]:
    found = figures(view, question)[code].sum
    return found.numerator, found.denominator, found.value


def attempt(*, reached: bool) -> Fact:
    result = "reached" if reached else "no_answer"
    fact = CallbackAttempted(attempt=1, result=result, reached=reached)
    return happened("callback", OTHER_AGENT, fact)


def failed() -> Fact:
    return happened("callback", OTHER_AGENT, CallbackFailed(attempts=3, reason="no_answer"))


def clock(step: str, due: datetime) -> Fact:
    fact = ClockStarted(
        clock=f"{step}.1", step=step, kind="step", rule=step, started_at=MONDAY, due=due
    )
    return happened("received", OTHER_AGENT, fact)


def stop(step: str, outcome: str, due: datetime) -> Fact:
    fact = ClockStopped(clock=f"{step}.1", step=step, kind="step", outcome=outcome, due=due)
    return happened("received", OTHER_AGENT, fact)


# The published bulletin (P24) -----------------------------------------------------------


def bulletin() -> list[list[Fact]]:
    """56 customers were called, 53 reached, and 51 of them satisfied."""
    satisfied = [[*CALLBACK, attempt(reached=True), called_back()]] * 51
    not_so = [[*CALLBACK, attempt(reached=True), called_back("dissatisfied")]] * 2
    unreached = [[*CALLBACK, attempt(reached=False), failed()]] * 3
    return [*satisfied, *not_so, *unreached]


def test_the_rates_of_the_published_bulletin() -> None:
    view = kpis(bulletin())
    reached, satisfied = sums(view, "callback_reached"), sums(view, "callback_satisfied")
    assert reached[:2] == (53, 56)
    assert f"{reached[2]:.2%}" == "94.64%"
    assert satisfied[:2] == (51, 53)
    assert f"{satisfied[2]:.2%}" == "96.23%"
    assert sums(view, "called_back") == (56, 56, 1.0)


def test_whoever_rings_back_was_called_and_reached() -> None:
    view = kpis([[*CALLBACK, called_back()]])
    assert sums(view, "callback_reached") == (1, 1, 1.0)


# No base, no value ------------------------------------------------------------------------


def test_nothing_to_divide_by_gives_no_value() -> None:
    for code, figure in figures(kpis([])).items():
        if figure.measure.unit == "count":
            assert (code, figure.sum.value) == (code, 0)
        else:
            assert (code, figure.sum.value) == (code, None)
        assert figure.change is None


def test_none_of_some_is_zero_and_not_nothing() -> None:
    view = kpis([[*CALLBACK, attempt(reached=False)]])
    assert sums(view, "callback_reached") == (0, 1, 0.0)
    assert sums(view, "callback_satisfied") == (0, 0, None)


# Clocks -----------------------------------------------------------------------------------


def test_a_clock_that_still_runs_past_its_due_time_counts_as_late() -> None:
    due = MONDAY + DAY
    view = kpis([[received(), clock("promise_answer", due)]])
    assert sums(view, "complaint_in_time") == (0, 1, 0.0)
    in_march = asked(at=due - timedelta(hours=1))
    assert sums(view, "complaint_in_time", in_march) == (0, 0, None)


def test_what_was_kept_early_counts_when_it_was_due() -> None:
    due = datetime(2026, 4, 2, tzinfo=UTC)
    told = [received(), clock("answer", due), stop("answer", "kept", due)]
    view = kpis([told])
    assert sums(view, "overdue") == (0, 0, None)
    assert sums(view, "handled_on_time") == (1, 1, 1.0)
    in_april = asked(Period(date(2026, 4, 1), date(2026, 4, 30)), APRIL + 20 * DAY)
    assert sums(view, "overdue", in_april) == (0, 1, 0.0)


def test_what_nobody_waited_for_any_more_counts_nowhere() -> None:
    due = MONDAY + DAY
    told = [received(), clock("answer", due), stop("answer", "dropped", due)]
    view = kpis([told])
    assert sums(view, "overdue") == (0, 0, None)
    assert sums(view, "handled_on_time") == (0, 0, None)


# Windows ----------------------------------------------------------------------------------


def test_a_period_is_whole_local_days_the_last_included() -> None:
    def at(hour: int) -> list[Fact]:  # of 31 March in UTC; Shanghai is 8 hours ahead
        moment = datetime(2026, 3, 31, hour, tzinfo=UTC)
        return [received().stamped(occurred_at=moment)]

    view = kpis([at(15), at(16)])
    assert sums(view, "received")[0] == 1
    assert (
        sums(view, "received", asked(Period(date(2026, 3, 31), date(2026, 4, 1))))[0] == 2
    )


def test_change_is_against_the_month_before_and_the_same_month_last_year() -> None:
    def in_month(year: int, month: int, n: int) -> list[list[Fact]]:
        at = datetime(year, month, 15, tzinfo=UTC)
        return [[received().stamped(occurred_at=at)]] * n

    figure = figures(
        kpis([*in_month(2026, 3, 6), *in_month(2026, 2, 4), *in_month(2025, 3, 8)])
    )["complaints"]
    assert (figure.sum.value, figure.before, figure.a_year_before) == (6, 4, 8)
    assert (figure.change, figure.year_change) == (0.5, -0.25)


def test_there_is_no_change_from_nothing() -> None:
    figure = figures(kpis([[received()]]))["complaints"]
    assert (figure.before, figure.change) == (0, None)


# Customers, weights, incentives ---------------------------------------------------------


def test_complaints_per_customers_need_the_number_of_customers() -> None:
    view = kpis([RECEIPT, RECEIPT, [received("enquiry")]])
    assert sums(view, "per_million") == (2, None, None)
    told = asked(customers=40_000)
    assert sums(view, "per_million", told) == (2, 40_000, pytest.approx(50.0))
    assert sums(view, "per_100k", told)[2] == pytest.approx(5.0)
    assert sums(view, "per_10k", told)[2] == pytest.approx(0.5)
    a_year = asked(customers=40_000, annualised=True)
    assert sums(view, "per_10k", a_year)[2] == pytest.approx(0.5 * 365 / 31)


def test_where_only_the_substantiated_counts_there_is_no_such_rate_yet() -> None:
    rules = replace(policy(), counting_basis="on_substantiation")
    view = kpis([RECEIPT], rules)
    assert sums(view, "per_million", asked(customers=1_000)) == (1, 1_000, None)


def test_the_score_weighs_three_rates_and_needs_all_of_them() -> None:
    contacted_none = [*CALLBACK, called_back("dissatisfied", solved=True)]
    view = kpis([contacted_none])
    assert sums(view, "three_rates")[2] == pytest.approx(0 * 10 + 1 * 45 + 0 * 45)
    assert sums(kpis([HANDLING]), "three_rates")[2] is None


def test_ratings_against_an_incentive_are_kept_apart() -> None:
    def rated(satisfaction: str, nth: int, incentive: str | None = None) -> Fact:
        fact = CaseRated(
            rater="customer",
            satisfaction=satisfaction,
            incentive=incentive,
            counts=nth == 1 and incentive is None,
            nth=nth,
        )
        return happened("handling", OTHER_AGENT, fact)

    honest = [*HANDLING, rated("dissatisfied", 1), rated("satisfied", 2)]
    bought = [*HANDLING, rated("very_satisfied", 1, "coupon")]
    view = kpis([honest, bought])
    assert sums(view, "ratings_satisfied") == (0, 1, 0.0)
    assert sums(view, "ratings_rewarded") == (1, 1, 1.0)
    assert sums(view, "callback_satisfied") == (0, 0, None)


# Split up, and opened ---------------------------------------------------------------------


def test_figures_of_units_add_up_to_the_whole() -> None:
    sent_back = [*RECEIPT, DISPATCHED]
    view = kpis([sent_back, RECEIPT, HANDLING])
    by_unit = {
        f.group: f.sum.value
        for f in view.figures(asked(by="unit"))
        if f.measure.code == "received"
    }
    assert by_unit == {"bailu-east": 2, "95598": 1}
    own = asked(units=frozenset({"bailu-east"}))
    assert sums(view, "received", own)[0] == 2


def test_a_call_has_no_type_and_nobody_counted_the_customers_of_a_unit() -> None:
    view = kpis([RECEIPT])
    codes = {f.measure.code for f in view.figures(asked(by="type", customers=10))}
    assert "complaints" in codes
    assert codes.isdisjoint({"calls_answered", "per_million"})


def test_a_figure_opens_into_exactly_what_it_counts() -> None:
    view = kpis(bulletin())
    rows = view.opened("callback_satisfied", asked())
    assert (len(rows), sum(row.counted for row in rows)) == (53, 51)
    assert {row.row["case_id"] for row in rows} <= {stream(n) for n in range(56)}
    with pytest.raises(KeyError):
        view.opened("nonsense", asked())


def test_what_eyes_may_not_see_is_in_no_figure() -> None:
    facts = in_stream(CASE_ID, RECEIPT)
    folded = fold_in_memory(VIEWS, logged(facts))
    blind = Kpis(Held(folded), policy(), lambda row: row["business_type"] != "complaint")
    assert sums(blind, "received")[0] == 0
    assert blind.opened("received", asked()) == []


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
    whole = figures(view, asked(at=at))
    for code, figure in whole.items():
        measure: Measure = figure.measure
        rows = view.opened(code, asked(at=at))
        if measure.counts:
            assert len(rows) == figure.sum.denominator
            assert sum(row.counted for row in rows) == figure.sum.numerator
    for by in BY:
        parts = view.figures(asked(at=at, by=by))
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
    assert UNITS


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
