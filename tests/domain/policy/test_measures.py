"""Measures are rows of the rules: what they may say, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from api.policies import shipped
from domain.policy.measures import SOURCES, Measure, read_measures
from domain.policy.policy import Policy
from domain.policy.row import Malformed
from tests.domain.policy.shaping import NAMED

ROW = NAMED | {
    "unit": "share",
    "formula": "a / b",
    "of": "cases",
    "window": "received_at",
    "counts": {"complaint": True},
}


def measure(**changes: Any) -> Measure:
    said = {key: value for key, value in (ROW | changes).items() if value is not None}
    return read_measures({"measures": {"m": said}})["m"]


def row(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(SOURCES["cases"]) | values


def test_a_policy_without_measures_has_none() -> None:
    assert read_measures({}) == {}


def test_a_column_is_one_value_or_one_of_some() -> None:
    found = measure(where={"level": ["major", "special"], "channel": "app"})
    assert found.in_base(row(level="major", channel="app"))
    assert not found.in_base(row(level="general", channel="app"))
    assert not found.in_base(row(level="major", channel="95598"))


@pytest.mark.parametrize(
    ("word", "holding", "failing"),
    [
        ("hops_min", (2, 3), (1, None)),
        ("hops_max", (2, 1), (3, None)),
    ],
)
def test_a_number_is_compared(
    word: str, holding: tuple[Any, ...], failing: tuple[Any, ...]
) -> None:
    found = measure(counts={word: 2})
    assert all(found.is_counted(row(hops=hops)) for hops in holding)
    assert not any(found.is_counted(row(hops=hops)) for hops in failing)


def test_a_value_is_there_or_not() -> None:
    assert measure(where={"level_present": True}).in_base(row(level="major"))
    assert measure(where={"level_present": False}).in_base(row())
    assert not measure(where={"level_present": False}).in_base(row(level="major"))


def test_a_list_of_conditions_is_any_of_them() -> None:
    found = measure(where=[{"hops_min": 2, "complaint": True}, {"secret": True}])
    assert found.in_base(row(hops=2, complaint=True))
    assert found.in_base(row(secret=True))
    assert not found.in_base(row(hops=2, complaint=False, secret=False))


def test_it_reads_so_that_it_can_be_done_by_hand() -> None:
    found = measure(where=[{"hops_min": 2, "complaint": True}, {"level_present": False}])
    assert found.reads == (
        "complaint = true / cases by received_at"
        " where (hops ≥ 2 and complaint = true) or (level absent)"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"of": "rumours"},
        {"window": "hops"},
        {"window": "due"},
        {"where": {"color": "red"}},
        {"where": {"received_at": "2026-01-01"}},
        {"where": {"complaint": "yes"}},
        {"where": {"level": []}},
        {"where": {"level_min": 2}},
        {"where": {}},
        {"where": "all"},
        {"value": "hops", "stat": "mean"},
        {"counts": None, "value": "received_at", "stat": "mean"},
        {"counts": None, "value": "hops"},
        {"counts": None, "value": "hops", "stat": "mode"},
        {"counts": None, "scaled": 12},
        {"counts": None, "weights": {}},
        {"counts": None, "weights": {"nobody": 1}},
        {"counts": None, "weights": {"m": 1}},
        {"unit": "apples"},
        {"formula": None},
        {"source": "hearsay"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_what_cannot_be_reckoned_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refusal:
        measure(**changes)
    assert "measures" in refusal.value.en


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_the_shipped_measures_are_about_clocks_that_run(profile: str) -> None:
    policy = Policy.from_document(shipped()[profile])
    assert policy.measures
    steps = {
        str(value)
        for found in policy.measures.values()
        for group in (*found.where, *found.counts)
        for term in group
        if term.column == "step"
        for value in term.values
    }
    assert steps <= policy.clocks.keys()
    assert steps
