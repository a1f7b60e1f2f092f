"""A policy is read with care: whatever does not fit is named with table, row and remedy."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.policy.parse import DEEPEST, Malformed, parse
from domain.policy.policy import Policy
from tests.domain.policy.shaping import NAMED, changed, small

CLOSE = {"action": "close", "to": "closed", "roles": ["agent"], "source": "A4"}


def test_a_small_policy_reads_back_as_it_was_written() -> None:
    document = parse(small())
    assert document == small()
    policy = Policy.from_document(document)
    assert policy.label == "small@1"
    assert policy.effective_from == datetime(2021, 12, 31, 16, tzinfo=UTC)
    assert policy.start == "received"
    assert policy.terminal("closed")
    assert not policy.terminal("received")
    assert policy.document == document


def test_a_policy_survives_json_and_parses_to_itself() -> None:
    document = parse(small())
    assert parse(json.loads(json.dumps(document))) == document


def test_times_of_toml_become_texts() -> None:
    toml = tomllib.loads("effective_from = 2022-01-01T00:00:00+08:00\nquiet = 21:00:00")
    document = changed(small(), "profile/effective_from", toml["effective_from"])
    assert parse(document) == small()
    quiet = {"from": toml["quiet"], "to": "08:00", "on": True, "source": "A6"}
    found = parse(small() | {"callback": callback(quiet={"night": quiet})})
    assert found["callback"]["quiet"]["night"]["from"] == "21:00:00"


def test_staying_actions_are_written_out_in_each_of_their_states() -> None:
    urge = {"action": "urge", "roles": ["agent"], "source": "A4"}
    document = changed(small(), "actions/urge", NAMED)
    document = changed(
        document, "workflow/staying", {"states": ["received"], "actions": [urge]}
    )
    parsed = parse(document)
    assert "staying" not in parsed["workflow"]
    assert Policy.from_document(parsed).move("received", "urge", "agent").to == "received"
    assert ("closed", "urge") not in Policy.from_document(parsed).moves


def callback(**more: Any) -> dict[str, Any]:
    setting = {"source": "A6"}
    return {
        "attempts_max": setting | {"value": 3},
        "gap_hours_min": setting | {"value": 2},
        "spread_half_days": setting | {"value": True},
        "rehandle_max": setting | {"value": 1},
        "independent": setting | {"value": True},
    } | more


def limit(**more: Any) -> dict[str, Any]:
    row = NAMED | {"step": "answer", "value": 4, "unit": "wd", "clock": "step"}
    return {"answer": row | more}


def test_without_a_callback_table_the_defaults_of_a6_hold() -> None:
    assert Policy.from_document(parse(small())).callback.attempts_max == 3
    table = callback(attempts_max={"value": 5, "source": "U"})
    policy = Policy.from_document(parse(small() | {"callback": table}))
    assert policy.callback.attempts_max == 5


def test_local_time_is_a_fixed_offset_that_the_profile_states() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert Policy.from_document(parse(small())).local(noon).hour == 20
    profile = small()["profile"] | {"utc_offset": "+06:30"}
    policy = Policy.from_document(parse(small() | {"profile": profile}))
    assert f"{policy.local(noon):%H:%M}" == "18:30"


WRONG: list[tuple[str, Any, str, str]] = [
    ("workflow", None, "policy_lacks_table", "add the file workflow.toml"),
    ("roles", None, "policy_lacks_table", "add the file roles.toml"),
    ("workfow", {}, "policy_unknown_table", "no table workfow; the tables are profile, w"),
    ("profile/utc_offset", "8", "policy_row_wrong", "an offset from UTC like +08:00"),
    ("profile/utc_offset", "", "policy_row_wrong", "utc_offset must be"),
    ("types", [], "policy_row_wrong", "table types, row types: types must be a table"),
    ("types/complaint/zh", None, "policy_row_lacks", "table types, row complaint: zh is"),
    ("types/complaint/zh", "", "policy_row_wrong", "zh must be a text that is not empty"),
    ("types/complaint/zh", 7, "policy_row_wrong", "row complaint: zh must be a text"),
    (
        "types/complaint/source",
        None,
        "policy_row_lacks",
        "row complaint: source is missing",
    ),
    ("types/complaint/source", "X9", "policy_row_wrong", "source must be source marks"),
    ("types/complaint/source", "P8,K", "policy_row_wrong", "source must be source marks"),
    ("types/complaint/callback", "some", "policy_row_wrong", "one of all, sample, none"),
    (
        "types/complaint/callback",
        "sample",
        "policy_row_wrong",
        "callback_rate must be a sh",
    ),
    ("types/complaint/callback_rate", 1.5, "policy_row_wrong", "share from 0 to 1"),
    ("types/complaint/callback_rate", True, "policy_row_wrong", "must be a number"),
    ("types/complaint/callback_rate", -1, "policy_row_wrong", "must be a number from 0"),
    (
        "types/complaint/readers",
        ["cook"],
        "policy_row_dangling",
        "complaint: roles names cook",
    ),
    ("types/complaint/reader", ["agent"], "policy_row_unknown_key", "nobody reads reader"),
    ("roles/agent/scope", "some", "policy_row_wrong", "table roles, row agent: scope"),
    (
        "roles/agent/may",
        ["fly"],
        "policy_row_dangling",
        "names fly, which the table actions",
    ),
    ("roles/agent/may", ["receive", "receive"], "policy_row_wrong", "says nothing twice"),
    ("roles/agent/may", "receive", "policy_row_wrong", "must be a list of texts"),
    ("roles/agent/may", [7], "policy_row_wrong", "must be a list of texts"),
    ("channels/95598", 7, "policy_row_wrong", "table channels, row 95598"),
    ("profile/version", "1", "policy_row_wrong", "version must be a whole number"),
    ("profile/version", True, "policy_row_wrong", "version must be a whole number"),
    ("profile/version", 10**30, "policy_row_wrong", "a whole number from 0 to 1000000"),
    ("profile/effective_from", "soon", "policy_row_wrong", "a time with its offset"),
    (
        "profile/effective_from",
        "2022-01-01T00:00:00",
        "policy_row_wrong",
        "with its offset",
    ),
    ("profile/effective_from", "0001-01-01T00:00:00+08:00", "policy_row_wrong", "offset"),
    (
        "profile/counting_basis",
        {"value": "ever", "source": "U"},
        "policy_row_wrong",
        "on_r",
    ),
    ("workflow/state", {}, "policy_row_unknown_key", "nobody reads state"),
    ("workflow/states/closed/terminal", "yes", "policy_row_wrong", "row closed: terminal"),
    ("workflow/states/closed/start", True, "policy_row_wrong", "true in exactly one state"),
    ("workflow/states/received/start", False, "policy_row_wrong", "exactly one state"),
    ("workflow/states/received/actions", {}, "policy_row_wrong", "must be a list of rows"),
    ("workflow/states/received/actions/0/to", "gone", "policy_row_dangling", "names gone"),
    ("workflow/states/received/actions/0/roles", ["cook"], "policy_row_dangling", "cook"),
    ("workflow/states/received/actions/0/action", "shut", "policy_row_dangling", "shut"),
    ("workflow/states/received/actions/0/source", None, "policy_row_lacks", "actions[0]"),
    (
        "workflow/states/received/actions",
        [CLOSE, CLOSE],
        "policy_row_twice",
        "close stands",
    ),
    ("workflow/staying", {"states": ["gone"]}, "policy_row_dangling", "names gone"),
    ("categories", {"a.b": NAMED}, "policy_row_dangling", "names a, which the table cat"),
    ("categories", {"a": NAMED | {"types": ["x"]}}, "policy_row_dangling", "row a: types"),
    (
        "categories",
        {"a": NAMED | {"meaning": {"zh": "义"}}},
        "policy_row_lacks",
        "a.meaning",
    ),
    ("levels", {"level": {}}, "policy_row_unknown_key", "nobody reads level"),
    (
        "levels",
        {"levels": {"high": NAMED}},
        "policy_row_lacks",
        "row high: rank is missing",
    ),
    (
        "levels",
        {"criteria": {"c": NAMED | {"level": "x", "when": {}}}},
        "policy_row_d",
        "x",
    ),
    ("levels", {"criteria": {"c": NAMED | {"level": "x"}}}, "policy_row_wrong", "c.when"),
    (
        "levels",
        {"criteria": {"c": NAMED | {"level": "x", "when": {"repeats_min": "3"}}}},
        "policy_row_wrong",
        "row c.when: repeats_min must be a whole number",
    ),
    (
        "levels",
        {"criteria": {"c": NAMED | {"level": "x", "when": {"media": 2.5}}}},
        "policy_row_wrong",
        "row c.when: media must be a text",
    ),
    ("reasons", {"return": {"a": NAMED | {"at_once": 1}}}, "policy_row_wrong", "return.a"),
    ("reasons", {"return": {"a": NAMED | {"types": ["x"]}}}, "policy_row_dangling", "x"),
    ("callback", {"attempts": {}}, "policy_row_unknown_key", "nobody reads attempts"),
    ("callback", callback(attempts_max={"value": 3}), "policy_row_lacks", "attempts_max"),
    ("callback", callback(attempts_max={"source": "U"}), "policy_row_lacks", "value"),
    (
        "callback",
        callback(quiet={"n": {"from": "9pm", "to": "08:00", "on": True, "source": "U"}}),
        "policy_row_wrong",
        "row n: from must be a local time like 21:00",
    ),
    ("callback", callback(satisfaction={"ok": NAMED}), "policy_row_lacks", "row ok: score"),
    ("limits", limit(unit="weeks"), "policy_row_wrong", "table limits, row answer: unit"),
    (
        "limits",
        limit(clock="wall"),
        "policy_row_wrong",
        "one of promise, step, outer, measure, published",
    ),
    (
        "limits",
        limit(areas=["moon"]),
        "policy_row_dangling",
        "names moon, which the table a",
    ),
    ("limits", limit(levels=["moon"]), "policy_row_dangling", "the table levels"),
    (
        "limits",
        limit(value=float("inf")),
        "policy_row_wrong",
        "value must be a number from",
    ),
    (
        "limits",
        limit(value=float("nan")),
        "policy_row_wrong",
        "value must be a number from",
    ),
    (
        "routing",
        {"far": NAMED | {"block": "main", "unit_kind": "team", "categories": ["x"]}},
        "policy_row_dangling",
        "table routing, row far: categories names x",
    ),
]


@pytest.mark.parametrize(
    ("path", "value", "code", "says"), WRONG, ids=[f"{row[0]}-{row[3]}" for row in WRONG]
)
def test_what_is_wrong_is_named_with_table_row_and_remedy(
    path: str, value: Any, code: str, says: str
) -> None:
    with pytest.raises(Malformed) as refused:
        parse(changed(small(), path, value))
    assert refused.value.code.startswith(code)
    assert says in refused.value.en
    assert refused.value.zh != refused.value.en


def test_a_bottomless_document_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(DEEPEST * 500):
        deep = {"deeper": deep}
    with pytest.raises(Malformed, match="table types nests deeper than"):
        parse(small() | {"types": deep})
