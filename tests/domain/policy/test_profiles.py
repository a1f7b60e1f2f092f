"""The shipped profiles hold together, speak both languages, and name every source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.http.questions import QUESTIONS
from api.policies import shipped
from domain.catalogue import SUBJECTS
from domain.policy.book import FOUNDING
from domain.policy.lint import lint, sound
from domain.policy.parse import parse
from domain.policy.policy import Policy
from domain.policy.row import MARK
from domain.refused import NotPermitted, Refused

POLICIES = {name: Policy.from_document(document) for name, document in shipped().items()}
SGCC, CITY = POLICIES["sgcc-2022"], POLICIES["hotline-12345"]
ROOT = Path(__file__).parents[3]
ROLES = {
    "agent",
    "dispatcher",
    "handler",
    "leader",
    "supervisor",
    "auditor",
    "admin",
    "intake",
    "system",
}
KINDS = {
    "dispatch",
    "return",
    "reassign",
    "reclassify",
    "raise_level",
    "extension",
    "reject",
    "reopen",
    "escalate",
    "withdraw",
    "refer",
    "body",
    "no_callback",
    "callback_failed",
    "attempt",
    "contact",
    "means",
    "refuse_handover",
    "unmerge",
    "responsibility",
    "breach",
    "close_order",
    "rating_channel",
    "incentive",
    "alert_outcome",
}
# What a row holds that is none itself: it says more of the row above it.
PARTS = ("/when", "/where", "/counts", "/weights")

every_profile = pytest.mark.parametrize("profile", sorted(POLICIES))


def rows(value: Any, where: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every row of a document, at whatever depth: a table that says something itself.

    What only holds other rows (a table, a kind of reasons) is none, nor is a rung: it
    belongs to its ladder.
    """
    if where.endswith((*PARTS, "/rungs")):
        return
    if isinstance(value, list):
        for n, inner in enumerate(value):
            yield from rows(inner, f"{where}[{n}]")
    if isinstance(value, dict):
        said = {key for key, inner in value.items() if not isinstance(inner, dict)}
        if said:
            yield where, value
        for key, inner in value.items():
            yield from rows(inner, f"{where}/{key}")


def test_four_profiles_are_shipped_under_their_own_names() -> None:
    assert {name: policy.label for name, policy in POLICIES.items()} == {
        "csg": "csg@2",
        "hotline-12345": "hotline-12345@3",
        "sgcc-2011": "sgcc-2011@2",
        "sgcc-2022": "sgcc-2022@3",
    }
    assert SGCC.effective_from == datetime(2021, 12, 31, 16, tzinfo=UTC)
    assert POLICIES["sgcc-2011"].effective_from == datetime(2010, 12, 31, 16, tzinfo=UTC)
    assert (SGCC.intake_unit, CITY.intake_unit) == ("95598", "12345")
    assert {policy.fallback_unit for policy in POLICIES.values()} == {"95598", "12345"}
    assert {policy.calendar for policy in POLICIES.values()} == {"cn-office"}


@every_profile
def test_a_shipped_profile_is_a_document_that_parses_to_itself(profile: str) -> None:
    document = shipped()[profile]
    assert parse(document) == document == POLICIES[profile].document


@every_profile
def test_the_workflow_lints_without_an_error(profile: str) -> None:
    found = lint(shipped()[profile]["workflow"])
    assert sound(found)
    assert [(f.code, f.state, f.action) for f in found] == [
        ("terminal_state_with_exits", "closed", None),
        ("terminal_state_with_exits", "referred", None),
        ("terminal_state_with_exits", "merged", None),
    ]


@every_profile
def test_no_row_is_without_a_source(profile: str) -> None:
    found = list(rows(shipped()[profile]))
    assert len(found) > 300
    for where, row in found:
        marks = row.get("source", "").split(", ")
        assert all(MARK.fullmatch(mark) for mark in marks), f"{where} has no source"


@every_profile
def test_every_source_is_told_in_the_list_of_sources(profile: str) -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    told = {line.split("|")[1].strip() for line in text.splitlines() if "|" in line}
    for where, row in rows(shipped()[profile]):
        for mark in row["source"].split(", "):
            assert mark in told or mark[0] in "ABC", f"{where}: {mark}"


@every_profile
def test_every_name_is_told_in_both_languages(profile: str) -> None:
    for where, row in rows(shipped()[profile]):
        if "zh" in row or "en" in row:
            assert row["zh"], where
            assert row["en"].isascii() or "…" in row["en"], where
            assert row["zh"] != row["en"], where


@every_profile
def test_every_state_and_every_action_has_words(profile: str) -> None:
    policy = POLICIES[profile]
    for state, action in policy.moves:
        assert policy.stage_text(state).zh != state
        assert policy.action_text(action).zh != action
    assert {action for _, action in policy.moves} <= set(policy.actions)


@every_profile
def test_no_two_reasons_of_a_kind_and_no_two_categories_read_alike(profile: str) -> None:
    policy = POLICIES[profile]
    for kind in {kind for kind, _ in policy.reasons}:
        texts = [reason.zh for (each, _), reason in policy.reasons.items() if each == kind]
        assert len(set(texts)) == len(texts), kind
    for parent in {category.parent for category in policy.categories.values()}:
        texts = [c.zh for c in policy.categories.values() if c.parent == parent]
        assert len(set(texts)) == len(texts), parent


@every_profile
def test_every_kind_of_reason_that_a_decision_asks_for_has_codes(profile: str) -> None:
    kinds = {kind for kind, _ in POLICIES[profile].reasons}
    has_suspension = "suspended" in POLICIES[profile].states
    assert kinds == KINDS | ({"suspension"} if has_suspension else set())


def test_every_word_of_action_is_something_that_can_be_asked_for() -> None:
    commands = {word for subject in SUBJECTS.values() for word in subject.commands()}
    assert set(SGCC.actions) == commands - {"keep-time"} | {"import"}
    assert set(CITY.actions) < set(SGCC.actions)


@every_profile
def test_every_command_is_for_somebody(profile: str) -> None:
    policy = POLICIES[profile]
    moves = {action for _, action in policy.moves}
    may = {action for rule in policy.roles.values() for action in rule.may}
    assert moves | may == set(policy.actions)
    assert not moves & may


@every_profile
def test_every_view_is_for_somebody(profile: str) -> None:
    open_to = {view for rule in POLICIES[profile].roles.values() for view in rule.views}
    assert open_to == {*QUESTIONS, "kpi", "casefile", "facts", "refusals"}


@every_profile
def test_the_roles_are_the_nine(profile: str) -> None:
    assert set(POLICIES[profile].roles) == ROLES


@every_profile
def test_who_may_publish_is_what_the_founding_rule_says(profile: str) -> None:
    publishers = {
        r for r, rule in POLICIES[profile].roles.items() if "publish-policy" in rule.may
    }
    assert publishers == set(FOUNDING.roles) == {"admin", "system"}


@every_profile
def test_who_only_looks_changes_nothing(profile: str) -> None:
    policy = POLICIES[profile]
    movers = {role for move in policy.moves.values() for role in move.roles}
    assert movers == {"agent", "dispatcher", "handler", "leader", "supervisor"}
    assert policy.roles["auditor"].may == frozenset()
    assert "casefile" not in policy.roles["admin"].views


@every_profile
def test_another_system_may_send_cases_in_and_see_none(profile: str) -> None:
    intake = POLICIES[profile].roles["intake"]
    assert (intake.may, intake.views) == (frozenset({"receive"}), frozenset())
    movers = {role for move in POLICIES[profile].moves.values() for role in move.roles}
    assert "intake" not in movers


@every_profile
def test_who_may_not_read_a_report_need_not_be_there_for_it_to_go_round(
    profile: str,
) -> None:
    policy = POLICIES[profile]
    readers = policy.types["report"].readers
    assert "handler" not in readers
    way = ["dispatch", "accept", "reply", "approve-reply", "plan-callback", "close"]
    stage = policy.start
    for action in way:
        assert policy.moves[stage, action].roles & readers, action
        stage = policy.moves[stage, action].to
    assert policy.terminal(stage)


@every_profile
def test_a_callback_is_never_in_doubt(profile: str) -> None:
    policy = POLICIES[profile]
    free = {r.code for (kind, _), r in policy.reasons.items() if kind == "no_callback"}
    for business_type, rule in policy.types.items():
        holding = {c for c in free if policy.reason("no_callback", c).holds(business_type)}
        assert bool(holding) == (rule.callback != "all"), business_type
        assert policy.reason("no_callback", "secret").holds(
            business_type, frozenset({"secret"})
        )


@every_profile
def test_every_decided_reason_fits_the_failures_of_a_callback(profile: str) -> None:
    policy = POLICIES[profile]
    failed = {
        code: r for (kind, code), r in policy.reasons.items() if kind == "callback_failed"
    }
    attempts = {code: r for (kind, code), r in policy.reasons.items() if kind == "attempt"}
    assert {c for c, r in attempts.items() if not r.reached} == set(failed)
    assert all(attempts[code].at_once == reason.at_once for code, reason in failed.items())


def test_the_first_receiver_leads_to_the_end_at_12345() -> None:
    assert ("dispatched", "return") in CITY.moves
    assert ("handling", "return") not in CITY.moves
    assert ("handling", "reassign") not in CITY.moves
    assert ("handling", "return") in SGCC.moves


def test_nothing_is_suspended_at_12345() -> None:
    assert "suspended" not in CITY.states
    assert not {action for _, action in CITY.moves if "suspension" in action}
    with pytest.raises(NotPermitted, match="may not request-suspension"):
        CITY.move("handling", "request-suspension", "handler")


def test_the_hotline_grants_extensions_at_12345_and_the_units_leader_at_sgcc() -> None:
    assert CITY.move("handling", "approve-extension", "dispatcher").to == "handling"
    with pytest.raises(NotPermitted):
        CITY.move("handling", "approve-extension", "leader")
    assert SGCC.move("handling", "approve-extension", "leader").to == "handling"


def test_words_and_codes_are_looked_up_or_refused_by_name() -> None:
    assert (SGCC.stage_text("callback").zh, SGCC.action_text("return").zh) == (
        "回访中",
        "退单",
    )
    assert SGCC.stage_text("limbo").zh == "limbo"
    assert SGCC.action_text("fly").en == "fly"
    assert SGCC.category("business.metering").parent == "business"
    assert SGCC.level("special").rank > SGCC.level("general").rank
    assert SGCC.reason("return", "wrong_area").zh == "供电区域错误"
    assert SGCC.reason("return", "wrong_area").holds("praise")
    assert SGCC.satisfied("satisfied").satisfied
    for ask, code in (
        (lambda: SGCC.category("x"), "unknown_category"),
        (lambda: SGCC.level("x"), "unknown_level"),
        (lambda: SGCC.reason("return", "x"), "unknown_reason"),
        (lambda: SGCC.satisfied("x"), "unknown_satisfaction"),
    ):
        with pytest.raises(Refused, match=code):
            ask()


def test_a_refused_move_says_so_in_plain_words() -> None:
    with pytest.raises(Refused) as refused:
        SGCC.move("callback", "dispatch", "dispatcher")
    assert refused.value.zh == "工单处于“回访中”状态, 不能派发"
    with pytest.raises(NotPermitted) as forbidden:
        SGCC.move("received", "dispatch", "auditor")
    assert forbidden.value.zh == "角色“审计”无权派发"


def test_views_are_open_to_the_roles_that_have_them() -> None:
    SGCC.may_view("board", "agent")
    with pytest.raises(NotPermitted):
        SGCC.may_view("board", "admin")
    with pytest.raises(NotPermitted):
        SGCC.may_view("board", "stranger")
