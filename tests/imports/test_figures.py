"""Hand-over figures against their definitions, on any log that Hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api import policies
from api.imports.mapping import load
from api.imports.ordering import ordered
from api.imports.source import Row
from api.imports.steps import RowReader
from api.imports.witnessing import Standing, Witness
from api.stats import figures, listed
from domain.policy.policy import Policy
from projections.folding import fold_in_memory
from projections.handovers import HANDOVERS, Handovers
from projections.reading import Held
from store.log import Entry
from tests.imports.history import (
    DESK,
    SourceRow,
    cases_of,
    handovers,
    keyed,
    naive,
    pingpongs,
    pushed_to_front,
)

POLICY = Policy.from_document(policies.shipped()["sgcc-2022"])
MAPPING = load(DESK)
BEGUN = datetime(2026, 3, 2, tzinfo=UTC)

teams = st.sampled_from(["Desk", "Crew 2nd", "Plant 3rd", "Yard 2nd 3rd", "Office"])
statuses = st.sampled_from(
    ["Accepted/In Progress", "Accepted/Wait", "Queued/Awaiting", "Completed/Closed"]
)
logs = st.lists(st.tuples(st.sampled_from("abc"), statuses, teams), max_size=40)


def witnessed(rows: list[tuple[str, str, str]]) -> tuple[list[SourceRow], list[Entry]]:
    """The rows as the definitions see them, and the facts that an import makes of them."""
    reader = RowReader(MAPPING, POLICY.types, POLICY.channels, keyed)
    # Nothing is sealed here, so no vault is asked.
    witness = Witness(MAPPING, cast("Any", None), POLICY, lambda _: POLICY)
    plain: list[SourceRow] = []
    entries: list[Entry] = []
    with ordered("file") as steps:
        for n, (case, status, team) in enumerate(rows):
            state, _, detail = status.partition("/")
            plain.append(SourceRow(case, n, state, team))
            values = {"ticket": case, "row": str(n), "state": state, "detail": detail}
            values |= {"team": team, "when": f"{BEGUN + timedelta(hours=n):%Y-%m-%d %H:%M}"}
            found = reader.read(Row(n, values))
            assert isinstance(found, list)
            steps.add(found)
        stands: dict[UUID, Standing] = {}
        for step in steps:
            case_id = witness.case_id(step)
            for fact in witness.tell(step, case_id, UUID(int=0), stands.get(case_id)):
                entries.append(Entry(len(entries) + 1, BEGUN, fact))
                stands[case_id] = Standing.after(fact)
    return plain, entries


def view_of(entries: list[Entry]) -> Handovers:
    return Handovers(Held(fold_in_memory([HANDOVERS], entries)))


@given(logs)
def test_the_figures_are_what_their_definitions_say(
    rows: list[tuple[str, str, str]],
) -> None:
    plain, entries = witnessed(rows)
    found = figures(view_of(entries), "desk")
    expected = naive(plain)
    assert {name: found[name] for name in expected} == expected
    per_case = found["handovers_per_case"]
    assert per_case == (round(found["handovers"] / found["cases"], 3) if plain else None)


@given(logs)
def test_a_list_is_exactly_what_its_number_counts(rows: list[tuple[str, str, str]]) -> None:
    plain, entries = witnessed(rows)
    view = view_of(entries)
    cases = cases_of(plain)

    def occurrences(name: str) -> list[tuple[str, int, str, str]]:
        return [(o["case"], o["seq"], o["from"], o["to"]) for o in listed(view, name)]

    assert occurrences("handovers") == [hop for case in cases for hop in handovers(case)]
    assert occurrences("pingpong") == [hop for case in cases for hop in pingpongs(case)]
    assert list(listed(view, "cases")) == [case[0].case for case in cases]
    assert list(listed(view, "cases_with_handover")) == [
        case[0].case for case in cases if handovers(case)
    ]
    assert list(listed(view, "pingpong_cases")) == [
        case[0].case for case in cases if pingpongs(case)
    ]
    assert list(listed(view, "push_to_front")) == [
        case[0].case for case in cases if pushed_to_front(case)
    ]


@given(logs)
def test_no_row_is_lost_and_none_is_made_up(rows: list[tuple[str, str, str]]) -> None:
    plain, entries = witnessed(rows)
    steps = [vars(e.fact) for e in entries if "row" in vars(e.fact)]
    assert sorted(step["row"] for step in steps) == [row.seq for row in plain]
    assert len(entries) == len(rows) + len(cases_of(plain))
