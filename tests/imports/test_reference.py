"""The real log of domain.md D: its published figures, from its rows and from our views."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import datetime
from itertools import groupby
from statistics import fmean, median
from typing import Any

import pytest

from api.imports.batches import Summary
from api.stats import figures, listed
from consumers.follower import Follower
from domain.case.witness import StepWitnessed
from projections.check import check
from projections.handovers import Handovers
from projections.reading import Stored
from projections.views import VIEWS
from store import Store
from tests.imports.history import (
    Importing,
    SourceRow,
    cases_of,
    handovers,
    naive,
    pingpongs,
)
from tests.tiers import SHARED_DATA

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("uncounted"),
]

INCIDENTS = SHARED_DATA / "bpic2013_incidents.csv.gz"
KEPT = (
    "impact",
    "product",
    "function_division",
    "org_line",
    "org_country",
    "owner_country",
)
FIGURES = {
    "cases": 7554,
    "source_rows": 65533,
    "cases_with_handover": 3820,
    "handovers": 9454,
    "pingpong_cases": 1177,
    "pingpong": 2394,
    "reopened": 514,
    "reopened_times": 580,
    "push_to_front": 1961,
}


@pytest.fixture(scope="module")
def incidents() -> list[dict[str, str]]:
    with gzip.open(INCIDENTS, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def cases(incidents: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    key = lambda row: row["case_id"]  # noqa: E731
    ordered = sorted(incidents, key=lambda row: (row["case_id"], int(row["seq"])))
    return [list(case) for _, case in groupby(ordered, key=key)]


@pytest.fixture(scope="module")
def plain(incidents: list[dict[str, str]]) -> list[SourceRow]:
    return [
        SourceRow(r["case_id"], int(r["seq"]), r["status"], r["support_team"])
        for r in incidents
    ]


@pytest.fixture(scope="module")
def imported(module_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    importing = Importing(module_store, tmp_path_factory.mktemp("i") / "rejects.csv")
    summary = importing("bpi2013", INCIDENTS)
    Follower(module_store, VIEWS).catch_up()
    return summary


@pytest.fixture
def view(module_store: Store, imported: Summary) -> Handovers:
    return Handovers(Stored(module_store.pool))


def test_the_rows_themselves_give_the_published_figures(plain: list[SourceRow]) -> None:
    assert naive(plain) == FIGURES


def test_the_rest_of_the_reference_figures_hold(
    incidents: list[dict[str, str]], cases: list[list[dict[str, str]]]
) -> None:
    def different(column: str) -> int:
        return len({row[column] for row in incidents})

    lengths = [len(case) for case in cases]
    assert (min(lengths), median(lengths), max(lengths)) == (1, 6, 123)
    assert (different("product"), different("support_team")) == (704, 649)
    assert (different("org_line"), different("owner")) == (25, 1440)
    waits = [row for row in incidents if row["substatus"] == "Wait - User"]
    assert (len(waits), len({row["case_id"] for row in waits})) == (4217, 2495)
    first_line = [
        case
        for case in cases
        if not any("2nd" in r["support_team"] or "3rd" in r["support_team"] for r in case)
    ]
    assert len(first_line) == 4546
    assert Counter(case[-1]["impact"] for case in cases) == {
        "Medium": 4045,
        "Low": 3245,
        "High": 261,
        "Major": 3,
    }
    hours = [
        (
            datetime.fromisoformat(case[-1]["timestamp"])
            - datetime.fromisoformat(case[0]["timestamp"])
        ).total_seconds()
        / 3600
        for case in cases
    ]
    assert round(median(hours)) == 181
    assert round(fmean(hours) / 24, 1) == 12.1
    assert round(100 * sum(h > 240 for h in hours) / len(hours), 1) == 31.0


def test_the_views_count_the_published_figures(imported: Summary, view: Handovers) -> None:
    assert (imported.cases, imported.rows, imported.steps) == (7554, 65533, 65533)
    assert (imported.rejected, imported.facts) == (0, 65533 + 7554)
    found = figures(view)
    assert {name: found[name] for name in FIGURES} == FIGURES


def test_every_list_is_what_the_rows_say(plain: list[SourceRow], view: Handovers) -> None:
    told = cases_of(plain)
    hops = [hop for case in told for hop in handovers(case)]
    back = [hop for case in told for hop in pingpongs(case)]
    for name, expected in (("handovers", hops), ("pingpong", back)):
        found = [(o["case"], o["seq"], o["from"], o["to"]) for o in listed(view, name)]
        assert found == expected
    assert set(listed(view, "cases_with_handover")) == {hop[0] for hop in hops}
    assert set(listed(view, "pingpong_cases")) == {hop[0] for hop in back}
    assert len(list(listed(view, "reopened"))) == 514
    assert len(list(listed(view, "push_to_front"))) == 1961


def test_every_row_can_be_read_back_from_the_log(
    incidents: list[dict[str, str]], module_store: Store, imported: Summary
) -> None:
    by_row = {(row["case_id"], row["seq"]): row for row in incidents}
    names = {row["case_id"] for row in incidents}
    sources: dict[Any, str] = {}
    for entry in module_store.log.scan():
        fact = entry.fact
        if hasattr(fact, "source_id"):
            sources[fact.originator_id] = fact.source_id
            names.discard(fact.source_id)
        if not isinstance(fact, StepWitnessed):
            continue
        row = by_row.pop((sources[fact.originator_id], str(fact.row)))
        assert fact.occurred_at == datetime.fromisoformat(row["timestamp"])
        assert fact.activity == f"{row['status']}/{row['substatus']}"
        assert (fact.unit, fact.person) == (row["support_team"], row["owner"])
        kept = {name: row[name] for name in KEPT if row[name]}
        assert fact.attributes == kept
    assert not by_row
    assert not names


def test_the_views_hold_what_the_log_says(module_store: Store, imported: Summary) -> None:
    report = check(module_store, VIEWS)
    assert report.sound
    assert report.rows > 7554


@pytest.mark.parametrize(
    ("name", "file", "rows", "steps"),
    [
        ("cn-messages", "cn_gov_messages_replied_2816.csv.gz", 2816, 5632),
        pytest.param("cfpb", "cfpb_2015_sample.csv", 28156, 81778, marks=pytest.mark.long),
        ("bpi2013-problems", "bpic2013_closed_problems.xes.gz", 6660, 6660),
        ("xes-plain", "running-example.xes", 42, 42),
    ],
)
def test_the_other_logs_are_imported_whole(
    importing: Importing, name: str, file: str, rows: int, steps: int
) -> None:
    summary = importing(name, SHARED_DATA / file)
    assert (summary.rows, summary.steps, summary.rejected) == (rows, steps, 0)
    assert summary.facts == summary.steps + summary.cases
    assert importing(name, SHARED_DATA / file).facts == 0
