"""A case begins with what the agent knows at once, and no more than the caller wants."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.case.classify import CaseClassified
from domain.case.identify import CustomerIdentified
from domain.case.level import LevelAssessed
from domain.case.number import DIGITS, case_number
from domain.case.receive import CaseReceived, ReceiveCase
from domain.case.referral import ReferralReceived
from domain.fact import Actor
from tests.support.scenario import AGENT, CUSTOMER, HANDLER, MONDAY, by, given, text
from tests.support.story import NUMBER, RECEIPT

CALL = UUID("0c5e0000-0000-4000-8000-00000000ca11")


def test_a_complaint_is_held_by_the_unit_of_whoever_receives_it() -> None:
    case = (
        given()
        .when(by(AGENT, ReceiveCase, business_type="complaint", content=text("停电")))
        .then(
            CaseReceived(
                number=NUMBER,
                business_type="complaint",
                channel="95598",
                holder_unit="95598",
                holder_person="dan",
                content=text("停电"),
            )
        )
    )
    assert (case.stage, case.holder_unit, case.holder_person) == (
        "received",
        "95598",
        "dan",
    )
    assert case.policy == "sgcc-2022@3"
    assert case.received_at == MONDAY


def test_what_is_known_at_once_becomes_a_fact_of_its_own() -> None:
    knowing = by(
        AGENT,
        ReceiveCase,
        business_type="complaint",
        channel="12398",
        area="rural",
        customer=CUSTOMER,
        phone=text("138****5678"),
        call_id=CALL,
        category="supply_quality.voltage.low",
        level="important",
        referral_body="12398",
        referral_number="2026-0413",
        source="letter",
        source_id="17",
    )
    case = (
        given()
        .when(knowing)
        .then(
            CaseReceived(
                number=NUMBER,
                business_type="complaint",
                channel="12398",
                area="rural",
                holder_unit="95598",
                holder_person="dan",
                customer=CUSTOMER,
                call_id=CALL,
                source="letter",
                source_id="17",
            ),
            CustomerIdentified(customer=CUSTOMER, phone=text("138****5678")),
            CaseClassified(category="supply_quality.voltage.low"),
            LevelAssessed(level="important"),
            ReferralReceived(body="12398", number="2026-0413"),
        )
    )
    assert case.reachable
    assert case.referrals == ["12398 2026-0413"]
    assert (case.category, case.level, case.area) == (
        "supply_quality.voltage.low",
        "important",
        "rural",
    )


def test_an_anonymous_caller_leaves_no_particulars() -> None:
    asked = by(AGENT, ReceiveCase, business_type="report", anonymous=True)
    case = given().when(asked).then_stage("received")
    assert case.anonymous
    assert not case.reachable


def test_the_machine_receives_for_the_hotline_when_it_has_no_unit() -> None:
    machine = Actor(person="system", role="system")
    asked = by(machine, ReceiveCase, business_type="enquiry")
    assert given().when(asked).then_stage("received").holder_unit == "95598"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"business_type": "grievance"}, "unknown_type"),
        ({"business_type": "complaint", "channel": "telepathy"}, "unknown_channel"),
        ({"business_type": "complaint", "area": "moon"}, "unknown_area"),
        ({"business_type": "complaint", "category": "weather"}, "unknown_category"),
        ({"business_type": "complaint", "level": "apocalyptic"}, "unknown_level"),
        ({"business_type": "complaint", "referral_body": "nobody"}, "unknown_reason"),
        (
            {"business_type": "complaint", "category": "request.reconnection"},
            "category_of_other_type",
        ),
        (
            {"business_type": "complaint", "anonymous": True, "name": text("王**")},
            "anonymous_with_identity",
        ),
    ],
)
def test_what_the_policy_does_not_know_is_refused(
    body: dict[str, object], code: str
) -> None:
    given().when(by(AGENT, ReceiveCase, **body)).then_refused(code)


def test_a_handler_does_not_receive() -> None:
    asked = by(HANDLER, ReceiveCase, business_type="complaint")
    given().when(asked).then_refused("not_permitted")


def test_no_particulars_show_in_the_state() -> None:
    shown = repr(vars(given(*RECEIPT).case))
    assert "138****" not in shown
    assert "电压低" not in shown


@for_all(st.uuids(version=4), st.datetimes())
def test_a_case_number_is_short_and_sayable(case_id: UUID, at: object) -> None:
    day, left, right = case_number(case_id, at).split("-")  # type: ignore[arg-type]
    assert (len(day), len(left), len(right)) == (6, 4, 4)
    assert set(left + right) <= set(DIGITS)


@for_all(st.integers(0, 2**40 - 1), st.integers(0, 2**40 - 1))
def test_no_two_ids_that_differ_in_the_end_share_a_number(one: int, other: int) -> None:
    first, second = case_number(UUID(int=one), MONDAY), case_number(UUID(int=other), MONDAY)
    assert (first == second) == (one == other)


def test_what_the_text_is_about_is_on_record_by_the_codes_of_the_rules() -> None:
    wish = by(
        AGENT,
        ReceiveCase,
        business_type="complaint",
        content=text("停电"),
        topics=("outage", "of_other_rules", "meter_damage"),
    )
    received = given().when(wish).decide()[1][0]
    assert isinstance(received, CaseReceived)
    assert received.topics == ("outage", "meter_damage")
