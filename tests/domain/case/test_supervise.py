"""Orders: who may give one, who answers and who closes it, and what waits for that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case.case import CaseFact
from domain.case.close import CloseCase
from domain.case.merge import MergeCase
from domain.case.referral import ReferOut
from domain.case.supervise import (
    AnswerSupervision,
    CloseSupervision,
    SuperviseCase,
    SupervisionAnswered,
    SupervisionClosed,
    SupervisionOrdered,
)
from domain.fact import Actor
from domain.organisation.merge_unit import MergeUnit
from domain.organisation.open_unit import OpenUnit
from domain.policy.time_rows import Orders
from domain.refused import NotPermitted
from tests.support.organisation import founded, order
from tests.support.scenario import (
    AGENT,
    COUNTY_HANDLER,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    OTHER_AGENT,
    OTHER_ID,
    SUPERVISOR,
    TOWN_LEADER,
    by,
    given,
    policy,
    text,
)
from tests.support.story import (
    CALLBACK,
    HANDLING,
    RECEIPT,
    WITHDRAWAL,
    called_back,
    happened,
)

CITY = Actor(person="hai", role="supervisor", unit="wangchuan")
OTHER_CITY = Actor(person="kang", role="supervisor", unit="tingsong")
CLOSING = CloseSupervision.ACTION
CENTRE = Actor(person="cen", role="supervisor", unit="95598")
WITHOUT_BLOCKS = replace(policy(), orders=Orders())
MOVES = {(s, a): move for (s, a), move in policy().moves.items() if a != CLOSING}
NEVER_CLOSED = replace(policy(), moves=MOVES)


def ordered(
    times: int = 1, to_unit: str = "bailu-east", stage: str = "handling"
) -> CaseFact:
    fact = SupervisionOrdered(
        from_unit="supervision", to_unit=to_unit, times=times, order=text("today")
    )
    return happened(stage, SUPERVISOR, fact)


def answered(
    n: int = 1, unit: str = "bailu-east", *, all_answered: bool = True
) -> CaseFact:
    fact = SupervisionAnswered(
        n=n, unit=unit, person="qu", answer=text("done"), all_answered=all_answered
    )
    return happened("handling", LEADER, fact)


def closed(n: int = 1, unit: str = "bailu-east", stage: str = "handling") -> CaseFact:
    fact = SupervisionClosed(n=n, unit=unit, all_answered=True)
    return happened(stage, SUPERVISOR, fact)


# Giving one


def test_a_supervisor_orders_the_holder_to_see_to_it() -> None:
    asked = by(SUPERVISOR, SuperviseCase, order=text("by Friday"))
    case = (
        given(*HANDLING)
        .when(asked)
        .then(
            SupervisionOrdered(
                from_unit="supervision",
                to_unit="bailu-east",
                times=1,
                order=text("by Friday"),
            )
        )
    )
    assert (case.supervisions, case.holder_unit) == (1, "bailu-east")
    (kept,) = case.orders
    assert (kept.n, kept.from_person, kept.to_unit) == (1, "fei", "bailu-east")
    assert case.open_orders() == [kept]


def test_an_order_is_no_act_of_who_holds_the_case() -> None:
    before = given(*HANDLING)
    asked = by(SUPERVISOR, SuperviseCase, order=text("!"))
    after = before.when(asked).then_stage("handling")
    assert after.acted_at == before.case.acted_at


def test_an_order_may_go_to_another_unit_that_stands() -> None:
    start = given(*HANDLING)
    asked = by(SUPERVISOR, SuperviseCase, order=text("see to it"), to_unit="wangchuan")
    start.when(asked).then_stage("handling")
    lost = by(SUPERVISOR, SuperviseCase, order=text("see to it"), to_unit="atlantis")
    start.when(lost).then_refused("unknown_unit")


def test_only_a_supervisor_gives_orders() -> None:
    for actor in (AGENT, DISPATCHER, HANDLER, LEADER):
        asked = by(actor, SuperviseCase, order=text("see to it"))
        given(*HANDLING).when(asked).then_refused("not_permitted")


@pytest.mark.parametrize("body", [SUPERVISOR, CENTRE, CITY], ids=lambda body: body.unit)
def test_a_body_orders_whom_its_power_covers(body: Actor) -> None:
    """A supervising body and the centre everybody under their root, a unit those below."""
    asked = by(body, SuperviseCase, order=text("see to it"))
    given(*HANDLING).when(asked).then_stage("handling")


@pytest.mark.parametrize(
    ("body", "to_unit"),
    [
        pytest.param(OTHER_CITY, "bailu-east", id="of another city"),
        pytest.param(CITY, "wangchuan", id="itself"),
        pytest.param(CITY, "qinglan", id="above it"),
        pytest.param(SUPERVISOR, "qinglan", id="above a supervising body"),
        pytest.param(SUPERVISOR, "supervision", id="the supervising body itself"),
        pytest.param(replace(CITY, unit=None), "bailu-east", id="of no unit"),
        pytest.param(replace(CITY, unit="atlantis"), "bailu-east", id="of no known unit"),
    ],
)
def test_nobody_orders_whom_their_power_does_not_cover(body: Actor, to_unit: str) -> None:
    asked = by(body, SuperviseCase, order=text("see to it"), to_unit=to_unit)
    no = given(*HANDLING).when(asked).then_refused("no_power_over_unit")
    assert isinstance(no, NotPermitted)


def test_power_ends_at_the_root() -> None:
    """Another company has its own supervision."""
    other = order(OpenUnit, unit="other", name="别家", block="main", kind="province")
    asked = by(SUPERVISOR, SuperviseCase, order=text("see to it"), to_unit="other")
    given(*HANDLING).within(founded(other)).when(asked).then_refused("no_power_over_unit")


def test_rules_that_name_no_supervising_bodies_ask_for_no_power() -> None:
    asked = by(OTHER_CITY, SuperviseCase, order=text("see to it"))
    given(*HANDLING).under(WITHOUT_BLOCKS).when(asked).then_stage("handling")


# Answering it


def test_the_ordered_unit_answers() -> None:
    asked = by(LEADER, AnswerSupervision, answer=text("done"))
    case = (
        given(*HANDLING, ordered())
        .when(asked)
        .then(
            SupervisionAnswered(
                n=1,
                unit="bailu-east",
                person="qu",
                answer=text("done"),
                all_answered=True,
            )
        )
    )
    (kept,) = case.orders
    assert (kept.answered, kept.closed) == (True, False)


def test_an_ordered_unit_that_never_held_the_case_answers_too() -> None:
    start = given(*HANDLING, ordered(to_unit="xishi-town"))
    start.when(by(TOWN_LEADER, AnswerSupervision, answer=text("done"))).then_stage(
        "handling"
    )
    start.when(by(LEADER, AnswerSupervision, answer=text("done"))).then_refused(
        "ordered_another"
    )
    given(*HANDLING).when(
        by(TOWN_LEADER, AnswerSupervision, answer=text("done"))
    ).then_refused("no_such_case")


def test_the_unit_above_may_answer_for_the_ordered_one() -> None:
    start = given(*HANDLING, ordered())
    start.when(by(COUNTY_LEADER, AnswerSupervision, answer=text("done"))).then_stage(
        "handling"
    )


def test_the_oldest_order_of_the_unit_is_answered_first() -> None:
    two = (*HANDLING, ordered(1, "xishi-town"), ordered(2), ordered(3))
    asked = by(LEADER, AnswerSupervision, answer=text("done"))
    told = SupervisionAnswered(
        n=2, unit="bailu-east", person="qu", answer=text("done"), all_answered=False
    )
    given(*two).when(asked).then(told)
    named = by(LEADER, AnswerSupervision, answer=text("done"), n=3)
    given(*two).when(named).then(replace(told, n=3))
    of_another = by(LEADER, AnswerSupervision, answer=text("done"), n=1)
    given(*two).when(of_another).then_refused("ordered_another")


def test_the_last_answer_says_that_all_are_answered() -> None:
    two = (*HANDLING, ordered(1), ordered(2), answered(1, all_answered=False))
    asked = by(LEADER, AnswerSupervision, answer=text("done"))
    told = SupervisionAnswered(
        n=2, unit="bailu-east", person="qu", answer=text("done"), all_answered=True
    )
    given(*two).when(asked).then(told)


def test_an_order_is_answered_once() -> None:
    asked = by(LEADER, AnswerSupervision, answer=text("done"))
    for facts in (HANDLING, (*HANDLING, ordered(), answered())):
        given(*facts).when(asked).then_refused("no_order")
    seventh = by(LEADER, AnswerSupervision, answer=text("done"), n=7)
    unknown = given(*HANDLING, ordered()).when(seventh)
    unknown.then_refused("no_order")


# Being content with it


def test_who_ordered_closes_the_order() -> None:
    case = (
        given(*HANDLING, ordered(), answered())
        .when(by(SUPERVISOR, CloseSupervision))
        .then(SupervisionClosed(n=1, unit="bailu-east", all_answered=True))
    )
    assert case.orders[0].closed
    assert case.open_orders() == []


def test_an_order_that_nobody_answered_is_closed_for_a_reason_only() -> None:
    start = given(*HANDLING, ordered(1), ordered(2))
    start.when(by(SUPERVISOR, CloseSupervision)).then_refused("order_unanswered")
    start.when(by(SUPERVISOR, CloseSupervision, reason="mood")).then_refused(
        "unknown_reason"
    )
    start.when(by(SUPERVISOR, CloseSupervision, reason="settled")).then(
        SupervisionClosed(n=1, unit="bailu-east", all_answered=False, reason="settled")
    )


def test_the_answered_order_is_closed_first() -> None:
    facts = (*HANDLING, ordered(1), ordered(2), answered(2, all_answered=False))
    given(*facts).when(by(SUPERVISOR, CloseSupervision)).then(
        SupervisionClosed(n=2, unit="bailu-east", all_answered=False)
    )


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(replace(LEADER, role="supervisor"), id="its leader"),
        pytest.param(replace(HANDLER, role="supervisor"), id="one of its staff"),
        pytest.param(
            replace(HANDLER, role="supervisor", unit="supervision", post=None),
            id="one of its staff, in another's unit",
        ),
    ],
)
def test_nobody_of_the_ordered_unit_closes_the_order(actor: Actor) -> None:
    start = given(*HANDLING, ordered(), answered())
    start.when(by(actor, CloseSupervision)).then_refused("ordered_unit_cannot_close")


def test_nor_anybody_below_the_ordered_unit() -> None:
    facts = (*HANDLING, ordered(to_unit="bailu"), answered(unit="bailu"))
    below = replace(LEADER, role="supervisor")
    given(*facts).when(by(below, CloseSupervision)).then_refused(
        "ordered_unit_cannot_close"
    )
    beside = replace(TOWN_LEADER, role="supervisor")
    given(*facts).when(by(beside, CloseSupervision)).then_stage("handling")


def test_nor_anybody_of_the_unit_that_it_was_merged_into() -> None:
    merged = founded(order(MergeUnit, unit="bailu-east", into="xishi-town"))
    heir = replace(TOWN_LEADER, role="supervisor")
    start = given(*HANDLING, ordered(), answered()).within(merged)
    start.when(by(heir, CloseSupervision)).then_refused("ordered_unit_cannot_close")


def test_the_roles_of_the_ordered_unit_may_not_close_at_all() -> None:
    for actor in (HANDLER, LEADER, COUNTY_HANDLER):
        given(*HANDLING, ordered(), answered()).when(
            by(actor, CloseSupervision)
        ).then_refused("not_permitted")


def test_a_closed_order_is_not_closed_again() -> None:
    facts = (*HANDLING, ordered(), answered(), closed())
    for asked in (by(SUPERVISOR, CloseSupervision), by(SUPERVISOR, CloseSupervision, n=1)):
        given(*facts).when(asked).then_refused("no_order")


# What waits for it


def test_a_case_is_not_archived_while_an_order_is_open() -> None:
    done = (*CALLBACK, called_back())
    late = ordered(stage="callback")
    archive = by(OTHER_AGENT, CloseCase)
    no = given(*done, late).when(archive).then_refused("order_open")
    assert no.because == {"n": 1, "unit": "bailu-east"}
    settled = closed(stage="callback")
    given(*done, late, settled).when(archive).then_stage("closed")
    given(*done, late).under(NEVER_CLOSED).when(archive).then_stage("closed")


def test_nor_merged_nor_referred_out() -> None:
    open_order = ordered(stage="received", to_unit="95598")
    start = given(*RECEIPT, open_order).beside(*RECEIPT)
    start.when(by(DISPATCHER, MergeCase, into=OTHER_ID)).then_refused("order_open")
    refer = by(DISPATCHER, ReferOut, body="12398", reason="other_remit")
    start.when(refer).then_refused("order_open")


def test_an_order_can_be_settled_after_the_customer_withdrew() -> None:
    start = given(*WITHDRAWAL, ordered(to_unit="95598", stage="withdrawn"))
    archive = by(OTHER_AGENT, CloseCase, no_callback_reason="withdrawn")
    start.when(archive).then_refused("order_open")
    start.when(by(SUPERVISOR, CloseSupervision, reason="settled")).then_stage("withdrawn")
