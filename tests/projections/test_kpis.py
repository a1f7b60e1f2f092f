"""Figures: numerator, denominator and window of each measure, and what is behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.case.callback import CallbackAttempted, CallbackFailed
from domain.case.rating import CaseRated
from domain.fact import Fact
from domain.policy.policy import Policy
from domain.promise.clock import ClockStarted, ClockStopped
from projections.folding import fold_in_memory
from projections.kpis import VIEWS, Figure, Kpis, Question
from projections.periods import Period
from projections.reading import Held
from tests.projections.telling import in_stream, logged, stream
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
