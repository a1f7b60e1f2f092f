"""History is witnessed, never refused; an open case out of it goes on under our rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.case.case import Case, CaseFact
from domain.case.reassign import CaseReassigned, ReassignCase
from domain.case.reopen import ReopenCase
from domain.case.reply import ReplyToCase
from domain.case.urge import CustomerUrged, UrgeCase
from domain.case.witness import (
    CaseWitnessed,
    StepWitnessed,
    deviation,
    witness_case,
    witness_step,
)
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    DISPATCHER,
    HANDLER,
    SUPERVISOR,
    by,
    given,
    policy,
    text,
    told,
)

RULES = policy()
TOLD = CaseWitnessed(
    number="1-364285768",
    source="bpi2013",
    source_id="1-364285768",
    business_type="fault_repair",
    channel="other",
    holder_unit="V30",
    holder_person="Frederic",
    attributes={"product": "PROD582"},
)
Row = tuple[StepWitnessed, str | None]  # and the action that it stands for
ROWS: tuple[Row, ...] = (
    (
        StepWitnessed(row=1, activity="Accepted/In Progress", stage="handling", unit="V30"),
        None,
    ),
    (
        StepWitnessed(
            row=2,
            activity="Queued/Awaiting Assignment",
            stage="dispatched",
            unit="V5 3rd",
            line="L3",
        ),
        "reassign",
    ),
    (
        StepWitnessed(
            row=3,
            activity="Accepted/In Progress",
            stage="handling",
            unit="V5 3rd",
            person="Anne Claire",
            line="L3",
            attributes={"impact": "Medium"},
        ),
        "accept",
    ),
)


def history(*rows: Row) -> tuple[CaseFact, ...]:
    """The facts of a case in the source, as an import tells them."""
    begun = witness_case(TOLD, RULES)
    facts: list[CaseFact] = [begun]
    previous = begun.stage
    for row, action in rows:
        step = witness_step(row, previous, action, RULES)
        facts.append(step)
        previous = step.stage
    return tuple(facts)


def test_a_witnessed_fact_says_whether_the_stage_after_it_is_terminal() -> None:
    closing = StepWitnessed(row=1, activity="Completed", stage="closed", unit="V30")
    begun, step = history((closing, None))
    assert (begun.terminal, step.terminal) == (False, True)
    assert witness_case(replace(TOLD, stage="closed"), RULES).terminal


def test_a_case_begins_where_the_source_says_and_keeps_its_name_there() -> None:
    assert witness_case(TOLD, RULES) == CaseWitnessed(
        stage="received",
        number="1-364285768",
        source="bpi2013",
        source_id="1-364285768",
        business_type="fault_repair",
        channel="other",
        holder_unit="V30",
        holder_person="Frederic",
        attributes={"product": "PROD582"},
    )


def test_a_row_keeps_its_own_words_beside_ours() -> None:
    row, action = ROWS[2]
    assert witness_step(row, "dispatched", action, RULES) == StepWitnessed(
        stage="handling",
        row=3,
        activity="Accepted/In Progress",
        unit="V5 3rd",
        person="Anne Claire",
        line="L3",
        attributes={"impact": "Medium"},
    )


def test_a_case_without_a_unit_is_held_by_the_hotline() -> None:
    nowhere = StepWitnessed(row=1, activity="?", stage="received", unit="")
    assert witness_step(nowhere, "received", None, RULES).unit == "95598"
    assert witness_case(replace(TOLD, holder_unit=""), RULES).holder_unit == "95598"


def test_the_case_is_with_whoever_the_last_row_names() -> None:
    case = given(*history(*ROWS)).case
    assert (case.stage, case.holder_unit, case.holder_person) == (
        "handling",
        "V5 3rd",
        "Anne Claire",
    )
    assert case.units == ["V30", "V5 3rd"]
    assert (case.witnessed_row, case.line, case.deviations) == (3, "L3", 1)
    assert (case.source, case.source_id) == ("bpi2013", "1-364285768")


@pytest.mark.parametrize(
    ("previous", "action", "stage", "expected"),
    [
        ("received", "dispatch", "dispatched", None),
        ("handling", None, "handling", None),
        ("received", None, "dispatched", None),
        ("closed", "accept", "handling", "closed -accept-> handling"),
        ("received", "dispatch", "handling", "received -dispatch-> handling"),
        ("closed", None, "handling", "closed --> handling"),
        ("nowhere", None, "handling", "nowhere --> handling"),
    ],
)
def test_a_deviation_names_the_move_that_the_workflow_lacks(
    previous: str, action: str | None, stage: str, expected: str | None
) -> None:
    assert deviation(RULES, previous, action, stage) == expected


def test_an_open_case_of_history_goes_on_under_our_rules() -> None:
    start = given(*history(*ROWS))
    start.when(by(AGENT, UrgeCase)).then(CustomerUrged(times=1))
    here = by(DISPATCHER, ReassignCase, unit="bailu-east", reason="wrong_unit")
    moved = CaseReassigned(from_unit="V5 3rd", to_unit="bailu-east", reason="wrong_unit")
    case = start.when(here).then(moved)
    assert case.units == ["V30", "V5 3rd", "bailu-east"]
    body = {name: text(name) for name in ("cause", "measures", "answer")}
    asked = by(HANDLER, ReplyToCase, **body, responsibility="company")
    start.when(asked).then_refused("no_such_case")


def test_what_was_done_elsewhere_is_nobodys_act_here() -> None:
    start = given(*history(*ROWS))
    assert start.case.acted_at is None
    here = by(DISPATCHER, ReassignCase, unit="bailu-east", reason="wrong_unit")
    moved = start.when(here).then_stage("dispatched")
    assert moved.acted_at == here.at


def test_a_closed_case_of_history_is_reopened() -> None:
    done = StepWitnessed(row=4, activity="Completed/Closed", stage="closed", unit="V5 3rd")
    start = given(*history(*ROWS, (done, None)))
    asked = by(SUPERVISOR, ReopenCase, reason="not_done")
    assert start.when(asked).then_stage("received").holder_unit == "95598"


def test_who_handled_it_then_does_not_judge_it_now() -> None:
    assert given(*history(*ROWS)).case.handled_by == ["Anne Claire"]


STAGES = [*sorted(RULES.states), "a state we never had"]
SAID = st.builds(
    StepWitnessed,
    row=st.integers(1, 1000),
    activity=st.text(max_size=8),
    stage=st.sampled_from(STAGES),
    unit=st.text(max_size=3),
    person=st.none() | st.text(max_size=3),
    line=st.none() | st.sampled_from(["L1", "L2", "L3"]),
    attributes=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
)
ACTION = st.none() | st.sampled_from(sorted(RULES.actions)) | st.text(max_size=4)


@for_all(st.lists(st.tuples(SAID, ACTION), max_size=12))
def test_whatever_history_says_it_is_never_refused(rows: list[Row]) -> None:
    facts = history(*rows)
    case = told(CASE_ID, facts, RULES)
    assert isinstance(case, Case)
    assert case.version == len(rows) + 1
    assert case.stage == (rows[-1][0].stage if rows else "received")
    assert case.holder_unit == (rows[-1][0].unit or "95598" if rows else "V30")
    flagged = [fact for fact in facts[1:] if getattr(fact, "deviation", None)]
    assert case.deviations == len(flagged)
