"""A case counts how often it was sent back exactly as the hand-overs view counts it."""

from __future__ import annotations

from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackPlanned
from domain.case.case import Case, CaseFact
from domain.case.dispatch import CaseDispatched
from domain.case.handover import HandoverAccepted
from domain.case.merge import CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.witness import CaseWitnessed, StepWitnessed
from projections.handovers import HANDOVERS
from tests.projections.telling import in_stream, row
from tests.support.scenario import AGENT, CASE_ID, later
from tests.support.story import happened, received

UNITS = ("95598", "bailu", "bailu-east")
WITNESSED = CaseWitnessed(
    number="1",
    source="old",
    source_id="1",
    business_type="complaint",
    channel="95598",
    holder_unit="95598",
)


def told(kind: type[CaseFact], to_unit: str) -> CaseFact:
    """The case comes to a unit, in one of all the ways in which it can."""
    facts: dict[type[CaseFact], CaseFact] = {
        CaseDispatched: CaseDispatched(from_unit="?", to_unit=to_unit),
        CaseReassigned: CaseReassigned(from_unit="?", to_unit=to_unit, reason="x"),
        ReturnDecided: ReturnDecided(approved=True, from_unit="?", to_unit=to_unit),
        HandoverAccepted: HandoverAccepted(
            from_unit="?", from_person=None, to_unit=to_unit, to_person="ran"
        ),
        CallbackPlanned: CallbackPlanned(
            planned_for=later(), from_unit="?", to_unit=to_unit
        ),
        CaseReopened: CaseReopened(
            from_stage="closed", to_unit=to_unit, rehandling=False, reason="x"
        ),
        CaseUnmerged: CaseUnmerged(was_in=None, to_unit=to_unit, reason="x"),
        CaseAccepted: CaseAccepted(unit=to_unit, person="ran"),
    }
    return happened("handling", AGENT, facts[kind])


WAYS = st.sampled_from(
    [
        CaseDispatched,
        CaseReassigned,
        ReturnDecided,
        HandoverAccepted,
        CallbackPlanned,
        CaseReopened,
        CaseUnmerged,
        CaseAccepted,
    ]
)
WALKS = st.lists(st.tuples(WAYS, st.sampled_from(UNITS)), max_size=25)


def sent_back(facts: list[CaseFact]) -> tuple[int, int]:
    """How often it was sent back: as the case has it, and as the view has it."""
    stream = in_stream(CASE_ID, facts)
    case: Case = reduce(lambda found, fact: fact.mutate(found), stream, None)
    return case.pingpongs, row(HANDOVERS, *stream).pingpong


@settings(deadline=None)
@given(WALKS)
def test_whatever_way_it_goes(walk: list[tuple[type[CaseFact], str]]) -> None:
    ours, views = sent_back([received(), *(told(kind, unit) for kind, unit in walk)])
    assert ours == views


@settings(deadline=None)
@given(st.lists(st.sampled_from(UNITS), max_size=25))
def test_in_history_too(units: list[str]) -> None:
    rows = [
        happened("handling", AGENT, StepWitnessed(row=n, activity="x", unit=unit))
        for n, unit in enumerate(units, start=1)
    ]
    ours, views = sent_back([happened("received", AGENT, WITNESSED), *rows])
    assert ours == views
