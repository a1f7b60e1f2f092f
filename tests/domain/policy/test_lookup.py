"""Which row holds for a matter: the one that says most about it."""

from __future__ import annotations

import pytest

from api.policies import shipped
from domain.policy.lookup import Matter, assess, limit, route
from domain.policy.parse import parse
from domain.policy.policy import Policy
from tests.domain.policy.shaping import NAMED, small

SGCC = Policy.from_document(shipped()["sgcc-2022"])
CITY = Policy.from_document(shipped()["hotline-12345"])
COMPLAINT = Matter(business_type="complaint", area="urban", level="general")
FAULT = Matter(business_type="fault_repair", area="rural")


def code(step: str, matter: Matter, policy: Policy = SGCC) -> str | None:
    found = limit(policy, step, matter)
    return found.code if found else None


def test_a_complaint_is_dispatched_within_20_minutes_and_a_fault_within_2() -> None:
    assert code("dispatch", COMPLAINT) == "dispatch.general"
    assert code("dispatch", FAULT) == "dispatch.fault"


def test_a_rural_fault_has_90_minutes_and_an_urban_one_45() -> None:
    assert code("arrive", FAULT) == "arrive.rural"
    assert (
        code("arrive", Matter(business_type="fault_repair", area="urban")) == "arrive.urban"
    )


def test_no_row_fits_where_none_is_meant() -> None:
    assert code("arrive", COMPLAINT) is None
    assert code("restore", COMPLAINT) is None
    assert code("no_such_step", COMPLAINT) is None


def test_a_secret_complaint_is_not_contacted() -> None:
    assert code("contact", COMPLAINT) == "contact.complaint"
    secret = Matter(business_type="complaint", flags=frozenset({"secret"}))
    assert code("contact", secret) is None


def test_a_service_request_is_due_by_its_kind() -> None:
    other = Matter(business_type="service_request")
    anomaly = Matter(business_type="service_request", category="request.meter_anomaly")
    assert code("answer", other) == "answer.request.other"
    assert code("answer", anomaly) == "answer.request.meter_anomaly"


def test_a_fault_whose_area_nobody_knows_has_the_time_of_a_city() -> None:
    nowhere = Matter(business_type="fault_repair")
    assert code("arrive", nowhere) == "arrive.unknown"
    assert code("restore", nowhere) == "restore.other"


def referred(*bodies: str, channel: str = "95598") -> dict[str, str]:
    """The limits of a case that these bodies referred, by step."""
    matter = Matter(business_type="complaint", channel=channel, bodies=frozenset(bodies))
    steps = ("referral_12398", "referral_12345", "referral_other")
    found = {step: code(step, matter) for step in steps}
    return {step: limit for step, limit in found.items() if limit is not None}


def test_a_referral_is_due_by_who_referred_it_and_each_beside_the_others() -> None:
    assert referred() == {}
    assert referred("12398") == {"referral_12398": "referral.12398"}
    assert referred("media") == {"referral_other": "referral.other"}
    assert referred("12345", "petitions") == {
        "referral_12345": "referral.12345",
        "referral_other": "referral.other",
    }


def test_what_came_by_a_regulators_channel_was_referred_by_it() -> None:
    assert referred(channel="12398") == {"referral_12398": "referral.12398.channel"}
    assert referred("12345", channel="12345") == {"referral_12345": "referral.12345"}


def test_evidence_of_a_grave_case_is_kept_longer() -> None:
    kept = {each: code("keep_evidence", Matter(level=each)) for each in SGCC.levels}
    assert kept == {
        "general": "keep.general",
        "important": "keep.general",
        "major": "keep.special",
        "special": "keep.special",
    }


def test_a_critical_matter_of_a_city_is_dispatched_in_10_minutes() -> None:
    assert code("dispatch", Matter(level="critical"), CITY) == "dispatch.critical"
    assert code("dispatch", Matter(level="urgent"), CITY) == "dispatch.general"


@pytest.mark.parametrize(
    ("matter", "way", "direct"),
    [
        (COMPLAINT, "default", False),
        (FAULT, "fault", True),
        (Matter(business_type="service_request"), "request", True),
        (Matter(business_type="complaint", area="rural"), "rural", False),
        (Matter(business_type="report"), "report", True),
        (
            Matter(business_type="complaint", category="outage_restore.plan"),
            "outage",
            False,
        ),
        (
            Matter(business_type="complaint", category="outage_restore.repair.quality"),
            "repair",
            True,
        ),
        (
            Matter(business_type="complaint", category="business.charges.arbitrary"),
            "red_line_charges",
            True,
        ),
        (Matter(business_type="complaint", category="business.charges"), "default", False),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_matter_goes_its_way(matter: Matter, way: str, direct: bool) -> None:
    found = route(SGCC, matter)
    assert found is not None
    assert (found.code, found.direct) == (way, direct)


def test_without_a_routing_table_nothing_is_suggested() -> None:
    assert route(Policy.from_document(parse(small())), COMPLAINT) is None


@pytest.mark.parametrize(
    ("circumstances", "level"),
    [
        ({}, "general"),
        ({"repeats": 2}, "general"),
        ({"repeats": 3}, "important"),
        ({"channel": "12398"}, "important"),
        ({"channel": "95598"}, "general"),
        ({"forwarded_by": "province"}, "important"),
        ({"forwarded_by": "province", "collective": True}, "major"),
        ({"forwarded_by": "national"}, "major"),
        ({"forwarded_by": "national", "collective": True}, "special"),
        ({"supervised_by": "county"}, "important"),
        ({"supervised_by": "province"}, "special"),
        ({"media": "national", "repeats": 5}, "special"),
        ({"harm": True, "media": "city"}, "major"),
        ({"harm": "perhaps", "repeats": "often"}, "general"),
    ],
    ids=str,
)
def test_the_gravest_hit_makes_the_level(
    circumstances: dict[str, object], level: str
) -> None:
    assert assess(SGCC, circumstances).code == level


def test_every_row_of_the_decision_table_hits_when_all_it_asks_for_holds() -> None:
    for policy in (SGCC, CITY):
        for row in policy.criteria:
            known = {
                key.removesuffix("_min"): wanted[0] if isinstance(wanted, list) else wanted
                for key, wanted in row.when.items()
            }
            assert assess(policy, known).rank >= policy.level(row.level).rank, row.code


def test_of_two_rows_that_say_as_much_the_first_holds() -> None:
    row = NAMED | {"step": "answer", "value": 4, "unit": "wd", "clock": "step"}
    policy = Policy.from_document(parse(small() | {"limits": {"b": row, "a": row}}))
    found = limit(policy, "answer", COMPLAINT)
    assert found is not None
    assert found.code == "b"
