"""Matters: what of a case counts together with others, when, and for which key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.handover import HandoverAccepted
from domain.case.identify import CustomerIdentified
from domain.case.merge import CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.fact import TIMEKEEPER, Actor, Fact
from domain.promise.climb import SignalRaised
from projections.check import check
from projections.engine import Engine
from projections.feeds import by_case
from projections.folding import fold_in_memory
from projections.handovers import HANDOVERS
from projections.hops import HOPS
from projections.matters import MATTERS
from projections.reading import Held
from projections.rebuild import make_ready
from projections.sightings import (
    SEEN_BY,
    SIGHTINGS,
    SightingRow,
    cases_of,
    key_of,
    of_pair,
    of_region,
)
from store import Store
from tests.projections.telling import (
    at,
    in_stream,
    logged,
    minutes,
    record,
    stream,
    versioned,
)
from tests.support.scenario import CASE_ID, CUSTOMER, DISPATCHER, HANDLER, MONDAY, text
from tests.support.story import (
    ACCEPTED,
    CALLBACK,
    DISPATCHED,
    HANDLING,
    RETURNED,
    happened,
    received,
)

OTHER = UUID("0c5e0000-0000-4000-8000-00000000c058")
COUNTY = Actor(person="lan", role="leader", unit="bailu")


def commanded(*facts: Fact) -> list[Fact]:
    """Facts of one case, each of a command of its own."""
    return [
        fact.stamped(command_id=uuid5(CASE_ID, f"command {fact.originator_version}"))
        for fact in in_stream(CASE_ID, facts)
    ]


def seen(*facts: Fact) -> list[SightingRow]:
    """What facts of one case let see, in order."""
    folded = fold_in_memory([MATTERS], logged(commanded(*facts)))
    assert not folded.parked
    return sorted(Held(folded).select(SIGHTINGS.table), key=lambda s: (s.position, s.n))


def of_kind(kind: str, *facts: Fact) -> list[tuple[str, datetime]]:
    return [(s.key, s.at) for s in seen(*facts) if s.kind == kind]


def sent(unit: str) -> Fact:
    fact = CaseReassigned(from_unit="?", to_unit=unit, reason="wrong_area")
    return happened("dispatched", DISPATCHER, fact)


def dispatched(unit: str) -> Fact:
    return DISPATCHED.stamped(to_unit=unit)


# Placed ----------------------------------------------------------------------------------


def test_a_case_is_placed_where_it_is_first_dispatched_to_at_the_time_of_its_receipt() -> (
    None
):
    facts = (at(minutes(0), received()), at(minutes(9), DISPATCHED), sent("bailu"))
    assert of_kind("placed", *facts) == [(of_region("bailu-east", "complaint"), MONDAY)]


def test_it_is_placed_under_its_category_where_it_has_one_then() -> None:
    classified = happened("received", DISPATCHER, CaseClassified(category="supply.voltage"))
    corrected = happened(
        "dispatched",
        HANDLER,
        CaseReclassified(
            from_category="supply.voltage",
            category="meter.wrong",
            from_business_type="complaint",
            business_type="report",
            reason="other",
        ),
    )
    region = of_region("bailu-east", "supply.voltage")
    assert of_kind("placed", received(), classified, DISPATCHED, corrected) == [
        (region, MONDAY)
    ]
    assert of_kind("placed", received(), classified, corrected, DISPATCHED) == [
        (of_region("bailu-east", "meter.wrong"), MONDAY)
    ]


def test_a_case_that_its_own_unit_takes_up_is_placed_there_and_again_when_sent_out() -> (
    None
):
    facts = (received(), dispatched("95598"), dispatched("bailu"), sent("xishi"))
    assert [key for key, _ in of_kind("placed", *facts)] == [
        of_region("95598", "complaint"),
        of_region("bailu", "complaint"),
    ]


def test_a_hand_over_out_of_the_centre_places_a_case_too() -> None:
    taken = HandoverAccepted(
        from_unit="95598", from_person="dan", to_unit="bailu", to_person="lan"
    )
    assert of_kind("placed", received(), happened("handling", COUNTY, taken)) == [
        (of_region("bailu", "complaint"), MONDAY)
    ]


def test_a_new_round_places_nothing_again() -> None:
    again = CaseReopened(
        from_stage="callback", to_unit="bailu", rehandling=True, reason="unsolved"
    )
    facts = (*CALLBACK, happened("handling", DISPATCHER, again), sent("xishi"))
    assert len(of_kind("placed", *facts)) == 1


# Callers and topics ----------------------------------------------------------------------


def test_the_customer_is_seen_once_a_case_at_the_time_of_the_call() -> None:
    late = at(minutes(90), CustomerIdentified(customer=CUSTOMER, name=text("王*")))
    assert of_kind("caller", received(), late) == [(str(CUSTOMER), MONDAY)]


def test_whoever_is_identified_later_called_when_the_case_was_received() -> None:
    nobody = received(anonymous=True).stamped(customer=None)
    late = at(minutes(90), CustomerIdentified(customer=CUSTOMER, phone=text("138")))
    other = at(minutes(95), CustomerIdentified(customer=OTHER, phone=text("139")))
    assert of_kind("caller", nobody) == []
    assert of_kind("caller", nobody, late, other) == [
        (str(CUSTOMER), MONDAY),
        (str(OTHER), MONDAY),
    ]


def test_each_topic_of_the_text_is_seen_once() -> None:
    told = received().stamped(topics=("outage", "voltage", "outage"))
    assert of_kind("topic", told) == [("outage", MONDAY), ("voltage", MONDAY)]


# Sent back, stalled, acted ---------------------------------------------------------------


def test_what_goes_back_to_where_it_came_from_was_sent_back_between_the_two() -> None:
    back = at(minutes(5), sent("95598"))
    [one] = [s for s in seen(received(), DISPATCHED, back) if s.kind == "sent_back"]
    assert (one.key, one.at) == (of_pair("95598", "bailu-east"), minutes(5))
    assert (one.unit, one.other_unit) == ("bailu-east", "95598")
    there_again = (received(), DISPATCHED, back, sent("bailu-east"))
    assert [s.unit for s in seen(*there_again) if s.kind == "sent_back"] == [
        "bailu-east",
        "95598",
    ]


def test_a_return_counts_when_it_is_agreed_to() -> None:
    agreed = ReturnDecided(approved=True, from_unit="bailu-east", to_unit="95598")
    asked = (*HANDLING, RETURNED)
    assert of_kind("sent_back", *asked) == []
    assert len(of_kind("sent_back", *asked, happened("received", DISPATCHER, agreed))) == 1


ANY_WAY = st.lists(
    st.one_of(
        st.sampled_from(["bailu", "xishi", "bailu-east"]).map(sent),
        st.sampled_from(["bailu", "xishi"]).map(dispatched),
        st.just(CALLBACK[-1]),
        st.just(ACCEPTED),
        st.just(
            happened(
                "received",
                DISPATCHER,
                CaseUnmerged(was_in=None, to_unit="95598", reason="other"),
            )
        ),
    ),
    max_size=12,
)


@given(ANY_WAY)
def test_what_is_sent_back_is_what_the_hand_overs_count_as_ping_pong(
    facts: list[Fact],
) -> None:
    entries = logged(commanded(received(), *facts))
    hops = Held(fold_in_memory([HANDOVERS], entries)).select(HOPS.table)
    ours = [s for s in seen(received(), *facts) if s.kind == "sent_back"]
    assert [(s.unit, s.other_unit) for s in ours] == [
        (hop.from_unit, hop.to_unit) for hop in hops if hop.pingpong
    ]


def test_a_stall_is_of_the_unit_that_has_the_case_then_at_its_true_time() -> None:
    stalled = SignalRaised(signal="stall", times=1, climb="stall:1", since=minutes(30))
    other = SignalRaised(signal="returns", times=3, climb="returns:1", since=minutes(30))
    facts = [
        happened("handling", TIMEKEEPER, fact).stamped(occurred_at=minutes(99))
        for fact in (stalled, other)
    ]
    assert of_kind("stalled", *HANDLING, *facts) == [("bailu-east", minutes(30))]


def test_whoever_acts_is_seen_once_a_command_and_time_is_nobody() -> None:
    first, *rest = in_stream(CASE_ID, [received(), DISPATCHED, ACCEPTED, ACCEPTED])
    one = uuid5(CASE_ID, "one"), uuid5(CASE_ID, "two"), uuid5(CASE_ID, "three")
    facts = [
        first.stamped(command_id=one[0]),
        rest[0].stamped(command_id=one[0], actor=TIMEKEEPER),
        rest[1].stamped(command_id=one[1], occurred_at=minutes(3)),
        rest[2].stamped(command_id=one[1], occurred_at=minutes(3)),
    ]
    found = Held(fold_in_memory([MATTERS], logged(facts))).select(SIGHTINGS.table)
    acts = [(s.key, s.at) for s in found if s.kind == "acted"]
    assert acts == [("95598", MONDAY), ("bailu-east", minutes(3))]


def test_history_of_another_system_lets_nothing_be_seen_until_somebody_goes_on() -> None:
    told = CaseWitnessed(
        number="1",
        source="old",
        source_id="1",
        business_type="complaint",
        channel="95598",
        holder_unit="95598",
        customer=CUSTOMER,
        stage="received",
    )
    steps = [
        StepWitnessed(row=n, activity="x", unit=unit, stage="handling")
        for n, unit in enumerate(("A", "B", "A"), start=1)
    ]
    assert seen(told, *steps) == []
    back = seen(told, *steps, sent("B"))
    assert [(s.kind, s.key) for s in back] == [
        ("sent_back", of_pair("A", "B")),
        ("acted", "95598"),
    ]


# As a view -------------------------------------------------------------------------------


def test_it_can_be_fed_in_any_order_of_cases() -> None:
    assert by_case(MATTERS)


@pytest.mark.parametrize(
    ("kind", "says", "key"),
    [
        ("surge", {"unit": "A", "category": "c"}, of_region("A", "c")),
        ("ping_pong", {"unit": "B", "other_unit": "A"}, of_pair("A", "B")),
        ("repeat_caller", {"customer": CUSTOMER}, str(CUSTOMER)),
        ("topic_surge", {"topic": "outage"}, "outage"),
        ("stall", {"unit": "A"}, "A"),
        ("silence", {"unit": "A"}, "A"),
    ],
)
def test_what_an_alert_says_gives_its_key(
    kind: str, says: dict[str, Any], key: str
) -> None:
    assert kind in SEEN_BY
    assert key_of(kind, **says) == key


def test_the_cases_of_an_alert_are_those_it_counts_in_the_order_of_time(
    store: Store,
) -> None:
    told = [(n, at(minutes(60 - n), received())) for n in (1, 2, 3, 4)]
    told += [(n, DISPATCHED) for n in (1, 2, 3)] + [(4, sent("xishi"))]
    record(store, versioned(told))
    make_ready(store, [MATTERS])
    engine = Engine(store, [MATTERS])
    assert engine.position == store.log.head()
    engine.close()
    assert check(store, [MATTERS]).sound

    def of(since: float, until: float) -> list[UUID]:
        key = of_region("bailu-east", "complaint")
        return cases_of(store.pool, "surge", key, minutes(since), minutes(until))

    assert of(0, 60) == [stream(3), stream(2), stream(1)]
    assert of(58, 59) == [stream(2)]
    whole = timedelta(days=1)
    assert cases_of(store.pool, "repeat_caller", str(CUSTOMER), MONDAY, MONDAY + whole) == [
        stream(n) for n in (4, 3, 2, 1)
    ]
