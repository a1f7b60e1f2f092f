"""Looking after the log, the views, the rules and the tokens at the terminal."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import psycopg
import pytest

import domain
from api.office import Office
from tests.cli.conftest import Run, answer, lines

Played = tuple[Office, str]
SHIPPED = Path(domain.__file__).parent / "policy/profiles/hotline-12345"


def test_the_views_equal_the_log(huiyin: Run) -> None:
    report = answer(huiyin("views", "check", "--json"))
    assert report["differing"] == 0
    assert report["rows"] > 200


def test_a_row_changed_by_hand_is_named(huiyin: Run, played: Played) -> None:
    _, dsn = played
    number = answer(huiyin("board", "--json"))["items"][0]["number"]
    with psycopg.connect(dsn, autocommit=True) as hand:
        hand.execute("UPDATE views.boards SET stage = 'closed' WHERE number = %s", [number])

    result = huiyin("views", "check")

    assert result.exit_code == 1
    assert number in result.stdout
    assert answer(huiyin("views", "rebuild", "boards", "--json"))["rebuilt"]["boards"] > 0
    assert answer(huiyin("views", "check", "--json"))["differing"] == 0


def test_every_view_is_listed_with_the_question_it_answers(huiyin: Run) -> None:
    views = answer(huiyin("views", "list", "--json"))["views"]
    assert {view["view"] for view in views} >= {"boards", "handovers", "chains", "units"}
    assert all(view["position"] == view["head"] and view["answers"] for view in views)


def test_an_unknown_view_is_refused_with_those_there_are(huiyin: Run) -> None:
    result = huiyin("views", "check", "bords")
    assert result.exit_code == 2
    assert "boards" in result.stderr


def test_the_log_is_whole(huiyin: Run, played: Played) -> None:
    report = answer(huiyin("log", "verify", "--json"))
    assert report["problems"] == []
    assert report["facts"] == report["head"] == played[0].store.log.head()


def test_a_snapshot_that_its_facts_do_not_bear_out_is_named(
    huiyin: Run, played: Played
) -> None:
    office, dsn = played
    case = office.store.log.read(office.store.log.head() - 1, 1)[0].fact.originator_id
    organisation = office.desk.organisation()
    assert organisation.id != case
    office.desk.take_snapshot(organisation.id)
    assert answer(huiyin("log", "verify", "--json"))["snapshots"] >= 1
    with psycopg.connect(dsn, autocommit=True) as hand:
        hand.execute("UPDATE log.snapshots SET version = 1")

    result = huiyin("log", "verify")

    assert result.exit_code == 1
    assert f"snapshot of stream {organisation.id} at version 1" in result.stdout
    with psycopg.connect(dsn, autocommit=True) as hand:
        hand.execute("DELETE FROM log.snapshots")


def test_an_export_is_every_fact_in_order(huiyin: Run, played: Played) -> None:
    told = lines(huiyin("log", "export"))
    assert [line["position"] for line in told] == list(range(1, len(told) + 1))
    assert len(told) == played[0].store.log.head()
    assert lines(huiyin("log", "export", "--after", "460"))[0]["position"] == 461


def test_everything_is_in_its_place(huiyin: Run) -> None:
    found = answer(huiyin("doctor", "--json"))
    assert found["well"], found


def test_a_token_opens_the_door_under_its_role_until_revoked(
    huiyin: Run, played: Played
) -> None:
    created = huiyin("token", "create", "--role", "supervisor", "--unit", "jiandu")
    token = created.stdout.strip()
    tokens = played[0].store.tokens

    actor = tokens.actor(token)
    assert actor is not None
    assert (actor.role, actor.unit) == ("supervisor", "jiandu")
    assert huiyin("token", "revoke", token).exit_code == 0
    assert tokens.actor(token) is None
    assert huiyin("token", "revoke", token).exit_code == 2


def test_a_token_of_no_role_is_refused(huiyin: Run) -> None:
    result = huiyin("token", "create", "--role", "king", "--unit", "jiandu")
    assert result.exit_code == 2
    assert "supervisor" in result.stderr


BAD = {
    "states": {
        "new": {
            "start": True,
            "actions": [
                {"action": "go", "to": "nowhere", "roles": ["agent"]},
                {"action": "stop", "to": "stuck", "roles": []},
            ],
        },
        "stuck": {},
        "island": {"terminal": True},
    }
}


def test_a_bad_workflow_is_named_move_by_move(huiyin: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(BAD))
    result = huiyin("policy", "lint", str(file), "--json")
    found = {
        (f["code"], f["state"], f["action"]) for f in json.loads(result.stdout)["findings"]
    }
    assert result.exit_code == 1
    assert {
        ("dangling_target", "new", "go"),
        ("no_owner", "new", "stop"),
        ("dead_end", "stuck", None),
        ("unreachable_state", "island", None),
    } <= found


def test_the_shipped_rules_are_sound_and_shown(huiyin: Run, tmp_path: Path) -> None:
    document = answer(huiyin("policy", "show"))
    file = tmp_path / "workflow.json"
    file.write_text(json.dumps(document["workflow"]))
    assert huiyin("policy", "lint", str(file)).exit_code == 0
    assert huiyin("policy", "publish").stdout == ""


def test_whole_rules_are_checked_as_publishing_would(huiyin: Run, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    document = answer(huiyin("policy", "show"))
    file.write_text(json.dumps(document))
    workflow = tmp_path / "workflow.json"
    workflow.write_text(json.dumps(document["workflow"]))
    told = huiyin("policy", "lint", str(file), "--json")
    assert told.exit_code == 0, told.stderr
    assert told.stdout == huiyin("policy", "lint", str(workflow), "--json").stdout

    next(iter(document["roles"].values()))["may"].append("fly")
    file.write_text(json.dumps(document))
    told = huiyin("policy", "lint", str(file), "--json")
    assert told.exit_code == 2
    assert "fly" in told.stderr

    document["workflow"] = BAD
    file.write_text(json.dumps(document))
    told = huiyin("policy", "lint", str(file), "--json")
    assert told.exit_code == 2
    assert "dangling_target" in told.stdout


def test_the_folder_of_a_profile_is_checked_as_publishing_would(
    huiyin: Run, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED, own)
    assert huiyin("policy", "lint", str(own)).exit_code == 0
    (own / "channels.toml").write_text("[x]\nzh = 3\n", "utf-8")
    told = huiyin("policy", "lint", str(own))
    assert told.exit_code == 2
    assert "channels" in told.stderr
    (own / "channels.toml").unlink()
    (own / "colours.toml").write_text("= 3", "utf-8")
    assert huiyin("policy", "lint", str(own)).exit_code == 2


def test_the_rules_of_time_are_checked_with_the_profile(
    huiyin: Run, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED, own)
    unknown = (own / "profile.toml").read_text("utf-8").replace("cn-office", "moon")
    (own / "profile.toml").write_text(unknown, "utf-8")
    told = huiyin("policy", "lint", str(own))
    assert told.exit_code == 0, "a calendar is published apart"
    assert "warning: unknown_calendar at profile.moon" in told.stdout
    (own / "signals.toml").write_text("ping_pong = false\nnoise = false\n", "utf-8")
    told = huiyin("policy", "lint", str(own))
    assert told.exit_code == 2
    assert "signals" in told.stderr
    assert "noise" in told.stderr


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "\x00", "3", '{"states": 3}', '{"states": {"a": 1}}']
)
def test_what_is_no_workflow_is_refused(huiyin: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "not.json"
    file.write_text(text)
    result = huiyin("policy", "lint", str(file), "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "not.json" in result.stderr.replace("\n", "")


def test_a_missing_file_is_refused(huiyin: Run) -> None:
    assert huiyin("policy", "lint", "missing.json").exit_code == 2


def test_a_later_version_of_ones_own_is_published_once(huiyin: Run, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED, own)
    head = own / "profile.toml"
    head.write_text(head.read_text("utf-8").replace("version = 3", "version = 4"), "utf-8")

    assert huiyin("policy", "publish", str(own)).stdout == "hotline-12345@4\n"
    assert huiyin("policy", "publish", str(own)).stdout == "hotline-12345@4\n"
    channels = own / "channels.toml"
    channels.write_text(channels.read_text("utf-8").replace("热线", "专线"), "utf-8")
    edited = huiyin("policy", "publish", str(own))
    assert edited.exit_code == 2
    assert "hotline-12345@4 is already published with other content" in edited.stderr
    (own / "channels.toml").write_text("[x]\nzh = 3\n", "utf-8")
    broken = huiyin("policy", "publish", str(own))
    assert broken.exit_code == 2
    assert "channels" in broken.stderr
    assert huiyin("policy", "publish", "missing").exit_code == 2


def test_kafka_that_is_not_there_is_no_reason_to_stop_looking(
    huiyin: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_KAFKA", "127.0.0.1:1")
    assert answer(huiyin("board", "--json"))["count"] == 18


def test_a_key_for_a_unit_that_nobody_opened_is_refused(huiyin: Run) -> None:
    result = huiyin("token", "create", "--role", "handler", "--unit", "nosuch")
    assert result.exit_code == 2
    assert "donghu" in result.stderr


def test_a_taken_port_is_refused_before_anything_is_promised(huiyin: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("serve", "demo"):
            result = huiyin(command, "--port", port)
            assert result.exit_code == 2
            assert "--port" in result.stderr
            assert result.stdout == ""
    assert huiyin("serve", "--port", "99999").exit_code == 2


def test_a_profile_that_is_none_is_refused_at_the_start(
    huiyin: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_PROFILE", "nosuch")
    for command in ("board", "serve", "doctor"):
        result = huiyin(command)
        assert result.exit_code == 2
        assert "nosuch" in result.stderr
