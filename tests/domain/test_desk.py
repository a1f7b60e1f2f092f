"""The desk does each thing once, on the latest state, and tells nothing that is hidden."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from eventsourcing.persistence import IntegrityError

from api.policies import shipped
from domain.case.accept import AcceptCase, CaseAccepted
from domain.case.case import Case, CaseFact
from domain.case.close import CloseCase
from domain.case.dispatch import DispatchCase
from domain.case.receive import CaseReceived
from domain.case.referral import ReferOut
from domain.case.suspension import ApproveSuspension, RequestSuspension
from domain.case.urge import UrgeCase
from domain.desk import Answer
from domain.fact import Actor
from domain.organisation.delegate import Delegate
from domain.policy.book import PublishPolicy, policy_book_id
from domain.refused import NotFound, NotPermitted, Refused, Stale
from tests.support.in_memory import Memory
from tests.support.offices import DISPATCH, RECEIVE, URGE, Office, other, timeless
from tests.support.organisation import order
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    COUNTY_HANDLER,
    COUNTY_LEADER,
    CUSTOMER,
    DISPATCHER,
    HANDLER,
    MONDAY,
    TOWN_LEADER,
    by,
    later,
)

# What is written


def test_facts_are_stamped_with_who_when_why_and_under_which_rules(office: Office) -> None:
    call = UUID(int=77)
    answer = office.desk.handle(replace(RECEIVE, correlation_id=call, causation_id=call))
    received, identified = office.written()
    assert answer == Answer(CASE_ID, 2, office.before + 2)
    assert isinstance(received, CaseReceived)
    for version, fact in enumerate((received, identified), start=1):
        assert isinstance(fact, CaseFact)
        assert (fact.originator_id, fact.originator_version) == (CASE_ID, version)
        assert (fact.actor, fact.occurred_at) == (AGENT, MONDAY)
        assert (fact.command_id, fact.policy) == (RECEIVE.command_id, "sgcc-2022@1")
        assert (fact.correlation_id, fact.causation_id) == (call, call)
        assert fact.stage == "received"


def test_a_fact_says_whether_the_stage_after_it_is_terminal(office: Office) -> None:
    office.desk.handle(RECEIVE)
    body = {"body": "12345", "reason": "other_remit"}
    office.desk.handle(by(DISPATCHER, ReferOut, **body))
    ends = [f.terminal for f in office.written() if isinstance(f, CaseFact)]
    assert ends == [False, False, True]


def test_without_a_call_the_case_is_its_own_correlation(office: Office) -> None:
    office.desk.handle(RECEIVE)
    assert office.written()[0].correlation_id == CASE_ID


def test_what_was_written_is_what_the_other_desk_sees(office: Office) -> None:
    for command in (RECEIVE, DISPATCH):
        office.desk.handle(command)
    assert vars(office.case(office.rival)) == vars(office.case())
    assert office.case(office.rival).holder_unit == "bailu-east"


def test_a_refusal_writes_nothing(office: Office) -> None:
    office.desk.handle(RECEIVE)
    written = office.topics()
    with pytest.raises(Refused, match="unknown_unit"):
        office.desk.handle(by(AGENT, DispatchCase, unit="atlantis"))
    with pytest.raises(Refused, match="no_such_move"):
        office.desk.handle(by(AGENT, CloseCase))
    with pytest.raises(NotPermitted, match="not_permitted"):
        office.desk.handle(by(AGENT, ApproveSuspension))
    assert office.topics() == written


# Once


def test_the_same_wish_twice_is_done_once(office: Office) -> None:
    first = office.desk.handle(RECEIVE, fingerprint=b"body")
    assert office.desk.handle(RECEIVE, fingerprint=b"body") == first
    assert office.rival.handle(RECEIVE, fingerprint=b"body") == first
    assert len(office.written()) == 2


def test_a_repeated_wish_gets_its_answer_though_it_would_be_refused_now(
    office: Office,
) -> None:
    office.desk.handle(RECEIVE)
    dispatched = office.desk.handle(DISPATCH)
    office.desk.handle(by(HANDLER, AcceptCase))
    assert office.desk.handle(DISPATCH) == dispatched
    with pytest.raises(Refused, match="no_such_move"):
        office.desk.handle(other(DISPATCH))


def test_a_used_id_with_another_body_is_refused(office: Office) -> None:
    office.desk.handle(RECEIVE, fingerprint=b"body")
    with pytest.raises(Refused, match="command_reused"):
        office.desk.handle(RECEIVE, fingerprint=b"another body")


def test_a_case_begins_once(office: Office) -> None:
    office.desk.handle(RECEIVE)
    with pytest.raises(Refused, match="already_begun"):
        office.desk.handle(other(RECEIVE))


def test_a_lost_answer_is_found_again(office: Office) -> None:
    """The facts were stored, but the connection broke before saying so."""

    def lose() -> None:
        raise IntegrityError("the row is there already")

    office.desk.handle(RECEIVE)
    office.memory.log.after.append(lose)
    answer = office.desk.handle(URGE)
    assert answer == Answer(CASE_ID, 3, office.before + 3)
    assert office.topics().count("case.customer_urged") == 1


def test_two_desks_with_the_same_wish_at_once_do_it_once(office: Office) -> None:
    office.desk.handle(RECEIVE)
    answers: list[Answer] = []
    office.memory.log.before.append(lambda: answers.append(office.rival.handle(URGE)))
    answers.append(office.desk.handle(URGE))
    assert answers[0] == answers[1]
    assert office.case().urges == 1


# On the latest state


def test_a_stale_version_is_refused_and_the_latest_named(office: Office) -> None:
    office.desk.handle(RECEIVE)
    office.rival.handle(URGE)
    with pytest.raises(Stale) as refusal:
        office.desk.handle(DISPATCH, version=2)
    assert refusal.value.because == {"version": 3}
    assert office.desk.handle(DISPATCH, version=3).version == 4


def test_whoever_comes_second_decides_again_on_what_the_first_left(office: Office) -> None:
    office.desk.handle(RECEIVE)
    office.memory.log.before.append(lambda: office.rival.handle(other(URGE)))
    assert office.desk.handle(URGE).version == 4
    assert office.case().urges == 2
    office.memory.log.before.append(lambda: office.rival.handle(DISPATCH))
    with pytest.raises(Refused, match="no_such_move"):
        office.desk.handle(other(DISPATCH))
    assert office.topics().count("case.dispatched") == 1


def test_what_is_not_permitted_is_told_before_any_version(office: Office) -> None:
    office.desk.handle(RECEIVE)
    with pytest.raises(NotPermitted, match="not_permitted"):
        office.desk.handle(by(AGENT, ApproveSuspension), version=1)


def test_a_move_that_a_later_version_forbids_is_stale(office: Office) -> None:
    office.desk.handle(RECEIVE)
    office.desk.handle(DISPATCH, version=2)
    with pytest.raises(Stale):
        office.desk.handle(other(DISPATCH), version=2)


def test_a_version_that_was_overtaken_meanwhile_is_stale(office: Office) -> None:
    office.desk.handle(RECEIVE)
    office.memory.log.before.append(lambda: office.rival.handle(URGE))
    with pytest.raises(Stale):
        office.desk.handle(DISPATCH, version=2)


def test_a_long_case_is_the_same_from_its_snapshot(office: Office) -> None:
    office.desk.handle(RECEIVE)
    for times in range(120):
        at = MONDAY + timedelta(minutes=times)
        office.desk.handle(by(AGENT, UrgeCase, at=at))
    assert office.memory.snapshots.select_events(CASE_ID)
    with office.memory.desk() as fresh:
        found = office.case(fresh)
    folded: Case | None = None
    for fact in office.memory.facts(CASE_ID):
        folded = fact.mutate(folded)
    assert folded is not None
    assert vars(found) == vars(folded)
    assert found.urges == 120


def test_a_case_to_decide_on_is_a_copy_down_to_its_lists(office: Office) -> None:
    office.desk.handle(RECEIVE)
    mine, before = office.case(), vars(deepcopy(office.case()))
    for name, kept in vars(mine).items():
        if isinstance(kept, list):
            kept.append(name)
    mine.hold("elsewhere")
    assert vars(office.case()) == before


# What is hidden


def test_a_hidden_case_and_a_missing_one_look_the_same(office: Office) -> None:
    asked = by(TOWN_LEADER, AcceptCase)
    with pytest.raises(NotFound) as missing:
        office.desk.handle(asked, version=1)
    office.desk.handle(RECEIVE)
    office.desk.handle(DISPATCH)
    for version in (None, 1, 3):
        with pytest.raises(NotFound) as hidden:
            office.desk.handle(asked, version=version)
        assert (hidden.value.code, hidden.value.zh) == (
            missing.value.code,
            missing.value.zh,
        )


def test_there_is_no_case_to_look_at_where_none_began(office: Office) -> None:
    assert office.desk.case(CASE_ID) is None


def test_another_kind_of_stream_is_not_a_case(office: Office) -> None:
    asked = replace(by(AGENT, UrgeCase), subject=policy_book_id("sgcc-2022"))
    with pytest.raises(NotFound, match="no_such_case"):
        office.desk.handle(asked)


def test_a_role_that_the_rules_do_not_know_sees_nothing(office: Office) -> None:
    office.desk.handle(RECEIVE)
    stranger = Actor(person="x", role="astrologer", unit="95598")
    for command in (by(stranger, UrgeCase), other(replace(RECEIVE, actor=stranger))):
        with pytest.raises(NotPermitted, match="not_permitted"):
            office.desk.handle(command)


# Under which rules, and in whose post


def test_a_case_keeps_the_rules_it_was_received_under(office: Office) -> None:
    office.desk.handle(RECEIVE)
    document = timeless(shipped()["sgcc-2022"])
    reasons = document["reasons"] | {"reassign": {}}
    profile = document["profile"] | {
        "version": 2,
        "effective_from": later(days=1).isoformat(),
    }
    office.desk.handle(
        PublishPolicy(
            subject=policy_book_id("sgcc-2022"),
            command_id=UUID(int=2),
            actor=Actor(person="registrar", role="admin"),
            at=MONDAY,
            document=document | {"profile": profile, "reasons": reasons},
        )
    )
    office.desk.handle(by(DISPATCHER, DispatchCase, at=later(days=2), unit="bailu"))
    assert office.written()[-1].policy == "sgcc-2022@1"
    newer = replace(RECEIVE, subject=CUSTOMER, command_id=UUID(int=3), at=later(days=2))
    office.desk.handle(newer)
    assert office.written()[-1].policy == "sgcc-2022@2"


def test_who_acts_under_a_delegation_acts_in_the_lent_post(office: Office) -> None:
    lent = order(
        Delegate,
        delegation="holiday",
        actor=COUNTY_LEADER,
        from_person="lan",
        from_post="bailu.leader",
        to_person="nie",
        actions=("approve-suspension",),
        unit="bailu",
        expires_at=later(days=9),
    )
    asked = {"reason": "in_court", "until": later(days=3)}
    steps = (lent, RECEIVE, DISPATCH, by(HANDLER, AcceptCase))
    for command in (*steps, by(HANDLER, RequestSuspension, **asked)):
        office.desk.handle(command)
    office.desk.handle(by(COUNTY_HANDLER, ApproveSuspension))
    approved = office.written()[-1]
    assert approved.actor == Actor(
        person="nie", role="leader", post="bailu.leader", unit="bailu"
    )


def test_a_desk_without_rules_says_so() -> None:
    with Memory().desk() as empty, pytest.raises(Refused, match="no_such_policy"):
        empty.handle(RECEIVE)


def test_what_was_accepted_reads_as_it_was_written(office: Office) -> None:
    for command in (RECEIVE, DISPATCH, by(HANDLER, AcceptCase)):
        office.desk.handle(command)
    accepted = office.written()[-1]
    assert isinstance(accepted, CaseAccepted)
    assert accepted.unit == "bailu-east"
