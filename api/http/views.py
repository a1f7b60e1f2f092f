"""GET /views/{name}: rows now or at any moment, for these eyes, a page at a time."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
import psycopg
from fastapi import APIRouter, Query, Request, Response

from api.http.cases import AsOf, moment
from api.http.door import Door, as_json
from api.http.eyes import Eyes
from api.http.moments import Moments
from api.http.problems import Problem
from api.http.questions import QUESTIONS, Question, is_current
from api.particulars import row_without_who
from domain.organisation import chain, structure
from domain.organisation.records import Books, Rung
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from projections.handovers import HandoverRow, lain
from projections.reading import Condition, Held, Source, Stored, place
from projections.table import Key
from projections.units import Units
from projections.view import key_text

LIMIT, LIMIT_MAX = 100, 500
CHUNK = 1_000
WAIT_SECONDS = 5.0
MOMENTS = frozenset({"as_of", "happened_by"})
PAGING = frozenset({"after", "cursor", "limit"})

HappenedBy = Annotated[
    str | None, Query(description="What had happened by this time, as known now.")
]
After = Annotated[
    int | None, Query(ge=0, description="Wait until the view shows this log position.")
]
At = Annotated[
    str | None, Query(description="As the organisation stood at this time; now if none.")
]
Cursor = Annotated[str | None, Query(description="The `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it was put: where to look by what, and for whose eyes.

    ``holds`` must hold of the rows as these eyes see them.
    """

    question: Question
    source: Source
    where: list[Condition]
    holds: list[Condition]
    eyes: Eyes
    digest: str

    def rows(self, last: Key | None, wanted: int) -> list[Any]:
        """So many rows behind ``last`` that are for these eyes, fewer only at the end."""
        table, order = self.question.table, self.question.order
        # What eyes may not see leaves gaps; who sees all needs no more than asked for.
        whole = self.eyes.mine is None and is_current(self.source)
        size = wanted if whole else CHUNK
        found: list[Any] = []
        while len(found) < wanted:
            chunk = self.source.select(
                table, *self.where, order=order, after=last, limit=size
            )
            seen = self.question.seen(chunk, self.eyes, self.source)
            found += [row for row in seen if all(c.holds(row) for c in self.holds)]
            if len(chunk) < size:
                break
            last = place(table, chunk[-1], order)
        return found[:wanted]


class ViewReader:
    """Answers questions from the stored tables, or from rows folded for a moment."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._moments = Moments(door.store.log)

    def read(
        self,
        request: Request,
        name: str,
        as_of: AsOf = None,
        happened_by: HappenedBy = None,
        after: After = None,
        cursor: Cursor = None,
        limit: Limit = LIMIT,
    ) -> Response:
        """Rows with the position they are true at; `next` is null on the last page.

        Any column of the view may be asked for a value, twice for either of two; `since`
        and `before` bound the time it is sorted by. Of the board, `due_before` asks for
        what is due by then, `overdue_least=1` for what runs past a due time.
        """
        actor = self._door.actor(request)
        question = QUESTIONS.get(name)
        if question is None:
            known = ", ".join(sorted(QUESTIONS))
            raise Problem(404, "no_such_view", view=name[:100], known=known)
        self._door.policy().may_view(name, actor.role)
        pairs = [
            pair for pair in request.query_params.multi_items() if pair[0] not in PAGING
        ]
        where = question.conditions(pair for pair in pairs if pair[0] not in MOMENTS)
        wait_for(self._door, question.view.name, after)
        source, position, at = self._source(question, as_of, happened_by)
        eyes = Eyes.of(self._door, actor)
        where, holds = question.narrowed(where, eyes, source)
        asked = Asked(question, source, where, holds, eyes, _digest(name, pairs))
        try:
            rows = asked.rows(_last(asked, cursor), limit + 1)
        except psycopg.DataError:
            # A value that a column cannot have (a number too great) was asked for.
            code = "bad_cursor" if cursor else "bad_parameter"
            raise Problem(400, code, name=name) from None
        next_cursor = _cursor(asked, rows[limit - 1]) if len(rows) > limit else None
        page = rows[:limit] if eyes.know_who else map(row_without_who, rows[:limit])
        items = [shown(row, at) for row in page]
        return as_json({"items": items, "next": next_cursor, "position": position})

    def organisation(
        self,
        request: Request,
        at: At = None,
        as_of: AsOf = None,
        happened_by: HappenedBy = None,
        after: After = None,
    ) -> Response:
        """The units open at a moment, each with who stood above it and who answered for it.

        `at` is the moment in the organisation's own life, now if none is given; with
        `as_of` as it was known then, not with what was recorded later.
        """
        self._door.policy().may_view("units", self._door.actor(request).role)
        question = QUESTIONS["units"]
        wait_for(self._door, question.view.name, after)
        source, position, then = self._source(question, as_of, happened_by)
        names = self._door.desk.organisation().name
        items = list(standing(Units(source).books(), moment("at", at) or then, names))
        return as_json({"items": items, "next": None, "position": position})

    def refusals(self, request: Request) -> Response:
        """How often each reason was the answer to a command, the most frequent first."""
        self._door.policy().may_view("refusals", self._door.actor(request).role)
        counts = self._door.store.refusals.counts()
        most = sorted(counts.items(), key=lambda cell: (-cell[1], cell[0]))
        items = [{"code": code, "n": n} for code, n in most]
        return as_json({"items": items, "next": None, "position": None})

    def _source(
        self, question: Question, as_of: str | None, happened_by: str | None
    ) -> tuple[Source, int, datetime]:
        """Where to look, the position it is true at, and the moment ages are told for."""
        known, happened = moment("as_of", as_of), moment("happened_by", happened_by)
        if known and happened:
            raise Problem(400, "bad_parameter", name="happened_by")
        names = {BOARDS.name, question.view.name}
        views = tuple(view for view in self._door.views if view.name in names)
        if known:
            folded = self._moments.known(views, known)
            return Held(folded), folded.position, known
        if happened:
            folded = self._moments.happened(views, happened)
            return Held(folded), folded.position, happened
        # Asked before the rows are read: they are true at this position at least.
        position = self._door.positions.max_tracking_id(question.view.name)
        return Stored(self._door.store.pool), position or 0, self._door.now()


def wait_for(door: Door, view: str, position: int | None) -> None:
    """Return once the view shows a position.

    Raises Problem 400 for one that the log has not reached, 503 after some seconds.
    """
    if position is not None and position > (head := door.store.log.head()):
        raise Problem(400, "beyond_the_log", position=position, head=head)
    try:
        door.positions.wait(view, position, timeout=WAIT_SECONDS)
    except TimeoutError:
        later = {"Retry-After": "1"}
        raise Problem(503, "view_behind", headers=later, position=position) from None


def standing(
    books: Books, at: datetime, name: Callable[[str], str | None]
) -> Iterator[dict[str, Any]]:
    """The units open at a moment, by id, with parent, leader and deputies as of then.

    ``leader`` is whoever answers for the unit; ``fallback`` says why it is not its leader.
    """

    def seat(rung: Rung) -> dict[str, Any]:
        return asdict(rung) | {"name": name(rung.person) if rung.person else None}

    for unit_id in sorted(books.units):
        unit = structure.unit(books, unit_id, at)
        if unit is None:
            continue
        yield asdict(unit) | {
            "leader": seat(chain.leader(books, unit.id, at)),
            "deputies": [seat(each) for each in chain.deputies(books, unit.id, at)],
        }


def shown(row: Any, at: datetime) -> Any:
    """A row as it leaves the system. Of a case, its ages in seconds at that moment too;
    of its way through the units, how long it has lain with each, the last included."""
    if isinstance(row, HandoverRow):
        return msgspec.structs.asdict(row) | {"dwell": lain(row, at).dwell}
    if not isinstance(row, BoardRow):
        return row
    until = row.closed_at or at
    ages = {
        "age_seconds": (until - row.received_at).total_seconds(),
        "stage_seconds": (until - row.stage_since).total_seconds(),
    }
    return msgspec.structs.asdict(row) | ages


def _digest(name: str, pairs: list[tuple[str, str]]) -> str:
    """What was asked, so that a cursor is only good for the question it came from."""
    return hashlib.sha256(repr((name, sorted(pairs))).encode()).hexdigest()[:12]


def _cursor(asked: Asked, row: Any) -> str:
    key = place(asked.question.table, row, asked.question.order)
    return urlsafe_b64encode(f"{asked.digest}{key_text(key)}".encode()).decode().rstrip("=")


def _last(asked: Asked, cursor: str | None) -> Key | None:
    """The place a cursor stands for. Raises Problem 400 for one not given out here."""
    if cursor is None:
        return None
    question = asked.question
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        digest, key = text[: len(asked.digest)], text[len(asked.digest) :]
        place_of = question.table.values_from_text(key, question.ordering)
    except (ValueError, OverflowError, msgspec.MsgspecError):
        raise Problem(400, "bad_cursor") from None
    if digest != asked.digest or not all(map(_given_out, place_of)):
        raise Problem(400, "bad_cursor")
    return place_of


def _given_out(value: object) -> bool:
    """Whether a cursor of ours can hold it: no NUL, no time without an offset."""
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not (isinstance(value, str) and "\x00" in value)


def add_views(router: APIRouter, door: Door) -> None:
    """Put the routes up."""
    reader = ViewReader(door)
    router.add_api_route(
        "/views/refusals", reader.refusals, methods=["GET"], tags=["views"]
    )
    router.add_api_route(
        "/views/organisation", reader.organisation, methods=["GET"], tags=["views"]
    )
    router.add_api_route("/views/{name}", reader.read, methods=["GET"], tags=["views"])
