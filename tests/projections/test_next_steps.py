"""The board says whether the customer is to be called back, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case.callback import CallbackCompleted
from domain.case.callback_choice import CallbackDecided
from domain.case.final_answer import FinalAnswerGiven
from domain.case.reopen import CaseReopened
from domain.fact import Fact
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from tests.projections import telling
from tests.support.scenario import AGENT, DISPATCHER, text
from tests.support.story import CALLBACK, REVIEW, happened

ANSWERED = happened(
    "reviewed",
    DISPATCHER,
    FinalAnswerGiven(answer=text("ok"), means="phone", on_receipt=False),
)


def board(*facts: Fact) -> BoardRow:
    row: BoardRow = telling.row(BOARDS, *facts)
    return row


def decided(*, due: bool, why: str) -> Fact:
    return happened("reviewed", DISPATCHER, CallbackDecided(due=due, why=why))


@pytest.mark.parametrize(
    ("due", "why", "word"),
    [
        (True, "drawn", "plan-callback"),
        (False, "not_drawn", "close"),
        (False, "none", "close"),
    ],
)
def test_only_who_is_due_a_callback_waits_for_one(due: bool, why: str, word: str) -> None:
    row = board(*REVIEW, ANSWERED, decided(due=due, why=why))
    assert (row.callback_due, row.next_step, row.next_unit) == (due, word, "95598")


def test_before_the_customer_is_answered_nothing_is_decided() -> None:
    assert board(*REVIEW).callback_due is None


def test_a_dissatisfied_customers_case_is_to_be_taken_up_again_once() -> None:
    said = CallbackCompleted(
        attempts=1, satisfaction="dissatisfied", solved=False, dissatisfied=True
    )
    again = happened("callback", AGENT, replace(said, rehandle=True))
    reopened = CaseReopened(
        from_stage="callback", to_unit="bailu-east", rehandling=True, reason="dissatisfied"
    )
    facts = (*CALLBACK[:-1], ANSWERED, decided(due=True, why="all"), CALLBACK[-1], again)
    assert board(*facts).next_step == "reopen"
    taken_up = board(*facts, happened("dispatched", AGENT, reopened))
    assert (taken_up.rehandle, taken_up.callback_due) == (False, None)
    assert board(*CALLBACK, happened("callback", AGENT, said)).next_step == "close"
