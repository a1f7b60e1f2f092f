"""The accountability chain: who handled, who was told, who answered, who need not."""

from __future__ import annotations

from datetime import datetime

from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.case.handover import HandoverAccepted
from domain.case.merge import CaseMerged, CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.fact import Fact
from domain.promise.clock import ClockStopped, DeadlineMoved
from projections.chains import CHAINS, Chains, RungRow
from projections.reading import Held
from tests.projections import telling
from tests.projections.telling import at, minutes
from tests.projections.test_boards import history
from tests.support.scenario import CASE_ID, DISPATCHER, HANDLER, LEADER, OTHER_ID
from tests.support.story import (
    ARCHIVE,
    CALLBACK,
    CLOSED,
    DISPATCH,
    HANDLING,
    REPLIED,
    called_back,
    happened,
    received,
)


def chains(*facts: Fact) -> Chains:
    found = telling.folded(CHAINS, *facts)
    assert not found.parked
    return Chains(Held(found))


def chain(*facts: Fact) -> list[RungRow]:
    return chains(*facts).of(CASE_ID)


def waiting(asked: Chains) -> list[RungRow]:
    return [row for row in asked.of(CASE_ID) if row.waits]


def who(rows: list[RungRow]) -> list[tuple[int, str, str | None]]:
    return [(row.rung, row.unit, row.person) for row in rows]


def told(
    rung: int, person: str, fallback: str | None = None, unit: str | None = None
) -> Fact:
    return happened(
        "handling",
        LEADER,
        CaseEscalated(
            rung=rung,
            from_post="bailu-east.ran",
            to_post=f"post-{rung}",
            told=person,
            unit=unit or f"unit-{rung}",
            reason="silence",
            rule="by_hand",
            fallback=fallback,
        ),
    )


def answer(rung: int, person: str, told: str = "qu", unit: str | None = None) -> Fact:
    return happened(
        "handling",
        LEADER,
        EscalationAnswered(
            rung=rung,
            unit=unit or f"unit-{rung}",
            post=f"post-{rung}",
            told=told,
            person=person,
        ),
    )


def test_whoever_took_the_call_answers_for_the_case_first() -> None:
    rows = chain(received())
    assert who(rows) == [(0, "95598", "dan")]
    assert (rows[0].post, rows[0].policy) == ("95598.dan", "sgcc-2022@1")


def test_a_dispatched_case_is_with_the_unit_until_a_person_takes_it() -> None:
    assert who(chain(*DISPATCH)) == [(0, "95598", "dan"), (0, "bailu-east", None)]
    assert who(chain(*HANDLING)) == [(0, "95598", "dan"), (0, "bailu-east", "ran")]


def test_each_leader_told_is_a_rung_with_why_and_who_instead_of_whom() -> None:
    rows = chain(
        *HANDLING, at(minutes(5), told(1, "qu")), at(minutes(9), told(2, "lan", "deputy"))
    )
    assert who(rows)[2:] == [(1, "unit-1", "qu"), (2, "unit-2", "lan")]
    first, second = rows[2:]
    assert (first.n, first.told_at, first.reason, first.rule) == (
        3,
        minutes(5),
        "silence",
        "by_hand",
    )
    assert (first.fallback, second.fallback) == (None, "deputy")
    assert first.waits


def test_an_answer_stands_with_the_rung_it_answers() -> None:
    asked = chains(
        *HANDLING, told(1, "qu"), told(2, "lan"), at(minutes(7), answer(1, "xu"))
    )
    first, second = asked.of(CASE_ID)[2:]
    assert (first.answered_at, first.answered_by, first.waits) == (minutes(7), "xu", False)
    assert waiting(asked) == [second]


def test_after_a_reassignment_the_answer_is_that_of_the_leader_who_was_told_there() -> None:
    moved = CaseReassigned(from_unit="bailu-east", to_unit="xishi", reason="wrong_area")
    asked = chains(
        *HANDLING,
        told(1, "qu"),
        happened("dispatched", DISPATCHER, moved),
        told(1, "yan", unit="xishi"),
        at(minutes(9), answer(1, "yan", told="yan", unit="xishi")),
    )
    old, new = (row for row in asked.of(CASE_ID) if row.rung == 1)
    assert (old.person, old.answered_by, old.waits) == ("qu", None, True)
    assert (new.person, new.answered_by, new.answered_at) == ("yan", "yan", minutes(9))


def test_who_need_not_answer_while_the_case_is_merged_must_once_it_is_not() -> None:
    merged = happened("merged", DISPATCHER, CaseMerged(into=OTHER_ID, into_number="1"))
    again = CaseUnmerged(was_in=OTHER_ID, to_unit="95598", reason="another_matter")
    unmerged = happened("received", DISPATCHER, again)
    life = (*HANDLING, told(1, "qu"), at(minutes(5), merged))
    assert waiting(chains(*life)) == []
    assert [row.person for row in waiting(chains(*life, unmerged))] == ["qu"]
    link = chain(*life, unmerged, at(minutes(9), answer(1, "qu")))[2]
    assert (link.lapsed_at, link.answered_by, link.answered_at) == (None, "qu", minutes(9))


def test_who_handles_after_a_reassignment_or_a_hand_over_is_a_link_of_its_own() -> None:
    moved = CaseReassigned(from_unit="bailu-east", to_unit="bailu", reason="wrong_area")
    taken = HandoverAccepted(
        from_unit="bailu", from_person=None, to_unit="xishi-town", to_person="tan"
    )
    rows = chain(
        *HANDLING,
        told(1, "qu"),
        happened("dispatched", DISPATCHER, moved),
        happened("handling", HANDLER, taken),
    )
    assert who(rows) == [
        (0, "95598", "dan"),
        (0, "bailu-east", "ran"),
        (1, "unit-1", "qu"),
        (0, "bailu", None),
        (0, "xishi-town", "tan"),
    ]


def test_a_new_round_climbs_from_the_bottom_and_spares_who_has_not_answered() -> None:
    again = CaseReopened(
        from_stage="callback", to_unit="bailu-east", rehandling=True, reason="unsolved"
    )
    asked = chains(
        *CALLBACK[:-2],
        told(1, "qu"),
        *CALLBACK[-2:],
        called_back(),
        at(minutes(30), happened("handling", DISPATCHER, again)),
        told(1, "lan"),
        answer(1, "lan", told="lan"),
    )
    rows = asked.of(CASE_ID)
    old, new = (row for row in rows if row.rung == 1)
    assert (old.round, old.answered_at, old.lapsed_at) == (1, None, minutes(30))
    assert (new.round, new.answered_by, new.lapsed_at) == (2, "lan", None)
    assert waiting(asked) == []


def test_a_case_that_is_done_asks_nobody_any_more() -> None:
    asked = chains(*HANDLING, told(1, "qu"), REPLIED, at(minutes(60), CLOSED))
    assert waiting(asked) == []
    assert asked.of(CASE_ID)[-1].lapsed_at == minutes(60)
    assert all(row.lapsed_at is None for row in chain(*ARCHIVE))


def test_a_stage_asks_nobody_any_more_when_the_policy_ends_there() -> None:
    end = at(minutes(60), REPLIED.stamped(stage="on-file", terminal=True))
    assert waiting(chains(*HANDLING, told(1, "qu"), end)) == []
    going_on = CLOSED.stamped(terminal=False)
    assert len(waiting(chains(*HANDLING, told(1, "qu"), going_on))) == 1


def test_of_history_the_chain_names_who_held_the_case_last() -> None:
    assert who(chain(*history("handling", "handling", "closed"))) == [(0, "V3", "Li")]


def climbed(rung: int, person: str | None, climb: str, next_at: datetime | None) -> Fact:
    """A ladder told the next leader, as it was due."""
    return told(rung, person or "").stamped(
        rule="overdue",
        reason="late",
        told=person,
        to_post=f"post-{rung}" if person else None,
        fallback=None if person else "nobody",
        climb=climb,
        due=minutes(10 * rung),
        next_at=next_at,
    )


def test_a_rung_of_a_ladder_says_when_it_was_due_and_when_the_next_one_is() -> None:
    asked = chain(
        *HANDLING,
        at(minutes(10), climbed(1, "qu", "overdue:answer.1", minutes(20))),
        at(minutes(20), climbed(2, "lan", "overdue:answer.1", minutes(40))),
    )
    first, second = (row for row in asked if row.rung)
    assert (first.climb, first.rule, first.due) == (
        "overdue:answer.1",
        "overdue",
        minutes(10),
    )
    assert (second.due, second.next_at) == (minutes(20), minutes(40))
    assert first.next_at is None, "it was told"
    assert [row.version for row in (first, second)] == [5, 6]


def test_no_rung_is_to_come_once_a_climb_is_at_an_end() -> None:
    late = climbed(1, "qu", "overdue:answer.1", minutes(20))
    idle = climbed(1, "qu", "stall:1", minutes(30))
    stopped = ClockStopped(
        clock="answer.1", step="answer", kind="step", outcome="late", due=minutes(9)
    )
    moved = DeadlineMoved(
        clock="answer.1", why="level", rule="x", from_due=minutes(9), due=minutes(90)
    )

    def to_come(*facts: Fact) -> list[str | None]:
        return [row.climb for row in chain(*HANDLING, late, idle, *facts) if row.next_at]

    assert to_come() == ["overdue:answer.1", "stall:1"]
    assert to_come(stopped) == ["stall:1"]
    assert to_come(moved) == ["stall:1"]
    assert to_come(at(minutes(99), moved)) == ["overdue:answer.1", "stall:1"]
    assert to_come(REPLIED) == ["overdue:answer.1"]
    assert to_come(CLOSED) == []


def test_an_answer_moves_the_next_rung_and_counts_for_its_own_climb_only() -> None:
    mine = climbed(1, "qu", "overdue:answer.1", minutes(20))
    other = climbed(1, "qu", "stall:1", minutes(30))
    reply = answer(1, "qu").stamped(climb="overdue:answer.1", next_at=minutes(60))
    first, second = (row for row in chain(*HANDLING, mine, other, reply) if row.rung)
    assert (first.answered_by, first.next_at) == ("qu", minutes(60))
    assert (second.waits, second.next_at) == (True, minutes(30))


def test_a_rung_that_nobody_could_be_told_of_stands_in_the_chain_and_says_so() -> None:
    asked = chain(*HANDLING, climbed(1, None, "overdue:answer.1", minutes(20)))
    assert (asked[-1].person, asked[-1].post, asked[-1].fallback) == (None, None, "nobody")
    assert asked[-1].waits


def test_whoever_takes_what_lay_with_nobody_begins_that_link() -> None:
    assert [row.version for row in chain(*HANDLING)] == [1, 4]
