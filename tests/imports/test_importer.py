"""An import: every row a fact, once, in order, flagged where odd, sealed where personal."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api.imports.importer import BATCH_STEPS
from api.imports.mapping import load, parse
from consumers.follower import Follower
from domain.case.case import Case
from domain.case.origin import witnessed_case_id
from domain.case.urge import UrgeCase
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.desk import Voiced
from domain.fact import Actor
from projections.check import check
from projections.handovers import Handovers
from projections.reading import Stored
from projections.views import VIEWS
from store import Store
from tests.imports.history import (
    DATA,
    DESK,
    DESK_CSV,
    Importing,
    SourceRow,
    naive,
    without,
)

GOOD_ROWS = 21
# Two rows of this case cannot be read, so its versions do not follow its rows.
LOST_ROWS = witnessed_case_id("desk", "T-5")


def steps_of(store: Store, case: str, source: str = "desk") -> list[StepWitnessed]:
    entries = store.log.stream(witnessed_case_id(source, case))
    return [e.fact for e in entries if isinstance(e.fact, StepWitnessed)]


def told(store: Store) -> list[tuple[UUID, int, int]]:
    """All that was witnessed: case, version, row."""
    return sorted(
        (e.fact.originator_id, e.fact.originator_version, e.fact.row)
        for e in store.log.scan()
        if isinstance(e.fact, StepWitnessed)
    )


def test_every_row_becomes_one_fact_of_its_case_in_order(importing: Importing) -> None:
    summary = importing(DESK, DESK_CSV)
    assert (summary.cases, summary.rows, summary.steps) == (5, 23, GOOD_ROWS)
    assert (summary.facts, summary.skipped, summary.rejected) == (GOOD_ROWS + 5, 0, 2)
    assert len(told(importing.store)) == GOOD_ROWS
    steps = steps_of(importing.store, "T-1")
    assert [step.row for step in steps] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [step.unit for step in steps][:4] == ["Desk", "Crew 2nd", "Desk", "Crew 2nd"]
    assert [step.line for step in steps][:3] == ["L1", "L2", "L1"]
    assert steps[0].occurred_at == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert steps[0].attributes == {"impact": "Low"}


def test_a_case_begins_with_its_first_row_under_the_policy_in_force(
    importing: Importing,
) -> None:
    importing(DESK, DESK_CSV)
    birth, first = importing.store.log.stream(witnessed_case_id("desk", "T-3"))[:2]
    assert isinstance(birth.fact, CaseWitnessed)
    assert (birth.fact.source, birth.fact.source_id) == ("desk", "T-3")
    assert (birth.fact.policy, birth.fact.occurred_at) == (
        "sgcc-2022@3",
        first.fact.occurred_at,
    )
    assert birth.fact.actor == Actor(person="import:desk", role="system")
    assert birth.fact.command_id == first.fact.command_id


def test_a_deviation_from_the_workflow_is_kept_and_flagged(importing: Importing) -> None:
    summary = importing(DESK, DESK_CSV)
    flagged = [step.deviation for step in steps_of(importing.store, "T-1")]
    assert flagged == [
        "received --> handling",
        None,
        None,
        None,
        "dispatched --> closed",
        "closed --> handling",
        "handling --> closed",
        None,
    ]
    assert summary.deviations == 13


def test_a_status_that_nobody_explained_leaves_the_stage_and_is_flagged(
    importing: Importing,
) -> None:
    importing(DESK, DESK_CSV)
    lost = next(s for s in steps_of(importing.store, "T-5") if s.row == 4)
    assert (lost.stage, lost.activity) == ("handling", "Lost/In the post")
    assert lost.deviation == "handling -Lost/In the post-> ?"


def test_words_of_customers_are_nowhere_in_the_log_in_clear(importing: Importing) -> None:
    importing(DESK, DESK_CSV)
    with importing.store.pool.connection() as connection:
        states = connection.execute("SELECT state FROM log.facts").fetchall()
    assert not any("退回".encode() in bytes(state) for (state,) in states)
    third = steps_of(importing.store, "T-1")[2]
    assert third.text is not None
    opened = importing.store.vault.open(
        third.text, stream=third.originator_id, field="text"
    )
    assert (opened, third.text.mask) == ('退回: "缺地址"', "[9]")


def test_one_customer_has_one_key_in_all_cases_and_content_is_sealed_with_the_case(
    importing: Importing, tmp_path: Path
) -> None:
    file = tmp_path / "messages.csv"
    file.write_text(
        "message_id,user,subject,created_at,body,reply,replied_at\n"
        "1,A1,路灯,2019-04-25 09:32:09,不亮,已修,2019-05-10 14:56:53\n"
        "2,A1,停电,2019-04-26 09:32:09,又停,,\n"
        "3,A2,噪音,2019-04-27 09:32:09,吵,,\n",
        encoding="utf-8",
    )
    summary = importing("cn-messages", file)
    assert (summary.rows, summary.steps, summary.facts) == (3, 4, 7)
    births = [
        e.fact for e in importing.store.log.scan() if isinstance(e.fact, CaseWitnessed)
    ]
    customers = {fact.source_id: fact.customer for fact in births}
    assert customers["1"] == customers["2"] != customers["3"]
    first = next(fact for fact in births if fact.source_id == "1")
    assert first.content is not None
    opened = importing.store.vault.open(
        first.content, stream=first.originator_id, field="content"
    )
    assert opened == "user: A1\nsubject: 路灯\nbody: 不亮"
    answered = steps_of(importing.store, "1", "cn-messages")[1]
    assert (answered.stage, answered.deviation) == ("reviewed", None)


def test_what_cannot_be_read_is_named_with_its_line_and_the_rest_goes_on(
    importing: Importing,
) -> None:
    importing(DESK, DESK_CSV)
    with importing.rejects.open(encoding="utf-8", newline="") as file:
        rejected = list(csv.DictReader(file))
    assert [(row["line"], row["case"]) for row in rejected] == [("21", "T-5"), ("22", "")]
    assert rejected[0]["reason"].startswith("no time in 'someday'")
    assert rejected[1]["reason"] == "no case: ticket is empty"


def test_the_same_file_again_adds_nothing(importing: Importing) -> None:
    importing(DESK, DESK_CSV)
    head, before = importing.store.log.head(), told(importing.store)
    again = importing(DESK, DESK_CSV)
    assert (again.facts, again.skipped, again.cases) == (0, GOOD_ROWS, 5)
    assert (importing.store.log.head(), told(importing.store)) == (head, before)


def test_a_file_that_has_grown_adds_only_its_new_rows(
    importing: Importing, tmp_path: Path
) -> None:
    for cut in (20, 13, 7, 1):
        importing(DESK, without(cut, DESK_CSV, tmp_path / "part.csv"))
    grown = importing(DESK, DESK_CSV)
    assert (grown.facts, grown.skipped) == (1, GOOD_ROWS - 1)
    assert [row for _, _, row in told(importing.store)].count(1) == 5
    for case in ("T-1", "T-2", "T-3", "T-4"):
        rows = [step.row for step in steps_of(importing.store, case)]
        assert rows == list(range(1, len(rows) + 1))


def test_rows_in_any_order_and_packed_are_the_same_history(
    importing: Importing, tmp_path: Path
) -> None:
    head, *rows = DESK_CSV.read_bytes().splitlines(keepends=True)
    shuffled = tmp_path / "shuffled.csv.gz"
    shuffled.write_bytes(gzip.compress(b"\xef\xbb\xbf" + head + b"".join(reversed(rows))))
    importing(DESK, shuffled)
    assert [step.row for step in steps_of(importing.store, "T-1")] == list(range(1, 9))
    assert importing(DESK, DESK_CSV).facts == 0


def test_two_equal_rows_without_a_number_are_two_rows(
    importing: Importing, tmp_path: Path
) -> None:
    text = Path(DESK).read_text(encoding="utf-8").replace('seq = "row"\n', "")
    mapping = parse(text.replace('"desk"', '"twins"', 1))
    file = tmp_path / "twins.csv"
    head = DESK_CSV.read_text(encoding="utf-8").splitlines()[0]
    row = "T-1,,2026-03-02 09:00,Accepted,In Progress,Desk,li,Low,"
    file.write_text("\n".join([head, row, row, row]) + "\n", encoding="utf-8")
    assert importing(mapping, file).facts == 4
    assert importing(mapping, file).facts == 0
    file.write_text("\n".join([head, row, row, row, row]) + "\n", encoding="utf-8")
    assert importing(mapping, file).facts == 1
    assert [s.row for s in steps_of(importing.store, "T-1", "twins")] == [1, 2, 3, 4]


def test_a_row_that_says_something_else_now_is_told_and_history_stays(
    importing: Importing, tmp_path: Path
) -> None:
    importing(DESK, DESK_CSV)
    file = tmp_path / "changed.csv"
    text = DESK_CSV.read_text(encoding="utf-8")
    file.write_text(text.replace("sun,Low,等配件", "sun,High,等配件"), encoding="utf-8")
    summary = importing(DESK, file)
    assert (summary.facts, summary.changed) == (0, 1)
    assert steps_of(importing.store, "T-3")[1].attributes == {"impact": "Low"}
    assert "13,T-3,imported before and different now" in importing.rejects.read_text(
        "utf-8"
    )


def test_a_wide_row_that_has_been_answered_since_adds_the_answer(
    importing: Importing, tmp_path: Path
) -> None:
    head = "message_id,user,subject,created_at,body,reply,replied_at\n"
    file = tmp_path / "messages.csv"
    file.write_text(head + "1,A1,x,2019-04-25 09:32:09,y,,\n", encoding="utf-8")
    assert importing("cn-messages", file).facts == 2
    answered = "1,A1,x,2019-04-25 09:32:09,y,z,2019-05-10 14:56:53\n"
    file.write_text(head + answered, encoding="utf-8")
    assert importing("cn-messages", file).facts == 1
    steps = steps_of(importing.store, "1", "cn-messages")
    assert [step.activity for step in steps] == ["received", "answered"]


def test_the_ledger_says_of_each_row_where_it_led(importing: Importing) -> None:
    importing(DESK, DESK_CSV)
    for entry in importing.store.log.scan():
        if isinstance(entry.fact, StepWitnessed):
            answer = importing.store.ledger.find(Voiced(entry.fact.command_id, b""))
            assert answer is not None
            assert (answer.id, answer.version, answer.position) == (
                entry.fact.originator_id,
                entry.fact.originator_version,
                entry.position,
            )


def test_people_may_go_on_with_a_case_and_a_later_import_follows_them(
    importing: Importing, tmp_path: Path
) -> None:
    importing(DESK, without(1, DESK_CSV, tmp_path / "part.csv"))
    case_id = witnessed_case_id("desk", "T-5")
    urge = UrgeCase(
        subject=case_id,
        command_id=UUID(int=1),
        actor=Actor(person="dan", role="agent", unit="95598"),
        at=datetime(2026, 3, 9, tzinfo=UTC),
    )
    urged = importing.desk.handle(urge)
    assert importing(DESK, DESK_CSV).facts == 1
    last = importing.store.log.stream(case_id)[-1].fact
    assert isinstance(last, StepWitnessed)
    assert (last.originator_version, last.row, last.stage) == (
        urged.version + 1,
        5,
        "closed",
    )
    case = importing.desk.case(case_id)
    assert isinstance(case, Case)
    assert (case.urges, case.stage, case.witnessed_row) == (1, "closed", 5)


@pytest.mark.parametrize("at_batch", [1, 2, 5])
def test_two_who_import_at_once_write_each_row_once(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, at_batch: int
) -> None:
    """Before one batch of ours is written, another importer writes the whole file."""
    other = Importing(importing.store, importing.rejects.with_name("other.csv"))
    append = importing.store.recorder.insert_events
    batches: list[int] = []

    def others_first(*args: Any, **kwargs: Any) -> Any:
        batches.append(len(batches) + 1)
        if batches[-1] == at_batch:
            other(DESK, DESK_CSV)
        return append(*args, **kwargs)

    monkeypatch.setattr("api.imports.importer.BATCH_STEPS", 4)
    monkeypatch.setattr(importing.store.recorder, "insert_events", others_first)
    late = importing(DESK, DESK_CSV)
    assert len(batches) > at_batch
    assert late.skipped == GOOD_ROWS - 4 * (at_batch - 1)
    rows = told(importing.store)
    assert len(rows) == GOOD_ROWS
    assert all(version == row + 1 for case, version, row in rows if case != LOST_ROWS)


def test_progress_is_told_up_to_the_end(importing: Importing) -> None:
    importing(DESK, DESK_CSV)
    size = DESK_CSV.stat().st_size
    assert ("reading", size, size) in importing.watched.news
    assert importing.watched.news[-1] == ("writing", GOOD_ROWS, GOOD_ROWS)


def test_many_rows_are_written_in_several_batches(
    importing: Importing, tmp_path: Path
) -> None:
    file = tmp_path / "many.csv"
    head = DESK_CSV.read_text(encoding="utf-8").splitlines()[0]
    row = "M-{},{},2026-03-02 09:00,Accepted,In Progress,Desk,li,Low,\n"
    cases, rows = 3, BATCH_STEPS
    file.write_text(
        f"{head}\n" + "".join(row.format(c, n) for n in range(rows) for c in range(cases)),
        encoding="utf-8",
    )
    assert importing(DESK, file).facts == cases * (rows + 1)
    writing = [done for what, done, _ in importing.watched.news if what == "writing"]
    assert writing == [rows, 2 * rows, 3 * rows]
    steps = steps_of(importing.store, "M-1")
    assert [step.row for step in steps] == list(range(rows))


def test_the_views_count_what_the_definitions_count(importing: Importing) -> None:
    importing(DESK, DESK_CSV)
    Follower(importing.store, VIEWS).catch_up()
    with DESK_CSV.open(encoding="utf-8", newline="") as file:
        rows = [
            SourceRow(r["ticket"], int(r["row"]), r["state"], r["team"])
            for r in csv.DictReader(file)
            if r["ticket"] and r["when"] != "someday"
        ]
    expected = {
        "cases": 5,
        "source_rows": GOOD_ROWS,
        "cases_with_handover": 3,
        "handovers": 7,
        "pingpong_cases": 2,
        "pingpong": 3,
        "reopened": 1,
        "reopened_times": 1,
        "push_to_front": 4,
    }
    assert naive(rows) == expected
    assert Handovers(Stored(importing.store.pool)).stats("desk") == expected
    assert check(importing.store, VIEWS).sound


def test_an_xes_log_of_ones_own_is_mapped_by_naming_it(importing: Importing) -> None:
    mapping = msgspec.structs.replace(load("xes-plain"), source="repairs")
    assert importing(mapping, DATA / "repairs.xes").facts == 8
    steps = steps_of(importing.store, "R-1", "repairs")
    assert [(s.activity, s.unit, s.person) for s in steps] == [
        ("register", "desk", "li"),
        ("inspect", "crew", "wang"),
        ("inspect", "unknown", "wang"),
        ("close", "desk", None),
    ]
