"""The rules of time are read with care, and hold together word by word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.policies import shipped
from domain.case.case import CaseFact
from domain.case.escalation import CaseEscalated
from domain.policy.parse import Malformed, parse
from domain.policy.policy import Policy
from domain.policy.time_checks import OF_TIME, time_warnings, vocabulary
from domain.policy.time_rows import ClockRule, Orders, RungRule, Span
from domain.promise.climb import OwnerForced, SignalRaised
from domain.promise.clock import ClockFact
from tests.domain.policy.shaping import NAMED, changed, small

CLOCK = NAMED | {"starts": ["case.received"], "stops": ["case.closed"], "ladder": "climb"}
LIMIT = NAMED | {"step": "answer", "value": 4, "unit": "wd", "clock": "step"}
RUNG = {"after": "0 min", "tells": "leader"}
STALL = NAMED | {"after": "8 h", "ladder": "climb"}


def timed() -> dict[str, Any]:
    """The smallest policy that keeps time."""
    document = small() | {
        "clocks": {"answer": CLOCK},
        "limits": {"answer": LIMIT},
        "ladders": {"climb": NAMED | {"rungs": [RUNG, RUNG | {"after": "1 wd", "up": 1}]}},
        "signals": {"stall": STALL},
        "reasons": {"body": {"12398": NAMED}},
        "levels": {"levels": {"high": NAMED | {"rank": 1}}},
        "orders": {
            "urge_gap": {"value": "90 min", "source": "U"},
            "blocks": {"value": ["superior"], "source": "B1"},
            "release": {"value": ["dispatcher"], "source": "U"},
            "rest_max": {"value": "60 d", "source": "U"},
        },
    }
    return changed(document, "profile/calendar", "office")


def checked(document: dict[str, Any]) -> Policy:
    return Policy.from_document(parse(document, vocabulary()))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("4 wd", 4, "wd"), ("20 min", 20, "min"), ("1.5 h", 1.5, "h"), ("0 s", 0, "s")],
)
def test_a_span_is_a_number_and_a_unit(text: str, value: float, unit: str) -> None:
    assert Span.parse(text) == Span(value=value, unit=unit)
    assert str(Span.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "inf h",
        "1e9 h",
        "100001 s",
        "two h",
        "",
        "4",
        "wd",
        "4wd",
        "4  h",
        "4 h ",
        "4 weeks",
        "-1 h",
        "1.5 wd",
        "nan h",
        "1_0 h",
    ],
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no span"):
        Span.parse(text)


def test_a_span_has_seconds_unless_only_a_calendar_knows() -> None:
    texts = ("30 s", "20 min", "1.5 h", "2 d")
    assert [Span.parse(text).seconds for text in texts] == [30, 1200, 5400, 172_800]
    with pytest.raises(ValueError, match="no number of seconds: 4 wd"):
        _ = Span.parse("4 wd").seconds


def test_the_rules_of_time_read_back_as_they_were_written() -> None:
    policy = checked(timed())
    assert policy.calendar == "office"
    assert policy.fallback_unit == policy.intake_unit
    assert policy.clocks["answer"] == ClockRule(
        zh="名",
        en="name",
        step="answer",
        starts=frozenset({"case.received"}),
        stops=frozenset({"case.closed"}),
        ladder="climb",
    )
    assert policy.ladders["climb"].rungs == (
        RungRule(after=Span(value=0, unit="min"), tells="leader"),
        RungRule(after=Span(value=1, unit="wd"), tells="leader", up=1),
    )
    assert policy.signals["stall"].after == Span(value=8, unit="h")
    assert policy.orders == Orders(
        urge_gap=timedelta(minutes=90),
        blocks=frozenset({"superior"}),
        release=frozenset({"dispatcher"}),
        rest_max=timedelta(days=60),
    )


def test_rules_from_before_there_were_clocks_still_hold() -> None:
    before = small() | {"limits": {"answer": LIMIT | {"clock": "promise"}}}
    policy = checked(before)
    assert (policy.clocks, policy.ladders, policy.signals) == ({}, {}, {})
    assert policy.orders == Orders()
    assert time_warnings(policy, frozenset()) == []


WRONG: list[tuple[str, Any, str]] = [
    # Read by themselves
    ("clocks/answer/start", ["case.received"], "row answer: nobody reads start"),
    (
        "clocks/answer/owner",
        "boss",
        "row answer: owner must be one of holder",
    ),
    ("clocks/answer/warn", ["2 days"], "warn must be a span like 4 wd"),
    ("clocks/answer/extends", "yes", "extends must be true or false"),
    ("clocks/answer/rests", "yes", "rests must be true or false"),
    ("ladders/climb/answer_ends", 0, "row climb: answer_ends must be true or false"),
    ("orders/rest_max", {"value": "9 wd", "source": "U"}, "a span in clock time"),
    ("orders/rest_max", {"value": "9 d"}, "row rest_max: source is missing"),
    ("orders/rest_min", {"value": "9 d"}, "nobody reads rest_min"),
    ("clocks/answer/source", None, "row answer: source is missing"),
    ("ladders/climb/rungs", [], "row climb: rungs must be a list of at least one rung"),
    ("ladders/climb/rungs/0/after", "soon", "row climb.rungs[0]: after must be a span"),
    ("ladders/climb/rungs/0/tells", "boss", "tells must be one of assignee, leader, desk"),
    ("ladders/climb/rungs/0/to", "x", "row climb.rungs[0]: nobody reads to"),
    ("ladders/climb/answer_holds", "1", "answer_holds must be a span"),
    ("signals/noise", STALL, "row noise: noise must be named one of stall, returns"),
    ("signals/stall/times", "3", "row stall: times must be a whole number"),
    ("orders/urge_gap", {"value": "1 wd", "source": "U"}, "a span in clock time"),
    ("orders/urge_gap", {"value": "1 h"}, "row urge_gap: source is missing"),
    ("limits/answer/end_of_day", 1, "row answer: end_of_day must be true or false"),
    # By the names of other tables
    ("clocks/answer/ladder", "gone", "names gone, which the table ladders lacks"),
    ("signals/stall/ladder", "gone", "row stall: ladders names gone"),
    ("signals/stall/stages", ["limbo"], "row stall: states names limbo"),
    ("signals/stall/levels", ["low"], "row stall: levels names low"),
    ("orders/release/value", ["cook"], "table orders, row release: roles names cook"),
    ("orders/blocks/value", ["army"], "table orders, row blocks: value must be main, sup"),
    ("limits/answer/bodies", ["12345"], "row answer: bodies names 12345"),
    # By the words that facts say
    ("clocks/answer/stops", ["case.gone"], "stops must be the topic of a fact about cases"),
    ("clocks/answer/starts", ["case.reopened.reason"], "not 'case.reopened.reason'"),
    ("clocks/answer/resumes", ["case.accepted.not"], "not 'case.accepted.not'"),
    ("clocks/answer/drops", ["call.ended"], "not 'call.ended'"),
    ("clocks/answer/restarts", ["received"], "not 'received'"),
    # By the words that time itself says
    *(
        (f"clocks/answer/{key}", [word], f"{key} must be the topic of a fact about cases")
        for key, word in (
            ("starts", "case.clock_stopped"),
            ("restarts", "case.deadline_moved"),
            ("stops", "case.deadline_breached"),
            ("drops", "case.signal_raised"),
            ("resumes", "case.escalated"),
            ("stops", "case.escalated.not_by_hand"),
            ("starts", "case.deadline_moved.provisional"),
        )
    ),
    # Clocks, limits and calendars
    ("clocks/answer/starts", None, "row answer: starts is missing; give the words"),
    ("clocks/answer/stops", None, "row answer: stops is missing; give the words"),
    ("clocks/review", CLOCK, "row review: step names review, which the table limits lacks"),
    (
        "limits/review",
        LIMIT | {"step": "review"},
        "must be measure or published, unless",
    ),
    ("limits/answer/unit", "%", "row answer: unit must be one of s, min, h, d, wd"),
    ("limits/answer/unit", "y", "row answer: unit must be one of s, min, h, d, wd"),
    ("limits/answer/value", 1.5, "value must be a whole number of working days"),
    ("limits/hours", LIMIT | {"unit": "h", "end_of_day": True}, "wd where end_of_day is"),
    ("limits/days", LIMIT | {"unit": "d", "calendar": "office"}, "where a calendar is nam"),
    ("profile/calendar", None, "row profile: calendar is missing; give the name of the"),
    ("limits/answer/value", 0, "value must be more than 0, or no clock runs, not 0"),
    (
        "limits/outside",
        LIMIT | {"clock": "outer"},
        "row outside: clock must be step, as in row answer of the same step, not 'outer'",
    ),
    # Beyond reason
    ("limits/answer/value", 3_661, "row answer: value must be at most 3660 wd, and at m"),
    (
        "limits/days",
        LIMIT | {"unit": "d", "value": 3_661},
        "row days: value must be at most",
    ),
    ("clocks/answer/warn", ["90000 h"], "row answer: warn must be at most 3660 wd"),
    (
        "ladders/climb/rungs/1/after",
        "4000 wd",
        "row climb.rungs[1]: after must be at most 3660 wd",
    ),
    ("ladders/climb/answer_holds", "4000 d", "row climb: answer_holds must be at most"),
    ("signals/stall/after", "4000 d", "row stall: after must be at most 3660 wd"),
    (
        "orders/urge_gap",
        {"value": "4000 d", "source": "U"},
        "row urge_gap: value must be at",
    ),
    (
        "orders/rest_max",
        {"value": "4000 d", "source": "U"},
        "row rest_max: value must be at",
    ),
    (
        "orders/rest_max",
        {"value": "0 d", "source": "U"},
        "row rest_max: value must be more",
    ),
    # Ladders and signals
    (
        "ladders/climb/rungs",
        [RUNG | {"after": "1 d", "calendar": "office"}],
        "row climb.rungs[0]: after must be in wd, h, min or s where a calendar is named",
    ),
    (
        "signals/stall",
        STALL | {"after": "1 d", "calendar": "office"},
        "row stall: after must be in wd, h, min or s where a calendar is named, not '1 d'",
    ),
    ("signals/stall/times", 3, "row stall: times must be left out"),
    ("signals/stall/force", True, "row stall: force must be left out"),
    ("ladders/climb/rungs", [RUNG, RUNG], "rungs[1]: after must be later than the rung"),
    (
        "ladders/climb/rungs",
        [RUNG | {"after": "2 h"}, RUNG | {"after": "90 min"}],
        "rungs[1]: after must be later than the rung before it, not '90 min'",
    ),
    ("signals/stall/times", 0, "row stall: times must be at least 1"),
    ("signals/stall/after", None, "row stall: after is missing; give how long nobody"),
    ("signals/major", NAMED | {"ladder": "climb"}, "row major: levels is missing"),
]


@pytest.mark.parametrize(
    ("path", "value", "says"), WRONG, ids=[f"{row[0]}-{row[2][-20:]}" for row in WRONG]
)
def test_what_is_wrong_is_named_with_table_row_and_remedy(
    path: str, value: Any, says: str
) -> None:
    with pytest.raises(Malformed) as refused:
        parse(changed(timed(), path, value), vocabulary())
    assert says in refused.value.en


HOURS = {
    "limits/answer/unit": "h",
    "ladders/climb/rungs": [RUNG],
    "profile/calendar": None,
}
COUNTED_IN_DAYS = [
    ("limits/answer/unit", "wd"),
    ("clocks/answer/warn", ["1 wd"]),
    ("ladders/climb/rungs", [RUNG, RUNG | {"after": "1 wd"}]),
    ("ladders/climb/answer_holds", "1 wd"),
    ("signals/stall/after", "1 wd"),
]


@pytest.mark.parametrize(("path", "value"), COUNTED_IN_DAYS)
def test_working_days_anywhere_need_a_calendar_to_count_them_in(
    path: str, value: Any
) -> None:
    document = timed()
    for place, hours in HOURS.items():
        document = changed(document, place, hours)
    assert checked(document).calendar == ""
    with pytest.raises(Malformed) as refused:
        checked(changed(document, path, value))
    assert "row profile: calendar is missing; give the name" in refused.value.en
    named = changed(changed(document, path, value), "profile/calendar", "office")
    assert checked(named).calendar == "office"


def test_working_days_are_counted_in_the_calendar_of_their_own_row() -> None:
    document = timed()
    for place, hours in HOURS.items():
        document = changed(document, place, hours)
    rungs = [RUNG, RUNG | {"after": "1 wd", "calendar": "shifts"}]
    ladder = NAMED | {"rungs": rungs, "answer_holds": "1 wd", "answer_ends": False}
    document = changed(document, "ladders/climb", ladder)
    document = changed(
        document, "signals/stall", STALL | {"after": "1 wd", "calendar": "shifts"}
    )
    assert not checked(document).ladders["climb"].answer_ends


def test_the_longest_that_a_rule_may_last_is_ten_years() -> None:
    document = changed(timed(), "limits/answer/value", 3_660)
    document = changed(document, "ladders/climb/rungs/1/after", "3660 wd")
    document = changed(document, "signals/stall/after", "3660 d")
    assert checked(document).limits["answer"].value == 3_660


def test_what_is_measured_or_published_is_no_span_of_a_clock() -> None:
    kept = LIMIT | {"clock": "measure", "value": 0, "unit": "%"}
    aside = LIMIT | {"clock": "published", "value": 9_000, "unit": "wd"}
    document = changed(changed(timed(), "limits/kept", kept), "limits/aside", aside)
    assert {"kept", "aside"} <= set(checked(document).limits)


def test_rungs_that_are_counted_differently_are_not_compared() -> None:
    rungs = [RUNG | {"after": after} for after in ("30 h", "1 wd")]
    rungs.append(RUNG | {"after": "8 h", "calendar": "office"})
    policy = checked(changed(timed(), "ladders/climb/rungs", rungs))
    assert len(policy.ladders["climb"].rungs) == 3


def test_a_word_is_a_topic_or_a_yes_or_no_of_a_fact_about_a_case() -> None:
    known = vocabulary()
    assert {
        "case.received",
        "case.customer_contacted.reached",
        "case.return_decided.not_approved",
        "case.reopened.rehandling",
        "case.callback_decided.not_due",
        "case.supervision_answered.all_answered",
    } <= known
    assert not {"case", "call.ended", "policy.published", "case.closed.terminal"} & known


def test_no_clock_listens_for_what_time_itself_does() -> None:
    known = vocabulary()
    kinds: list[type[CaseFact]] = [SignalRaised, OwnerForced, CaseEscalated]
    kinds += ClockFact.__subclasses__()
    by_itself = {kind.TOPIC for kind in kinds if not kind.OWNER_ACT}
    assert by_itself == OF_TIME
    assert not {word for word in known if ".".join(word.split(".")[:2]) in OF_TIME} - {
        "case.escalated.by_hand"
    }
    assert {"case.escalated.by_hand", "case.breach_explained"} <= known


def test_who_has_to_act_is_one_of_six() -> None:
    for owner in ("holder", "leader", "offered", "centre", "ordered", "told"):
        document = changed(timed(), "clocks/answer/owner", owner)
        assert checked(document).clocks["answer"].owner == owner


def test_a_calendar_that_nobody_knows_is_only_pointed_at() -> None:
    odd = changed(timed(), "ladders/climb/rungs/0/calendar", "moon")
    found = time_warnings(checked(odd), frozenset({"office"}))
    assert [(f.code, f.state, f.action, f.severity) for f in found] == [
        ("unknown_calendar", "ladders.climb", "moon", "warning")
    ]


def test_a_clock_without_a_rung_and_a_state_that_nobody_watches_are_pointed_at() -> None:
    document = changed(timed(), "clocks/answer/ladder", None)
    assert [f.code for f in warned(document)] == ["no_rung"]
    document = changed(timed(), "signals/stall", None)
    assert [(f.code, f.state) for f in warned(document)] == [("untimed_state", "received")]
    document = changed(timed(), "signals/stall/stages", ["closed"])
    assert [(f.code, f.state) for f in warned(document)] == [("untimed_state", "received")]
    assert warned(timed()) == []


def warned(document: dict[str, Any]) -> list[Any]:
    return time_warnings(checked(document), frozenset({"office"}))


@pytest.mark.parametrize("profile", sorted(shipped()))
def test_the_shipped_rules_of_time_leave_nothing_to_point_at(profile: str) -> None:
    policy = checked(shipped()[profile])
    assert time_warnings(policy, frozenset({"cn-office"})) == []
