"""What supervisors and auditors ask at the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, time

from api.demo.play import CHINA, sample_day
from api.office import Office
from projections.boards import BOARDS
from projections.folding import fold_in_memory
from tests.cli.conftest import Run, answer, lines

Played = tuple[Office, str]


def test_the_board_shows_every_open_loop_and_who_must_do_what(huiyin: Run) -> None:
    rows = answer(huiyin("board", "--json"))["items"]
    assert len(rows) == 18
    assert all(row["open"] and row["next_step"] for row in rows)
    assert {row["stage"] for row in rows} == {
        "received", "dispatched", "handling", "suspended", "replied", "reviewed",
    }  # fmt: skip


def test_the_board_as_people_read_it_says_the_same(huiyin: Run) -> None:
    numbers = {row["number"] for row in answer(huiyin("board", "--json"))["items"]}
    printed = huiyin("board").stdout
    assert all(number in printed for number in numbers)


def test_the_board_of_a_moment_is_the_log_folded_up_to_it(
    huiyin: Run, played: Played
) -> None:
    log = played[0].store.log
    at = log.read(log.head() // 2, 1)[0].recorded_at
    known = [entry for entry in log.scan() if entry.recorded_at <= at]
    folded = fold_in_memory([BOARDS], known)["boards"]

    shown = answer(huiyin("board", "--all", "--json", "--as-of", at.isoformat()))["items"]

    assert {row["case_id"] for row in shown} == {
        str(row.case_id) for row in folded.values()
    }
    assert {(row["number"], row["version"]) for row in shown} == {
        (row.number, row.version) for row in folded.values()
    }
    assert 0 < len(shown) < len(answer(huiyin("board", "--all", "--json"))["items"])


def test_the_board_by_what_had_happened_goes_by_business_time(
    huiyin: Run, played: Played
) -> None:
    at = datetime.combine(sample_day(), time(), CHINA).astimezone(UTC)
    happened = [e for e in played[0].store.log.scan() if e.fact.occurred_at <= at]
    happened.sort(key=lambda entry: (entry.fact.occurred_at, entry.position))
    folded = fold_in_memory([BOARDS], happened)["boards"]

    command = ("board", "--all", "--json", "--happened-by", at.isoformat())
    shown = answer(huiyin(*command))["items"]

    assert {(row["number"], row["stage"]) for row in shown} == {
        (row.number, row.stage) for row in folded.values()
    }
    assert len(shown) == 5


def test_a_replay_tells_every_fact_with_the_state_after_it(huiyin: Run) -> None:
    number = answer(huiyin("board", "--json"))["items"][1]["number"]
    told = lines(huiyin("case", "replay", number, "--json"))

    assert [line["version"] for line in told] == list(range(1, len(told) + 1))
    assert {"position", "topic", "occurred_at", "recorded_at", "actor", "fact"} <= set(
        told[0]
    )
    assert told[0]["topic"] == "case.received"
    assert told[-1]["state"] == answer(huiyin("case", "show", number, "--json"))["state"]


def test_a_chain_climbs_rung_by_rung_and_names_who_was_told(huiyin: Run) -> None:
    rows = answer(huiyin("board", "--json"))["items"]
    number = max(rows, key=lambda row: row["rung"])["number"]
    links = answer(huiyin("case", "chain", number, "--json"))["links"]

    told = [(link["rung"], link["unit"], link["person"]) for link in links if link["rung"]]
    assert told == [
        (1, "donghu-qiangxiu", "lei"), (2, "donghu", "hu"), (3, "linjiang", "jiang"),
    ]  # fmt: skip
    assert "江一帆" in huiyin("case", "chain", number).stdout


def test_a_vacant_post_is_named_where_the_chain_falls_back(huiyin: Run) -> None:
    rows = answer(huiyin("board", "--json"))["items"]
    number = next(
        r["number"] for r in rows if r["rung"] and r["holder_unit"] == "baiyang-shan"
    )
    links = answer(huiyin("case", "chain", number, "--json"))["links"]
    assert [link["fallback"] for link in links if link["rung"]] == ["vacant_next_level"]


def test_no_personal_data_leaves_the_terminal(huiyin: Run) -> None:
    printed = huiyin("log", "export").stdout
    assert "王**" in printed
    assert "王秀英" not in printed
    assert "13910020031" not in printed
    assert "昨晚八点" not in printed


def test_an_unknown_case_is_refused_with_what_a_case_is_called(huiyin: Run) -> None:
    for ref in ("261122-0000-0000", "nosuch:1", "7", "\x00", "a" * 36):
        result = huiyin("case", "show", ref)
        assert result.exit_code == 2
        assert "SOURCE:ID" in result.stderr
        assert result.stdout == ""


def test_a_time_without_offset_is_refused(huiyin: Run) -> None:
    result = huiyin("board", "--as-of", "2026-03-02T09:00:00")
    assert result.exit_code == 2
    assert "offset" in result.stderr
