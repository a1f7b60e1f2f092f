"""The clocks of a case: what was promised, who held it then, how it came out."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from domain.case.level import LevelRaised
from domain.fact import Fact
from domain.promise.clock import (
    BreachExplained,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
    DeadlineWarned,
)
from domain.promise.records import Grant, Pause
from projections.check import check
from projections.clock_rows import ClockRow
from projections.clocks import CLOCKS, TIME, Clocks
from projections.engine import Engine
from projections.reading import Held, Stored
from projections.rebuild import make_ready, rebuild
from store import Store
from tests.projections import telling
from tests.projections.telling import at, in_stream, minutes, record, stream
from tests.support.scenario import CASE_ID
from tests.support.story import ACCEPTED, DISPATCHED, HANDLING, received


def command(n: int, *facts: Fact) -> list[Fact]:
    """Facts of the ``n``-th command."""
    return [fact.stamped(command_id=uuid5(CASE_ID, str(n))) for fact in facts]


def start(step: str = "answer", run: int = 1, due: datetime | None = None) -> Fact:
    return ClockStarted(
        clock=f"{step}.{run}",
        step=step,
        kind="step",
        rule=f"{step}_general",
        started_at=minutes(0),
        due=due or minutes(60),
        calendar="cn-office@1",
    )


def stop(
    moment: datetime, outcome: str, step: str = "answer", due: datetime | None = None
) -> Fact:
    fact = ClockStopped(
        clock=f"{step}.1",
        step=step,
        kind="step",
        outcome=outcome,
        due=due or minutes(60),
    )
    return at(moment, fact)


def move(moment: datetime, why: str, due: datetime, **said: object) -> Fact:
    fact = DeadlineMoved(
        clock="answer.1",
        why=why,
        rule="answer_general",
        from_due=minutes(60),
        due=due,
        calendar="cn-office@1",
    )
    return at(moment, fact.stamped(**said))


def breach(due: datetime) -> Fact:
    fact = DeadlineBreached(clock="answer.1", step="answer", kind="step", due=due)
    return at(due, fact)


def clocks(*facts: Fact) -> list[ClockRow]:
    found = telling.folded(TIME, *facts)
    assert not found.parked
    assert not found.broken_promises
    return Clocks(Held(found)).of(CASE_ID)


def only(*facts: Fact) -> ClockRow:
    [row] = clocks(*facts)
    return row


def test_a_clock_runs_from_what_was_promised_for_what_the_case_is() -> None:
    row = only(*HANDLING, start())
    assert (row.clock, row.kind, row.state) == ("answer.1", "step", "running")
    assert (row.started_at, row.due, row.first_due) == (
        minutes(0),
        minutes(60),
        minutes(60),
    )
    assert (row.calendar, row.policy) == ("cn-office@1", "sgcc-2022@1")
    assert (row.business_type, row.unit, row.unit_started) == (
        "complaint",
        "bailu-east",
        "bailu-east",
    )
    assert row.running


def test_each_run_of_a_step_is_a_row_and_they_stand_in_the_order_of_their_start() -> None:
    rows = clocks(
        received(), start("contact"), start(), stop(minutes(5), "dropped"), start(run=2)
    )
    assert [(row.clock, row.state) for row in rows] == [
        ("contact.1", "running"),
        ("answer.1", "dropped"),
        ("answer.2", "running"),
    ]


def test_a_clock_that_runs_goes_with_the_case_and_one_that_stopped_does_not() -> None:
    first = command(1, received(), start("dispatch"), start())
    second = command(2, DISPATCHED, stop(minutes(4), "kept", "dispatch"))
    dispatch, answer = clocks(*first, *second, *command(3, ACCEPTED))
    assert (dispatch.state, dispatch.stopped_at) == ("kept", minutes(4))
    # Whoever dispatched it kept the time, not the unit that it was sent to by that.
    assert (dispatch.unit, answer.unit, answer.unit_started) == (
        "95598",
        "bailu-east",
        "95598",
    )


def test_what_was_stopped_by_a_later_command_was_stopped_where_the_case_then_was() -> None:
    [row] = clocks(
        *command(1, received(), start()),
        *command(2, DISPATCHED),
        *command(3, stop(minutes(70), "late")),
    )
    assert (row.unit, row.state) == ("bailu-east", "late")


def test_a_breach_stands_with_its_due_time_the_unit_and_its_explanation() -> None:
    row = only(
        *command(1, received(), start()),
        *command(2, breach(minutes(60)), DISPATCHED),
        *command(3, at(minutes(90), BreachExplained(clock="answer.1", reason="weather"))),
    )
    assert (row.breached_at, row.unit_breached, row.explained) == (
        minutes(60),
        "95598",
        "weather",
    )
    assert (row.state, row.unit) == ("running", "bailu-east")


def test_warnings_are_counted() -> None:
    warning = DeadlineWarned(clock="answer.1", n=1, due=minutes(60), unit="bailu-east")
    assert only(*HANDLING, start(), warning, warning.stamped(n=2)).warned == 2


def test_a_moved_deadline_keeps_what_was_promised_first_and_says_why_it_moved() -> None:
    row = only(
        *HANDLING,
        start(),
        breach(minutes(60)),
        BreachExplained(clock="answer.1", reason="weather"),
        move(
            minutes(80), "level", minutes(200), rule="answer_major", calendar="cn-office@2"
        ),
    )
    assert (row.due, row.first_due, row.moved, row.moved_why) == (
        minutes(200),
        minutes(60),
        1,
        "level",
    )
    assert (row.rule, row.calendar) == ("answer_major", "cn-office@2")
    assert (row.breached_at, row.explained) == (None, None)


def test_a_deadline_moved_to_before_now_is_still_breached() -> None:
    row = only(
        *HANDLING, start(), breach(minutes(60)), move(minutes(80), "level", minutes(30))
    )
    assert row.breached_at == minutes(60)


GRANT = Grant(due=minutes(300), at=minutes(25))


def test_rests_are_added_up_and_a_rest_cut_short_counts_only_as_long_as_it_was() -> None:
    first = Pause(since=minutes(10), until=minutes(40))
    short = Pause(since=minutes(10), until=minutes(20))
    second = Pause(since=minutes(30), until=minutes(35))
    moves = [
        move(minutes(10), "suspended", minutes(90), pauses=(first,)),
        move(minutes(20), "resumed", minutes(70), pauses=(short,)),
        move(minutes(25), "extended", minutes(300), granted=GRANT, pauses=(short,)),
        move(
            minutes(30),
            "suspended",
            minutes(305),
            granted=GRANT,
            pauses=(short, second),
        ),
    ]
    paused = [only(*HANDLING, start(), *moves[:n]).paused / 60 for n in range(5)]
    assert paused == [0, 30, 10, 10, 15]
    row = only(*HANDLING, start(), *moves)
    assert (row.granted, row.pauses, row.moved) == (GRANT, (short, second), 4)


def test_a_clock_that_runs_on_has_not_stopped() -> None:
    row = only(
        *HANDLING,
        start(),
        stop(minutes(20), "kept"),
        at(minutes(30), ClockResumed(clock="answer.1", due=minutes(60))),
    )
    assert (row.state, row.stopped_at) == ("running", None)


def test_a_clock_has_the_level_the_case_had_while_it_ran() -> None:
    raised = LevelRaised(from_level="general", level="major", reason="media")
    rows = clocks(
        *HANDLING, start("contact"), stop(minutes(5), "kept", "contact"), start(), raised
    )
    assert [row.level for row in rows] == [None, "major"]


def test_a_fact_about_a_clock_that_never_began_is_parked_and_not_guessed_at() -> None:
    found = telling.folded(TIME, *HANDLING, breach(minutes(60)))
    assert "never began: answer.1" in found.parked[0].reason


def life(case: UUID) -> list[Fact]:
    """One case with clocks that stop, move and breach."""
    pause = Pause(since=minutes(10), until=minutes(40))
    return in_stream(
        case,
        [
            *command(1, received(), start("dispatch"), start()),
            *command(2, DISPATCHED, stop(minutes(4), "kept", "dispatch")),
            *command(3, move(minutes(10), "suspended", minutes(90), pauses=(pause,))),
            *command(4, breach(minutes(90)), stop(minutes(95), "late", due=minutes(90))),
        ],
    )


def test_following_rebuilding_and_folding_from_scratch_come_to_the_same(
    store: Store,
) -> None:
    make_ready(store, [TIME])
    engine = Engine(store, [TIME], batch_max=2)
    for number in (1, 2):
        record(store, life(stream(number)))
    while engine.step():
        pass
    engine.close()
    asked = Clocks(Stored(store.pool))
    followed = asked.of(stream(1))
    assert [(row.clock, row.state, row.paused) for row in followed] == [
        ("dispatch.1", "kept", 0.0),
        ("answer.1", "late", timedelta(minutes=30).total_seconds()),
    ]
    assert check(store, [TIME]).sound
    rebuild(store, [TIME])
    assert asked.of(stream(1)) == followed
    assert check(store, [TIME]).sound
    assert Stored(store.pool).count(CLOCKS.table) == {(): 4}
