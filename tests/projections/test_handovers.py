"""Hand-overs: hops, ping-pong, reopening, push to front and dwell, by the exact rules."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.accept import CaseAccepted
from domain.case.handover import HandoverAccepted
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.fact import Fact
from projections.folding import Folded, fold_in_memory
from projections.handovers import (
    HANDOVERS,
    HandoverRow,
    Handovers,
)
from projections.hops import HOPS, HopRow
from projections.reading import Held
from tests.projections import telling
from tests.projections.telling import at, logged, minutes, versioned
from tests.support.scenario import CASE_ID, DISPATCHER, HANDLER, MONDAY
from tests.support.story import (
    ACCEPTED,
    CALLBACK,
    CLOSED,
    DISPATCH,
    DISPATCHED,
    HANDLING,
    RETURNED,
    called_back,
    happened,
    received,
)
from tests.tiers import SHARED_DATA


def handovers(*facts: Fact) -> HandoverRow:
    row: HandoverRow = telling.row(HANDOVERS, *facts)
    return row


def hops_of(found: Folded) -> list[HopRow]:
    return Held(found).select(HOPS.table)


def sent(unit: str, layers: int | None = None) -> Fact:
    fact = CaseReassigned(from_unit="?", to_unit=unit, reason="wrong_area", layers=layers)
    return happened("dispatched", DISPATCHER, fact)


# Live cases ------------------------------------------------------------------------------


def test_a_case_that_stays_where_it_was_received_has_no_hop() -> None:
    row = handovers(received())
    assert (row.unit, row.hops, row.pingpong, row.push_to_front) == ("95598", 0, 0, None)


def test_dispatching_reassigning_and_taking_over_are_hops() -> None:
    taken = HandoverAccepted(
        from_unit="bailu", from_person="lan", to_unit="xishi-town", to_person="tan"
    )
    row = handovers(*DISPATCH, sent("bailu"), happened("handling", HANDLER, taken))
    assert (row.hops, row.pingpong, row.unit) == (3, 0, "xishi-town")


def test_a_return_that_is_agreed_to_sends_the_case_back_to_where_it_came_from() -> None:
    agreed = ReturnDecided(approved=True, from_unit="bailu-east", to_unit="95598")
    row = handovers(*HANDLING, RETURNED, happened("received", DISPATCHER, agreed))
    assert (row.hops, row.pingpong) == (2, 1)


def test_a_return_that_is_refused_changes_nothing() -> None:
    refused = ReturnDecided(approved=False, from_unit="bailu-east", to_unit="bailu-east")
    row = handovers(*HANDLING, RETURNED, happened("dispatched", DISPATCHER, refused))
    assert (row.hops, row.pingpong) == (1, 0)


def test_the_way_home_to_the_callback_is_neither_a_hop_nor_a_return() -> None:
    row = handovers(*CALLBACK)
    assert (row.unit, row.hops, row.pingpong) == ("95598", 1, 0)


def test_a_new_round_goes_to_the_unit_again_without_being_a_return() -> None:
    again = CaseReopened(
        from_stage="callback", to_unit="bailu-east", rehandling=True, reason="unsolved"
    )
    row = handovers(*CALLBACK, called_back(), happened("handling", DISPATCHER, again))
    assert (row.hops, row.pingpong, row.reopened) == (1, 0, 1)


def test_accepting_for_a_unit_that_was_merged_moves_nothing() -> None:
    accepted = CaseAccepted(unit="bailu", person="lan")
    row = handovers(*DISPATCH, happened("handling", HANDLER, accepted))
    assert (row.unit, row.hops) == ("bailu", 1)


def test_time_lies_with_the_unit_that_has_the_case_and_stops_when_it_is_done() -> None:
    facts = (
        at(minutes(0), received()),
        at(minutes(10), DISPATCHED),
        at(minutes(15), ACCEPTED),
        at(minutes(40), sent("95598")),
    )
    row = handovers(*facts)
    assert row.dwell == {"95598": 600.0, "bailu-east": 1800.0}
    done = handovers(*facts, at(minutes(50), CLOSED))
    assert done.dwell == {"95598": 1200.0, "bailu-east": 1800.0}


def test_time_stops_at_an_end_of_any_name_and_runs_on_from_where_it_goes_on() -> None:
    ended = CaseReassigned(from_unit="?", to_unit="95598", reason="wrong_area")
    facts = (
        at(minutes(0), received()),
        at(minutes(10), ended.stamped(stage="on-file", terminal=True)),
        at(minutes(60), ended.stamped(stage="received")),
        at(minutes(65), DISPATCHED),
    )
    assert handovers(*facts).dwell == {"95598": 900.0}


def test_layers_are_added_up_over_the_hops_as_their_facts_say() -> None:
    refused = ReturnDecided(
        approved=False, from_unit="bailu-east", to_unit="bailu-east", layers=7
    )
    facts = (*HANDLING, sent("bailu", 1), sent("xishi", 3), sent("nowhere"))
    folded = telling.folded(HANDOVERS, *HANDLING, RETURNED, refused, *facts[-3:])
    assert [hop.layers for hop in hops_of(folded)] == [None, 1, 3, None]
    assert Handovers(Held(folded)).layers() == (4, 3)
    row = handovers(*facts)
    assert (row.hops, row.layers, row.layers_max) == (4, 4, 3)
    nothing = fold_in_memory([HANDOVERS], [])
    assert Handovers(Held(nothing)).layers() == (0, 0)


def test_dwell_adds_up_over_cases_and_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.handovers.PAGE", 2)
    told = [(n, at(minutes(0), received())) for n in range(5)]
    told += [(n, at(minutes(n), DISPATCHED)) for n in range(5)]
    told += [(4, at(minutes(64), sent("95598")))]
    found = Handovers(Held(fold_in_memory([HANDOVERS], logged(versioned(told)))))
    assert list(found.dwell().items()) == [("bailu-east", 3600.0), ("95598", 600.0)]
    assert found.dwell("another") == {}


# Witnessed history -----------------------------------------------------------------------

Step = tuple[str, str, str]  # unit, stage, line


def envelope(case_id: UUID, version: int) -> dict[str, Any]:
    return {
        "originator_id": case_id,
        "originator_version": version,
        "occurred_at": MONDAY,
    }


def history(steps: list[Step], case_id: UUID = CASE_ID) -> list[Fact]:
    """A case of another system: its beginning, then a fact a row."""
    begun = CaseWitnessed(
        **envelope(case_id, 1),
        number="1",
        source="log",
        source_id="1",
        business_type="complaint",
        channel="other",
        holder_unit="elsewhere",
        stage="received",
    )
    rows = [
        StepWitnessed(
            **envelope(case_id, n + 1),
            row=n,
            activity="x",
            unit=unit,
            stage=stage,
            terminal=stage == "closed",
            line=line,
        )
        for n, (unit, stage, line) in enumerate(steps, start=1)
    ]
    return [begun, *rows]


def of_units(units: str) -> HandoverRow:
    return handovers(*history([(unit, "handling", "L1") for unit in units]))


@pytest.mark.parametrize(
    ("units", "hops", "pingpong"),
    [
        ("A", 0, 0),
        ("AAA", 0, 0),
        ("AB", 1, 0),
        ("ABA", 2, 1),
        ("AABBA", 2, 1),
        ("ABAB", 3, 2),
        ("ABC", 2, 0),
        ("ABCA", 3, 0),
        ("ABACA", 4, 2),
    ],
)
def test_history_counts_hops_and_overlapping_returns(
    units: str, hops: int, pingpong: int
) -> None:
    row = of_units(units)
    assert (row.hops, row.pingpong, row.source_rows) == (hops, pingpong, len(units))


STEPS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.sampled_from(["handling", "closed", "suspended"]),
        st.sampled_from(["L1", "L2", "L3", "L2L3"]),
    ),
    min_size=1,
    max_size=12,
)
BAD_PAIRS = {("L2", "L1"), ("L3", "L2"), ("L3", "L1"), ("L1", "L3")}


@given(STEPS)
def test_any_history_is_counted_as_the_definitions_say(steps: list[Step]) -> None:
    row = handovers(*history(steps))
    units = [unit for unit, _, _ in steps]
    stages = [stage for _, stage, _ in steps]
    lines = [line for _, _, line in steps]
    runs = [unit for unit, _ in groupby(units)]
    assert row.hops == sum(a != b for a, b in pairwise(units))
    assert row.pingpong == sum(runs[i] == runs[i + 2] for i in range(len(runs) - 2))
    assert row.reopened == sum(a == "closed" != b for a, b in pairwise(stages))
    assert row.push_to_front == (
        lines[0] != "L1" or any(pair in BAD_PAIRS for pair in pairwise(lines))
    )


@given(STEPS)
def test_each_hop_is_a_row_with_the_source_row_it_came_to_light_in(
    steps: list[Step],
) -> None:
    folded = telling.folded(HANDOVERS, *history(steps))
    found = Handovers(Held(folded))
    units = [unit for unit, _, _ in steps]
    expected = [(n, a, b) for n, (a, b) in enumerate(pairwise(units), start=2) if a != b]
    hops = hops_of(folded)
    assert [(hop.seq, hop.from_unit, hop.to_unit) for hop in hops] == expected
    assert [hop.n for hop in hops] == list(range(1, len(hops) + 1))
    stats = found.stats("log")
    assert stats["handovers"] == len(found.listed("handovers", "log")) == len(hops)
    assert (
        stats["pingpong"] == len(found.listed("pingpong")) == sum(h.pingpong for h in hops)
    )
    for number in ("cases", "cases_with_handover", "pingpong_cases", "reopened"):
        assert stats[number] == len(found.listed(number))


def test_a_clock_that_runs_backwards_never_takes_time_away() -> None:
    steps = history([("A", "handling", "L1"), ("B", "handling", "L1")])
    row = handovers(steps[0], at(minutes(10), steps[1]), at(minutes(5), steps[2]))
    assert row.dwell == {"A": 0.0}


def test_numbers_of_one_log_leave_the_others_out() -> None:
    found = Handovers(Held(telling.folded(HANDOVERS, *history([("A", "closed", "L1")]))))
    assert found.stats("log")["cases"] == 1
    assert found.stats("another")["cases"] == 0
    with pytest.raises(KeyError):
        found.listed("source_rows")


# The BPI Challenge 2013 ------------------------------------------------------------------


def incidents(file: Path) -> Iterator[Fact]:
    """The rows of the shared log as the facts that an import makes of them."""
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        rows = sorted(csv.DictReader(opened), key=lambda r: (r["case_id"], int(r["seq"])))
    for case, its_rows in groupby(rows, key=lambda row: row["case_id"]):
        steps = [
            (
                row["support_team"],
                "closed" if row["status"] == "Completed" else "handling",
                "L2" * ("2nd" in row["support_team"])
                + "L3" * ("3rd" in row["support_team"])
                or "L1",
            )
            for row in its_rows
        ]
        yield from history(steps, uuid5(CASE_ID, case))


@pytest.mark.shared_data
def test_the_figures_of_the_bpi_challenge_2013_come_out() -> None:
    file = SHARED_DATA / "bpic2013_incidents.csv.gz"
    folded = fold_in_memory([HANDOVERS], logged(incidents(file)))
    assert not folded.parked
    assert Handovers(Held(folded)).stats() == {
        "cases": 7_554,
        "source_rows": 65_533,
        "cases_with_handover": 3_820,
        "handovers": 9_454,
        "pingpong_cases": 1_177,
        "pingpong": 2_394,
        "reopened": 514,
        "reopened_times": 580,
        "push_to_front": 1_961,
    }
