"""What the customer adds is on record, and changes nothing else."""

from __future__ import annotations

from domain.case.comment import AddComment, CommentAdded
from tests.support.scenario import AGENT, HANDLER, by, given, later, text
from tests.support.story import ARCHIVE, HANDLING, SUSPENSION, happened


def test_what_the_customer_adds_is_kept_and_counted() -> None:
    before = happened("handling", AGENT, CommentAdded(times=1, text=text("since May")))
    case = (
        given(*HANDLING, before)
        .when(by(AGENT, AddComment, text=text("and at night")))
        .then(CommentAdded(times=2, text=text("and at night")))
    )
    assert case.comments == 2


def test_a_comment_changes_neither_the_clocks_nor_who_acted_last() -> None:
    for facts in (HANDLING, SUSPENSION):
        before = given(*facts).case
        asked = by(AGENT, AddComment, text=text("…"), at=later(hours=3))
        after = given(*facts).when(asked).then(CommentAdded(times=1, text=text("…")))
        assert (after.clocks, after.climbs) == (before.clocks, before.climbs)
        assert (after.acted_at, after.stage) == (before.acted_at, before.stage)
        assert after.suspended_until == before.suspended_until


def test_only_who_speaks_with_the_customer_adds_it() -> None:
    asked = by(HANDLER, AddComment, text=text("…"))
    given(*HANDLING).when(asked).then_refused("not_permitted")


def test_what_comes_after_the_archive_reopens_the_case() -> None:
    asked = by(AGENT, AddComment, text=text("…"))
    given(*ARCHIVE).when(asked).then_refused("no_such_move")
