"""A call rings, is answered, perhaps handed on, and ends; or the caller gives up."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.call.abandon import AbandonCall, CallAbandoned
from domain.call.answer import AnswerCall, CallAnswered
from domain.call.call import Call
from domain.call.end import CallEnded, EndCall
from domain.call.hand_on import CallHandedOn, HandOnCall
from domain.call.identify_caller import CallerIdentified, IdentifyCaller
from domain.call.link_case import CallLinked, LinkCase
from domain.call.offer import CallOffered, OfferCall
from domain.call.rate import CallRated, RateCall
from domain.case.case import Case
from domain.catalogue import CALL
from domain.command import Command
from domain.fact import Actor, Fact
from domain.refused import Refused
from domain.setting import Setting
from tests.support.scenario import AGENT, policy, province, text

RING = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
CALL_ID, CASE_ID, CUSTOMER = UUID(int=1), UUID(int=2), UUID(int=3)
NIE = Actor(person="nie", role="handler", post="bailu.nie", unit="bailu")
NUMBER = text("138****5678")


HIDDEN, RESTRICTED = UUID(int=20), UUID(int=21)


def case(case_id: UUID) -> Case | None:
    """A case of the centre, one of another unit, and one of a type that few may read."""
    found = Case.empty(case_id)
    if case_id == HIDDEN:
        found.hold("xishi-town")
    elif case_id == RESTRICTED:
        found.hold("bailu")
        found.business_type = "report"
    elif case_id != CASE_ID:
        return None
    return found


SETTING = Setting(policy=policy(), organisation=province(), case=case)


class Line:
    """One call and what happens to it, a minute apart."""

    def __init__(self, *done: Command) -> None:
        self.call: Call | None = None
        for command in done:
            self.obey(command)

    def obey(self, command: Command) -> list[Fact]:
        """Decide and fold in, as the desk does."""
        if begin := CALL.begins.get(type(command)):
            facts = begin(command, SETTING)
        else:
            facts = CALL.goes_on[type(command)](self.call, command, SETTING)
        version = self.call.version if self.call else 0
        for number, fact in enumerate(facts, start=version + 1):
            stamped = fact.stamped(
                originator_id=CALL_ID, originator_version=number, occurred_at=command.at
            )
            self.call = stamped.mutate(self.call)
        return facts

    def refuses(self, command: Command) -> str:
        """The code of the refusal, which changed nothing."""
        before = dict(vars(self.call)) if self.call else None
        with pytest.raises(Refused) as refusal:
            self.obey(command)
        assert (dict(vars(self.call)) if self.call else None) == before
        return refusal.value.code


def wish(
    kind: type[Command], minute: int = 0, *, actor: Actor = AGENT, **body: Any
) -> Command:
    return kind(
        subject=CALL_ID,
        command_id=UUID(int=9),
        actor=actor,
        at=RING + timedelta(minutes=minute),
        **body,
    )


OFFERED = wish(OfferCall, line="95598-1", phone=NUMBER, customer=CUSTOMER)
ANSWERED = wish(AnswerCall, 1)
ENDED = wish(EndCall, 6)
HANDED_TO_A_UNIT = wish(HandOnCall, 3, unit="bailu")


def test_a_call_is_offered_with_its_line_and_the_callers_number_sealed() -> None:
    line = Line()
    assert line.obey(OFFERED) == [
        CallOffered(
            channel="95598", line="95598-1", unit="95598", phone=NUMBER, customer=CUSTOMER
        )
    ]
    assert line.call is not None
    assert (line.call.customer, line.call.offered_at) == (CUSTOMER, RING)


def test_a_call_without_a_unit_rings_where_the_policy_takes_calls_in() -> None:
    machine = Actor(person="pbx", role="system")
    [fact] = Line().obey(wish(OfferCall, actor=machine))
    assert isinstance(fact, CallOffered)
    assert fact.unit == "95598"


def test_an_unknown_channel_is_refused() -> None:
    assert Line().refuses(wish(OfferCall, channel="smoke")) == "unknown_channel"


def test_the_agent_who_answers_has_the_call() -> None:
    line = Line(OFFERED)
    assert line.obey(ANSWERED) == [CallAnswered(agent="dan", unit="95598")]
    assert line.refuses(wish(AnswerCall, 2)) == "call_waits_for_nobody"


def test_waiting_and_talk_time_follow_from_the_facts() -> None:
    line = Line(OFFERED)
    assert line.call is not None
    assert (line.call.waiting, line.call.talking) == (None, None)
    line.obey(ANSWERED)
    assert (line.call.waiting, line.call.talking) == (timedelta(minutes=1), None)
    assert line.obey(ENDED) == [CallEnded()]
    assert line.call.talking == timedelta(minutes=5)


def test_a_clock_that_runs_behind_makes_no_negative_time() -> None:
    line = Line(OFFERED, wish(AnswerCall, -1), wish(EndCall, 5))
    assert line.call is not None
    assert line.call.waiting == timedelta(0)


def test_the_caller_may_give_up_while_it_rings() -> None:
    line = Line(OFFERED)
    assert line.obey(wish(AbandonCall, 2)) == [CallAbandoned()]
    assert line.call is not None
    assert (line.call.waiting, line.call.talking) == (timedelta(minutes=2), None)
    assert line.refuses(ANSWERED) == "call_over"
    assert line.refuses(wish(AbandonCall, 3)) == "call_over"


def test_an_answered_call_is_not_abandoned_and_an_unanswered_one_does_not_end() -> None:
    assert Line(OFFERED, ANSWERED).refuses(wish(AbandonCall, 2)) == "call_answered"
    assert Line(OFFERED).refuses(ENDED) == "call_unanswered"


def test_the_caller_is_identified_once_somebody_speaks_with_them() -> None:
    other = UUID(int=8)
    line = Line(OFFERED, ANSWERED)
    known = wish(IdentifyCaller, 2, name=NUMBER, customer=other)
    assert line.obey(known) == [CallerIdentified(name=NUMBER, customer=other)]
    line.obey(wish(IdentifyCaller, 3, address=NUMBER))
    assert line.call is not None
    assert line.call.customer == other
    assert Line(OFFERED).refuses(known) == "call_unanswered"


def test_a_call_may_lead_to_several_cases_but_to_each_once() -> None:
    line = Line(OFFERED, ANSWERED)
    assert line.obey(wish(LinkCase, 2, case=CASE_ID)) == [CallLinked(case=CASE_ID)]
    assert line.refuses(wish(LinkCase, 3, case=CASE_ID)) == "case_linked"
    assert line.refuses(wish(LinkCase, 3, case=UUID(int=99))) == "no_such_case"
    assert line.call is not None
    assert line.call.cases == [CASE_ID]


@pytest.mark.parametrize("hidden", [HIDDEN, RESTRICTED])
def test_a_case_that_one_may_not_read_cannot_be_linked_and_looks_like_none(
    hidden: UUID,
) -> None:
    line = Line(OFFERED, ANSWERED)
    with pytest.raises(Refused) as told:
        line.obey(wish(LinkCase, 2, actor=NIE, case=hidden))
    with pytest.raises(Refused) as missing:
        line.obey(wish(LinkCase, 2, actor=NIE, case=UUID(int=99)))
    assert (told.value.code, str(told.value)) == ("no_such_case", str(missing.value))
    assert line.obey(wish(LinkCase, 2, case=HIDDEN)) == [CallLinked(case=HIDDEN)]


def test_an_abandoned_call_can_still_be_linked_to_a_case() -> None:
    line = Line(OFFERED, wish(AbandonCall, 2))
    assert line.obey(wish(LinkCase, 60, case=CASE_ID))


def test_a_call_handed_on_to_an_agent_is_theirs_at_once() -> None:
    line = Line(OFFERED, ANSWERED)
    assert line.obey(wish(HandOnCall, 3, unit="bailu", agent="nie")) == [
        CallHandedOn(from_unit="95598", from_agent="dan", to_unit="bailu", to_agent="nie")
    ]
    assert line.refuses(wish(AnswerCall, 4, actor=NIE)) == "call_waits_for_nobody"


def test_a_call_handed_on_to_a_unit_waits_for_anybody_there() -> None:
    line = Line(OFFERED, ANSWERED, HANDED_TO_A_UNIT)
    assert line.call is not None
    assert (line.call.unit, line.call.agent) == ("bailu", None)
    line.obey(wish(AnswerCall, 5, actor=NIE))
    assert (line.call.unit, line.call.agent) == ("bailu", "nie")
    assert line.call.waiting == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("done", "body", "code"),
    [
        ((OFFERED,), {"unit": "bailu"}, "call_unanswered"),
        ((OFFERED, ANSWERED, ENDED), {"unit": "bailu"}, "call_over"),
        ((OFFERED, ANSWERED), {"unit": "nowhere"}, "unknown_unit"),
        ((OFFERED, ANSWERED), {"unit": "bailu", "agent": "wan"}, "agent_not_of_unit"),
    ],
)
def test_handing_on_is_refused(
    done: tuple[Command, ...], body: dict[str, Any], code: str
) -> None:
    assert Line(*done).refuses(wish(HandOnCall, 7, **body)) == code


def test_the_rating_goes_to_who_had_the_call_last() -> None:
    line = Line(OFFERED, ANSWERED, HANDED_TO_A_UNIT, ENDED)
    assert line.obey(wish(RateCall, 7, satisfaction="satisfied")) == [
        CallRated(satisfaction="satisfied", agent=None, unit="bailu")
    ]
    assert line.refuses(wish(RateCall, 8, satisfaction="satisfied")) == "call_rated"


@pytest.mark.parametrize(
    ("done", "satisfaction", "code"),
    [
        ((OFFERED,), "satisfied", "call_unanswered"),
        ((OFFERED, wish(AbandonCall, 1)), "satisfied", "call_unanswered"),
        ((OFFERED, ANSWERED), "satisfied", "call_not_over"),
        ((OFFERED, ANSWERED, ENDED), "blue", "unknown_satisfaction"),
    ],
)
def test_rating_is_refused(done: tuple[Command, ...], satisfaction: str, code: str) -> None:
    assert Line(*done).refuses(wish(RateCall, 7, satisfaction=satisfaction)) == code


wishes = st.sampled_from(
    [
        wish(AnswerCall),
        wish(AnswerCall, actor=NIE),
        wish(IdentifyCaller, customer=CUSTOMER),
        wish(LinkCase, case=CASE_ID),
        wish(HandOnCall, unit="bailu"),
        wish(HandOnCall, unit="bailu", agent="nie"),
        wish(EndCall),
        wish(RateCall, satisfaction="satisfied"),
        wish(AbandonCall),
    ]
)


@given(st.lists(wishes, max_size=12))
def test_a_call_ends_once_and_then_only_words_about_it_are_added(
    later: list[Command],
) -> None:
    line, happened = Line(OFFERED), []
    for command in later:
        with suppress(Refused):
            happened += [type(fact) for fact in line.obey(command)]
    ends = [
        number for number, kind in enumerate(happened) if kind in {CallEnded, CallAbandoned}
    ]
    assert len(ends) <= 1
    after = set(happened[ends[0] + 1 :]) if ends else set()
    assert after <= {CallerIdentified, CallLinked, CallRated}
    assert (CallAbandoned in happened) <= (CallAnswered not in happened)
    assert happened.count(CallRated) <= 1
    assert line.call is not None
    assert line.call.version == 1 + len(happened)
