"""Who the customer is, what the case is about, how grave it is, which bodies sent it."""

from __future__ import annotations

from domain.case.classify import (
    CaseClassified,
    CaseReclassified,
    ClassifyCase,
    ReclassifyCase,
)
from domain.case.identify import CustomerIdentified, IdentifyCustomer
from domain.case.level import AssessLevel, LevelAssessed, LevelRaised, RaiseLevel
from domain.case.referral import (
    CaseReferredOut,
    ReceiveReferral,
    ReferOut,
    ReferralReceived,
)
from tests.support.scenario import (
    AGENT,
    CUSTOMER,
    DISPATCHER,
    HANDLER,
    LEADER,
    SUPERVISOR,
    by,
    given,
    text,
)
from tests.support.story import ARCHIVE, HANDLING, RECEIPT, happened, received

ASSESSED = happened("received", AGENT, LevelAssessed(level="important"))
CLASSIFIED = happened("received", AGENT, CaseClassified(category="business.charges"))


# Who it is


def test_a_customer_is_identified_by_whatever_is_given() -> None:
    asked = by(HANDLER, IdentifyCustomer, customer=CUSTOMER, address=text("东街"))
    told = CustomerIdentified(customer=CUSTOMER, address=text("东街"))
    given(*HANDLING).when(asked).then(told)


def test_a_phone_number_makes_the_customer_reachable() -> None:
    asked = by(AGENT, IdentifyCustomer, customer=CUSTOMER, phone=text("138****5678"))
    assert given(received()).when(asked).then_stage("received").reachable


def test_an_anonymous_caller_may_give_a_name_after_all() -> None:
    asked = by(AGENT, IdentifyCustomer, customer=CUSTOMER, name=text("王**"))
    case = given(received("report", anonymous=True)).when(asked).then_stage("received")
    assert not case.anonymous


def test_nobody_is_identified_by_nothing() -> None:
    asked = by(AGENT, IdentifyCustomer, customer=CUSTOMER)
    given(*RECEIPT).when(asked).then_refused("nobody_identified")


def test_an_archived_case_takes_no_particulars() -> None:
    asked = by(AGENT, IdentifyCustomer, phone=text("138****5678"))
    given(*ARCHIVE).when(asked).then_refused("no_such_move")


# What it is about


def test_a_case_is_classified_at_receipt() -> None:
    asked = by(AGENT, ClassifyCase, category="business.charges")
    given(*RECEIPT).when(asked).then(CaseClassified(category="business.charges"))


def test_what_is_classified_is_only_corrected_with_a_reason() -> None:
    asked = by(AGENT, ClassifyCase, category="business.metering")
    given(*RECEIPT, CLASSIFIED).when(asked).then_refused("classified_already")


def test_the_same_class_again_is_nothing_new() -> None:
    asked = by(AGENT, ClassifyCase, category="business.charges")
    given(*RECEIPT, CLASSIFIED).when(asked).then_refused("nothing_new")


def test_a_class_must_fit_the_business_type() -> None:
    asked = by(AGENT, ClassifyCase, category="request.reconnection")
    given(*RECEIPT).when(asked).then_refused("category_of_other_type")


def test_a_class_must_be_in_the_policy() -> None:
    asked = by(AGENT, ClassifyCase, category="weather")
    given(*RECEIPT).when(asked).then_refused("unknown_category")


def test_later_it_is_reclassified_for_a_reason() -> None:
    asked = by(
        DISPATCHER,
        ReclassifyCase,
        category="business.metering",
        business_type="opinion",
        reason="better_understood",
    )
    case = (
        given(*RECEIPT, CLASSIFIED)
        .when(asked)
        .then(
            CaseReclassified(
                from_category="business.charges",
                category="business.metering",
                from_business_type="complaint",
                business_type="opinion",
                reason="better_understood",
            )
        )
    )
    assert (case.category, case.business_type) == ("business.metering", "opinion")


def test_reclassifying_wants_a_known_type_a_known_reason_and_a_difference() -> None:
    def asked(**body: str) -> dict[str, str]:
        return {"category": "business.charges", "reason": "typed_wrong"} | body

    start = given(*RECEIPT, CLASSIFIED)
    start.when(by(DISPATCHER, ReclassifyCase, **asked(business_type="x"))).then_refused(
        "unknown_type"
    )
    start.when(by(DISPATCHER, ReclassifyCase, **asked(reason="mood"))).then_refused(
        "nothing_new"
    )
    changed = asked(category="business.metering", reason="mood")
    start.when(by(DISPATCHER, ReclassifyCase, **changed)).then_refused("unknown_reason")
    start.when(by(AGENT, ReclassifyCase, **asked())).then_refused("not_permitted")


# How grave it is


def test_a_level_is_assessed_at_receipt() -> None:
    asked = by(AGENT, AssessLevel, level="major", reason="media")
    given(*RECEIPT).when(asked).then(LevelAssessed(level="major", reason="media"))


def test_assessing_refuses_what_it_does_not_know_and_what_is_so_already() -> None:
    start = given(*RECEIPT, ASSESSED)
    start.when(by(AGENT, AssessLevel, level="x")).then_refused("unknown_level")
    start.when(by(AGENT, AssessLevel, level="important")).then_refused("nothing_new")
    unfounded = by(AGENT, AssessLevel, level="major", reason="mood")
    given(*RECEIPT).when(unfounded).then_refused("unknown_reason")


def test_a_level_that_was_raised_is_not_assessed_away() -> None:
    raised = LevelRaised(from_level="important", level="special", reason="media")
    start = given(*RECEIPT, ASSESSED, happened("received", AGENT, raised))
    for level in ("general", "important"):
        asked = by(AGENT, AssessLevel, level=level)
        start.when(asked).then_refused("assessed_already")


def test_a_level_is_raised_for_a_reason() -> None:
    asked = by(LEADER, RaiseLevel, level="special", reason="media")
    raised = LevelRaised(from_level="important", level="special", reason="media")
    given(*RECEIPT, ASSESSED, *HANDLING[2:]).when(asked).then(raised)


def test_a_level_is_never_lowered() -> None:
    start = given(*RECEIPT, ASSESSED)
    for level in ("general", "important"):
        asked = by(DISPATCHER, RaiseLevel, level=level, reason="media")
        start.when(asked).then_refused("not_graver")


def test_a_case_without_a_level_can_be_raised_to_any() -> None:
    asked = by(DISPATCHER, RaiseLevel, level="general", reason="harm")
    assert given(*RECEIPT).when(asked).then_stage("received").level == "general"


def test_raising_wants_a_known_reason() -> None:
    asked = by(DISPATCHER, RaiseLevel, level="special", reason="mood")
    given(*RECEIPT, ASSESSED).when(asked).then_refused("unknown_reason")


# Which bodies have to do with it


def test_a_referral_from_outside_is_noted_with_its_number() -> None:
    asked = by(AGENT, ReceiveReferral, body="12345", number="QL-77")
    case = given(*HANDLING).when(asked).then(ReferralReceived(body="12345", number="QL-77"))
    assert case.referrals == ["12345 QL-77"]


def test_the_same_referral_is_noted_once() -> None:
    known = happened("handling", AGENT, ReferralReceived(body="12345", number="QL-77"))
    start = given(*HANDLING, known)
    again = by(AGENT, ReceiveReferral, body="12345", number="QL-77")
    start.when(again).then_refused("referral_known")
    start.when(by(AGENT, ReceiveReferral, body="12345")).then_stage("handling")
    start.when(by(AGENT, ReceiveReferral, body="ufo")).then_refused("unknown_reason")


def test_a_case_is_referred_to_a_body_outside() -> None:
    asked = by(SUPERVISOR, ReferOut, body="discipline", reason="misconduct")
    case = (
        given(*HANDLING)
        .when(asked)
        .then(CaseReferredOut(body="discipline", reason="misconduct"))
    )
    assert (case.stage, case.referred_to) == ("referred", "discipline")
    assert case.holder_unit == "bailu-east"


def test_referring_out_wants_a_known_body_and_a_known_reason() -> None:
    start = given(*HANDLING)
    start.when(by(DISPATCHER, ReferOut, body="ufo", reason="law")).then_refused(
        "unknown_reason"
    )
    start.when(by(DISPATCHER, ReferOut, body="media", reason="mood")).then_refused(
        "unknown_reason"
    )
    start.when(by(AGENT, ReferOut, body="media", reason="law")).then_refused(
        "not_permitted"
    )
