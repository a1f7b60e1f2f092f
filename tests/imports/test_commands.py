"""huiyin import and huiyin stats at the terminal: answers on stdout, status 0, 1 or 2."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from tests.imports.history import DATA, DESK, DESK_CSV, without
from tests.support.database import Databases

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def huiyin(
    server: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, Path]]:
    """Run ``huiyin`` in a folder of one's own, in which the invented log was imported."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(DESK_CSV, folder)
    with server.fresh() as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", dsn)
        patch.setenv("HUIYIN_HOME", str(folder))
        patch.chdir(folder)

        def run(*words: str) -> Result:
            return CliRunner().invoke(app, list(words))

        first = run("import", "--mapping", DESK, "--json", "desk.csv")
        assert first.exit_code == 1, first.stderr
        summary = json.loads(first.stdout)
        assert summary.pop("seconds") > 0
        assert summary == {
            "source": "desk",
            "cases": 5,
            "rows": 23,
            "steps": 21,
            "facts": 26,
            "skipped": 0,
            "changed": 0,
            "rejected": 2,
            "deviations": 13,
            "position": summary["position"],
        }
        assert "desk.csv.rejects.csv" in first.stderr
        yield run, folder


Huiyin = tuple[Run, Path]


def test_rejected_rows_are_told_and_named_in_a_file_beside(huiyin: Huiyin) -> None:
    run, folder = huiyin
    again = run("import", "--mapping", DESK, "desk.csv")
    assert again.exit_code == 1
    assert "skipped" in again.stdout
    assert (folder / "desk.csv.rejects.csv").read_text("utf-8").count("\n") == 3


def test_a_sound_file_ends_with_status_0(huiyin: Huiyin) -> None:
    run, folder = huiyin
    sound = without(4, DESK_CSV, folder / "sound.csv")
    done = run("import", "--mapping", DESK, "--json", str(sound))
    assert (done.exit_code, json.loads(done.stdout)["skipped"]) == (0, 19)
    assert not (folder / "sound.csv.rejects.csv").exists()


def test_a_log_may_be_given_a_name_of_its_own(huiyin: Huiyin) -> None:
    run, _ = huiyin
    file, shop = str(DATA / "repairs.xes"), ("--source", "shop")
    done = run("import", "--mapping", "xes-plain", *shop, "--json", file)
    assert done.exit_code == 0, done.stderr
    figures = json.loads(run("stats", "handovers", *shop, "--json").stdout)
    assert (figures["cases"], figures["source_rows"]) == (2, 6)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--mapping", "bpi2031", "desk.csv"), "did you mean 'bpi2013'?"),
        (("--mapping", DESK, "nowhere.csv"), "cannot read nowhere.csv"),
        (("--mapping", "bpi2013", "desk.csv"), "'case_id'"),
        (("--mapping", DESK, "--source", "a:b", "desk.csv"), "without a colon"),
        (("--mapping", "wrong.toml", "desk.csv"), "say at least one [[steps]]"),
    ],
)
def test_what_cannot_run_says_why_and_ends_with_status_2(
    huiyin: Huiyin, words: tuple[str, ...], why: str
) -> None:
    run, folder = huiyin
    text = Path(DESK).read_text(encoding="utf-8")
    head, steps = text.partition("[[steps]]")[0], text.partition("[statuses]")[2]
    (folder / "wrong.toml").write_text(f"steps = []\n{head}[statuses]{steps}", "utf-8")
    refused = run("import", *words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert why in refused.stderr


def test_the_figures_are_one_object(huiyin: Huiyin) -> None:
    run, _ = huiyin
    told = run("stats", "handovers", "--source", "desk", "--json")
    assert json.loads(told.stdout) == {
        "cases": 5,
        "source_rows": 21,
        "cases_with_handover": 3,
        "handovers": 7,
        "pingpong_cases": 2,
        "pingpong": 3,
        "reopened": 1,
        "reopened_times": 1,
        "push_to_front": 4,
        "handovers_per_case": 1.4,
        "layers": 0,
        "layers_max": 0,
        "dwell": {
            "Plant 3rd": 277_200.0,
            "Crew 2nd": 98_400.0,
            "Desk": 6_300.0,
            "Yard 2nd 3rd": 5_400.0,
        },
    }
    assert told.stdout.count("\n") == 1


def test_the_figures_as_people_read_them_say_the_same(huiyin: Huiyin) -> None:
    run, _ = huiyin
    printed = run("stats", "handovers", "--source", "desk").stdout
    assert "hand-overs of desk" in printed
    assert "push_to_front" in printed
    assert "figure" in printed
    assert "Plant 3rd" in printed
    assert "3d 5h" in printed


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        ("cases", ["T-1", "T-2", "T-3", "T-4", "T-5"]),
        ("cases_with_handover", ["T-1", "T-4", "T-5"]),
        ("pingpong_cases", ["T-1", "T-4"]),
        ("reopened", ["T-1"]),
        ("push_to_front", ["T-1", "T-3", "T-4", "T-5"]),
        (
            "pingpong",
            [
                '{"case":"T-1","seq":3,"from":"Crew 2nd","to":"Desk"}',
                '{"case":"T-1","seq":4,"from":"Desk","to":"Crew 2nd"}',
                '{"case":"T-4","seq":4,"from":"Plant 3rd","to":"Crew 2nd"}',
            ],
        ),
    ],
)
def test_a_list_prints_exactly_what_the_number_counts(
    huiyin: Huiyin, key: str, lines: list[str]
) -> None:
    run, _ = huiyin
    told = run("stats", "handovers", "--source", "desk", "--list", key)
    assert told.stdout.splitlines() == lines


def test_a_number_that_counts_no_list_is_told(huiyin: Huiyin) -> None:
    run, _ = huiyin
    told = run("stats", "handovers", "--list", "source_rows")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "cannot be listed; these can: cases, cases_with_handover" in told.stderr


@pytest.mark.parametrize("more", [(), ("--json",), ("--list", "cases")])
def test_a_source_without_cases_is_refused_with_those_there_are(
    huiyin: Huiyin, more: tuple[str, ...]
) -> None:
    run, _ = huiyin
    told = run("stats", "handovers", "--source", "nosuch", *more)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "no case was imported from nosuch" in told.stderr
    assert "desk" in told.stderr


def test_an_imported_case_is_found_by_source_and_id(huiyin: Huiyin) -> None:
    run, _ = huiyin
    shown = run("case", "replay", "desk:T-1", "--json")
    assert shown.exit_code == 0, shown.stderr
    facts = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [fact["topic"] for fact in facts] == ["case.witnessed"] + [
        "case.step_witnessed"
    ] * 8
    assert [fact["state"]["holder_unit"] for fact in facts][:4] == [
        "Desk",
        "Desk",
        "Crew 2nd",
        "Desk",
    ]


def test_the_views_hold_what_was_imported(huiyin: Huiyin) -> None:
    run, _ = huiyin
    assert run("views", "check").exit_code == 0
