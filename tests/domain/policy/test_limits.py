"""Every time limit of the domain notes (A4, A5), profile by profile, with its source."""

from __future__ import annotations

import pytest

from api.policies import shipped
from domain.policy.policy import Policy

SGCC = Policy.from_document(shipped()["sgcc-2022"])
CITY = Policy.from_document(shipped()["hotline-12345"])
OLD = Policy.from_document(shipped()["sgcc-2011"])
CSG = Policy.from_document(shipped()["csg"])

# Limit, value, unit, clock, source (A4, A5).
SGCC_LIMITS = [
    ("answer_call.rings", 4, "rings", "measure", "P16"),
    ("answer_call.level", 20, "s", "measure", "U"),
    ("abandoned_after", 5, "s", "measure", "U"),
    ("dispatch.general", 20, "min", "step", "P8"),
    ("dispatch.fault", 2, "min", "step", "K"),
    ("accept.general", 2, "h", "step", "K"),
    ("accept.fault", 3, "min", "step", "K"),
    ("contact.complaint", 24, "h", "promise", "P1"),
    ("answer.complaint", 4, "wd", "step", "P1"),
    ("answer.report", 9, "wd", "step", "P1"),
    ("answer.opinion", 9, "wd", "step", "K"),
    ("answer.suggestion", 9, "wd", "step", "K"),
    ("answer.praise", 9, "wd", "step", "K"),
    ("answer.enquiry", 5, "wd", "step", "P10"),
    ("answer.request.other", 5, "wd", "step", "P9"),
    ("reply.reconnection", 1, "wd", "step", "P9"),
    ("reply.damage", 1, "wd", "step", "P9"),
    ("answer.request.meter_anomaly", 4, "wd", "step", "P9"),
    ("answer.request.reading_anomaly", 6, "wd", "step", "P9"),
    ("answer.request.charging", 2, "h", "step", "P9"),
    ("promise.answer", 5, "wd", "promise", "K"),
    ("referral.12398", 10, "wd", "outer", "P1"),
    ("referral.12398.channel", 10, "wd", "outer", "P1"),
    ("referral.12345", 7, "d", "outer", "P1"),
    ("referral.12345.channel", 7, "d", "outer", "P1"),
    ("referral.other", 10, "d", "outer", "P1"),
    ("arrive.urban", 45, "min", "promise", "P2"),
    ("arrive.rural", 90, "min", "promise", "P2"),
    ("arrive.remote", 2, "h", "promise", "P2"),
    ("arrive.unknown", 45, "min", "promise", "U"),
    ("restore.urban", 3, "h", "promise", "P2"),
    ("restore.rural", 4, "h", "promise", "P2"),
    ("restore.other", 4, "h", "promise", "U"),
    ("reconnect", 24, "h", "promise", "P9"),
    ("arrive.damage", 24, "h", "promise", "P9"),
    ("arrive.charging", 45, "min", "promise", "P9"),
    ("review", 1, "wd", "step", "K"),
    ("final_answer", 1, "wd", "step", "U"),
    ("callback", 1, "wd", "step", "K"),
    ("close", 1, "wd", "step", "U"),
    ("decide_return", 2, "h", "step", "U"),
    ("decide_suspension", 1, "wd", "step", "U"),
    ("decide_extension", 1, "wd", "step", "U"),
    ("handover", 2, "h", "step", "U"),
    ("supervision", 1, "wd", "step", "U"),
    ("escalation", 1, "wd", "step", "U"),
    ("appeal.file", 3, "wd", "published", "K"),
    ("appeal.decide", 3, "wd", "published", "K"),
    ("major.brief", 2, "h", "step", "U"),
    ("keep.general", 3, "y", "measure", "P7, K"),
    ("keep.special", 5, "y", "measure", "P7, K"),
    ("reliability.urban", 99.9, "%", "measure", "P2"),
    ("reliability.rural", 99.8, "%", "measure", "P2"),
    ("voltage.urban", 98.5, "%", "measure", "P2"),
    ("voltage.rural", 97.5, "%", "measure", "P2"),
    ("notice.planned", 7, "d", "published", "P2"),
    ("notice.interim", 24, "h", "published", "P2"),
    ("connect.low_voltage", 6, "wd", "published", "P2"),
    ("connect.high_single", 22, "wd", "published", "P2"),
    ("connect.high_double", 32, "wd", "published", "P2"),
    ("connect.resident", 5, "wd", "published", "P2"),
    ("meter.test", 5, "wd", "published", "P2"),
    ("meter.data", 5, "wd", "published", "P2"),
]
CITY_LIMITS = [
    ("answer_call.seconds", 15, "s", "measure", "P21"),
    ("connect_rate", 95, "%", "measure", "P21"),
    ("answer_message.sms", 3, "min", "published", "P21"),
    ("answer_message.mailbox", 24, "h", "published", "P21"),
    ("abandoned_after", 5, "s", "measure", "U"),
    ("dispatch.general", 30, "min", "step", "U"),
    ("dispatch.critical", 10, "min", "step", "U"),
    ("accept.general", 4, "h", "step", "U"),
    ("contact.general", 24, "h", "promise", "U"),
    ("promise.answer", 7, "d", "promise", "P1"),
    ("promise.enquiry", 1, "wd", "promise", "U"),
    ("promise.critical", 24, "h", "promise", "U"),
    ("answer.general", 5, "d", "step", "U"),
    ("answer.enquiry", 4, "h", "step", "U"),
    ("answer.critical", 16, "h", "step", "U"),
    ("review", 1, "wd", "step", "K"),
    ("callback", 1, "wd", "step", "K, P22"),
    ("final_answer", 1, "wd", "step", "U"),
    ("close", 1, "wd", "step", "U"),
    ("decide_return", 2, "h", "step", "U"),
    ("decide_extension", 1, "wd", "step", "U"),
    ("handover", 2, "h", "step", "U"),
    ("supervision", 1, "wd", "step", "U"),
    ("escalation", 1, "wd", "step", "U"),
    ("critical.brief", 2, "h", "step", "U"),
    ("referral.other", 10, "d", "outer", "U"),
]
OLD_LIMITS = [
    ("contact.complaint", 1, "wd", "promise", "P3, P6"),
    ("promise.answer", 7, "wd", "promise", "P3"),
    ("answer.complaint", 6, "wd", "step", "P6, K"),
    ("arrive.urban", 45, "min", "promise", "P3"),
    ("arrive.rural", 90, "min", "promise", "P3"),
    ("arrive.remote", 2, "h", "promise", "P3"),
    ("reconnect", 24, "h", "promise", "P3"),
    ("reliability.urban", 99.9, "%", "measure", "P3"),
    ("voltage.urban", 96, "%", "measure", "P3"),
    ("notice.planned", 7, "d", "published", "P3"),
    ("plan.resident", 3, "wd", "published", "P3"),
    ("plan.low_voltage", 7, "wd", "published", "P3"),
    ("plan.high_single", 15, "wd", "published", "P3"),
    ("plan.high_double", 30, "wd", "published", "P3"),
    ("connect.resident", 3, "wd", "published", "P3"),
    ("connect.other", 5, "wd", "published", "P3"),
    ("meter.test", 5, "wd", "published", "P3"),
    ("meter.data", 7, "wd", "published", "P3"),
]
CSG_LIMITS = [
    ("dispatch.major", 30, "min", "step", "P11"),
    ("accept.general", 12, "h", "step", "P13, U"),
    ("contact.complaint", 12, "h", "promise", "P13, U"),
    ("answer.complaint", 5, "wd", "step", "P13"),
    ("promise.answer", 5, "wd", "promise", "U"),
    ("arrive.urban", 60, "min", "promise", "P19, K"),
    ("arrive.rural", 120, "min", "promise", "P19, K"),
    ("arrive.remote", 240, "min", "promise", "P19, K"),
    ("arrive.unknown", 60, "min", "promise", "U"),
    ("reconnect", 12, "h", "promise", "P11"),
    ("fault.entered", 5, "min", "published", "P11"),
    ("fault.told", 5, "min", "published", "P12"),
    ("fault.told_important", 10, "min", "published", "P13"),
    ("major.brief", 2, "h", "step", "U"),
    ("quality_check", 90, "%", "measure", "P29"),
]


FIGURES = [
    pytest.param(policy, row, id=f"{policy.profile} {row[0]}")
    for policy, limits in (
        (SGCC, SGCC_LIMITS),
        (CITY, CITY_LIMITS),
        (OLD, OLD_LIMITS),
        (CSG, CSG_LIMITS),
    )
    for row in limits
]


@pytest.mark.parametrize(("policy", "row"), FIGURES)
def test_a_time_limit(policy: Policy, row: tuple[str, float, str, str, str]) -> None:
    limit = policy.limits[row[0]]
    assert (limit.code, limit.value, limit.unit, limit.clock, limit.source) == row


def test_there_is_no_time_limit_besides() -> None:
    assert list(SGCC.limits) == [row[0] for row in SGCC_LIMITS]
    assert list(CITY.limits) == [row[0] for row in CITY_LIMITS]


def test_what_2011_and_csg_do_not_say_is_as_in_2022_without_its_promises() -> None:
    for policy, own in ((OLD, OLD_LIMITS), (CSG, CSG_LIMITS)):
        inherited = set(policy.limits) - {row[0] for row in own}
        assert all(policy.limits[code] == SGCC.limits[code] for code in inherited)
        assert not {code for code in inherited if "P2" in policy.limits[code].source}
