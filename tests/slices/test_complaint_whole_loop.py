"""One complaint goes the whole loop through all rooms, and every look at it agrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from api.http.views import shown
from projections.boards import BOARDS, Boards
from projections.check import check
from projections.folding import fold_in_memory
from projections.reading import Held
from projections.views import VIEWS
from store import Store
from tests.support.hotline import Hotline, hotline_on

REPLY = {
    "cause": "熔丝熔断",
    "measures": "更换熔丝",
    "answer": "已复电并致歉",
    "responsibility": "company",
}


@pytest.fixture(scope="module")
def hotline(module_store: Store) -> Iterator[Hotline]:
    with hotline_on(module_store) as running:
        yield running


class Loop:
    """A complaint on its way: each step's answer, and the time the log gave it."""

    def __init__(self, hotline: Hotline) -> None:
        self.hotline = hotline
        self.steps: list[tuple[int, datetime]] = []
        call = hotline.done("agent", "/calls", {"phone": "13812345678"})
        self.call_id = call["id"]
        hotline.done("agent", f"/calls/{self.call_id}/answer")
        received = hotline.done(
            "agent",
            "/cases",
            {
                "business_type": "complaint",
                "area": "rural",
                "name": "王小明",
                "phone": "13812345678",
                "content": "停电三小时无人到场",
                "call_id": self.call_id,
            },
        )
        self.case_id = received["id"]
        self._took(received)
        hotline.done("agent", f"/calls/{self.call_id}/link-case", {"case": self.case_id})

    def step(self, who: str, action: str, **body: Any) -> dict[str, Any]:
        self.hotline.clock.forward(timedelta(minutes=6))
        answer = self.hotline.done(who, f"/cases/{self.case_id}/{action}", body)
        self._took(answer)
        return answer

    def _took(self, answer: dict[str, Any]) -> None:
        entry = self.hotline.store.log.read(answer["position"] - 1, 1)[0]
        self.steps.append((answer["position"], entry.recorded_at))

    @property
    def position(self) -> int:
        return self.steps[-1][0]


@pytest.fixture(scope="module")
def loop(hotline: Hotline) -> Loop:
    """From the first ring to the archive, as eleven people would do it in one morning."""
    loop = Loop(hotline)
    loop.step("agent", "classify", category="outage_restore.repair.over_time")
    loop.step("agent", "assess-level", level="general")
    loop.step("dispatcher", "dispatch", unit="bailu-east")
    loop.step("handler", "accept")
    loop.step("handler", "contact-customer", means="phone", outcome="reached")
    loop.step("agent", "urge")
    loop.step("agent", "escalate", reason="no_answer", note="两小时未到场")
    loop.step("leader", "answer-escalation", note="已增派班组")
    loop.step("handler", "reply", **REPLY)
    loop.step("dispatcher", "approve-reply")
    loop.step("agent", "give-final-answer", answer="已复电", means="phone")
    # Within the working day that a callback has: nothing in this loop is late.
    tomorrow = hotline.clock.at + timedelta(hours=23)
    loop.step("agent", "plan-callback", planned_for=tomorrow.isoformat())
    hotline.clock.forward(timedelta(hours=23))
    loop.step("agent", "attempt-callback", result="reached")
    loop.step("agent", "complete-callback", satisfaction="satisfied", solved=True)
    loop.step("agent", "close")
    hotline.done("agent", f"/calls/{loop.call_id}/end")
    return loop


def board(hotline: Hotline, who: str = "supervisor", **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = hotline.seen(who, "/views/board", **params)["items"]
    return items


def test_the_loop_is_closed(hotline: Hotline, loop: Loop) -> None:
    state = hotline.seen("agent", f"/cases/{loop.case_id}")["state"]
    assert state["stage"] == "closed"
    assert state["satisfaction"] == "satisfied"
    assert state["holder_unit"] == "95598"


def test_the_board_shows_what_was_just_written(hotline: Hotline, loop: Loop) -> None:
    closed = board(hotline, open="false", after=loop.position)
    assert [row["stage"] for row in closed if row["case_id"] == loop.case_id] == ["closed"]
    assert board(hotline, case_id=loop.case_id, after=loop.position) == []


def test_the_chain_names_who_handled_it_and_the_leader_who_was_told(
    hotline: Hotline, loop: Loop
) -> None:
    rungs = hotline.seen("supervisor", f"/cases/{loop.case_id}/chain")["items"]
    told = [(r["rung"], r["unit"], r["person"], r["answered_by"]) for r in rungs]
    assert (0, "bailu-east", "ran", None) in told
    assert [link for link in told if link[0]] == [(1, "bailu-east", "qu", "qu")]
    assert all(rung.pop("recorded_at") > rung["told_at"] for rung in rungs)
    view = hotline.seen(
        "supervisor", "/views/chain", case_id=loop.case_id, after=loop.position
    )
    assert view["items"] == rungs


def test_the_facts_replay_to_the_state_that_is_shown(hotline: Hotline, loop: Loop) -> None:
    facts = hotline.seen("auditor", f"/cases/{loop.case_id}/facts")["items"]
    now = hotline.seen("auditor", f"/cases/{loop.case_id}")
    assert [fact["version"] for fact in facts] == list(range(1, len(facts) + 1))
    assert facts[-1]["state"] == now["state"]
    assert [f["topic"] for f in facts][:2] == ["case.received", "case.customer_identified"]


def test_no_plain_personal_text_leaves_by_any_door(hotline: Hotline, loop: Loop) -> None:
    doors = ("", "/facts", "/chain", "/timeline")
    told = [hotline.get("auditor", f"/cases/{loop.case_id}{door}").text for door in doors]
    told.append(hotline.get("supervisor", "/views/board", open="false").text)
    for secret in ("王小明", "13812345678", "停电三小时无人到场", "更换熔丝"):
        assert not [door for door in told if secret in door]
    for door in told[:2]:
        assert "138****5678" in door
        assert "王**" in door
        assert "commitment" not in door


def test_the_timeline_tells_it_in_both_languages(hotline: Hotline, loop: Loop) -> None:
    lines = hotline.seen("agent", f"/cases/{loop.case_id}/timeline")["items"]
    told = {line["topic"]: line for line in lines}
    assert told["case.dispatched"]["zh"] == "派发至白鹭东供电所"
    assert (
        told["case.escalated"]["zh"] == "升级至第 1 级, 告知白鹭东供电所 瞿东升: 不予答复"
    )
    assert told["case.callback_completed"]["en"] == "called back: satisfied; solved: yes"
    badges = [line["topic"] for line in lines if line["customer_told"]]
    assert badges == [
        "case.customer_contacted",
        "case.final_answer_given",
        "case.callback_completed",
    ]


def test_the_worklist_of_each_stage_names_who_must_act(
    hotline: Hotline, loop: Loop
) -> None:
    asked = {
        "e": ("95598", 3),  # received: to be dispatched
        "ran": ("bailu-east", 5),  # accepted: to be handled
    }
    for unit, step in asked.values():
        at = loop.steps[step - 1][1]
        items = hotline.seen(
            "supervisor", "/views/worklist", unit=unit, as_of=at.isoformat()
        )
        assert [row["case_id"] for row in items["items"]] == [loop.case_id]


def test_as_of_at_every_step_equals_the_log_folded_up_to_there(
    hotline: Hotline, loop: Loop
) -> None:
    either = {"open": ["true", "false"]}
    for position, recorded_at in loop.steps:
        answer = hotline.seen(
            "supervisor", "/views/board", as_of=recorded_at.isoformat(), **either
        )
        folded = fold_in_memory([BOARDS], hotline.store.log.scan(answer["position"]))
        rows = Boards(Held(folded)).cases()
        told = msgspec.json.decode(
            msgspec.json.encode([shown(row, recorded_at) for row in rows])
        )
        assert answer["position"] >= position
        assert answer["items"] == told


def test_happened_by_equals_the_log_folded_in_the_order_of_occurrence(
    hotline: Hotline, loop: Loop
) -> None:
    log = hotline.store.log
    for position, _ in loop.steps:
        at = log.read(position - 1, 1)[0].fact.occurred_at
        answer = hotline.seen(
            "supervisor",
            "/views/board",
            happened_by=at.isoformat(),
            open=["true", "false"],
        )
        rows = Boards(Held(fold_in_memory([BOARDS], log.happened_by(at)))).cases()
        assert [item["version"] for item in answer["items"]] == [
            row.version for row in rows
        ]


def test_the_case_as_of_a_step_is_the_case_as_it_stood_then(
    hotline: Hotline, loop: Loop
) -> None:
    facts = hotline.seen("auditor", f"/cases/{loop.case_id}/facts")["items"]
    for position, recorded_at in loop.steps:
        then = hotline.seen(
            "auditor", f"/cases/{loop.case_id}", as_of=recorded_at.isoformat()
        )
        state = next(f["state"] for f in facts if f["position"] == position)
        assert then["state"] == state


def test_the_stored_views_equal_the_log_folded_again(hotline: Hotline, loop: Loop) -> None:
    hotline.seen("supervisor", "/views/board", after=loop.position)
    report = check(hotline.store, VIEWS)
    assert (report.sound, report.differences) == (True, [])
