"""GET /cases/{ref}: one case as it stands, fact by fact, up the chain, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Query, Request, Response

from api import case_times
from api.http.door import Door, as_json
from api.http.problems import Problem
from api.instants import instant
from api.particulars import WHO, line_without_who, without_who
from api.replay import masks_of, replay, state_of
from domain.case.case import Case
from domain.refused import NotFound
from projections.timelines import Teller

if TYPE_CHECKING:
    from store.log import Entry

AsOf = Annotated[
    str | None, Query(description="What was known at this time (ISO 8601 with offset).")
]

Explain = Annotated[bool, Query(description="With the sum that leads to each due time.")]


def moment(name: str, text: str | None) -> datetime | None:
    """A time in the query. Raises Problem 400 for one that is naive or none at all."""
    try:
        return None if text is None else instant(text)
    except ValueError:
        raise Problem(400, "bad_time", name=name) from None


@dataclass(frozen=True, slots=True)
class Seen:
    """A case somebody may see, and its facts. ``whole``: and who the customer is."""

    case: Case
    entries: list[Entry]
    whole: bool

    def answer(self, **told: object) -> Response:
        return as_json({**told, "position": self.entries[-1].position})


class CaseReader:
    """Reads cases from the log itself: always current, whatever the views have folded."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def state(self, request: Request, ref: str, as_of: AsOf = None) -> Response:
        """The case, its personal fields as masks, and its version in the ETag."""
        seen = self._seen(request, ref, "casefile", as_of)
        case, state, masks = seen.case, state_of(seen.case), masks_of(seen.entries)
        if not seen.whole:
            state = without_who(state)
            masks = {name: mask for name, mask in masks.items() if name not in WHO}
        document = {
            "id": case.id,
            "version": case.version,
            "position": seen.entries[-1].position,
            "state": state,
            "masks": masks,
        }
        return as_json(document, headers={"ETag": f'"{case.version}"'})

    def facts(self, request: Request, ref: str, as_of: AsOf = None) -> Response:
        """Every fact with the state after it, oldest first."""
        seen = self._seen(request, ref, "facts", as_of)
        lines = list(replay(seen.entries))
        return seen.answer(
            items=lines if seen.whole else list(map(line_without_who, lines))
        )

    def chain(self, request: Request, ref: str, as_of: AsOf = None) -> Response:
        """Who answers for it: who handles it, then each leader told, as of the act.

        `recorded_at` is when they were really told, `due` when they had to be.
        """
        seen = self._seen(request, ref, "chain", as_of)
        return seen.answer(items=case_times.links(seen.case.id, seen.entries))

    def clocks(
        self, request: Request, ref: str, as_of: AsOf = None, explain: Explain = False
    ) -> Response:
        """What was promised until when and what came of it; with `as_of` as it was then.

        `explain` adds the worked sum of each due time, window by window.
        """
        seen = self._seen(request, ref, "clocks", as_of)
        rows = case_times.clocks(seen.case.id, seen.entries)
        if explain:
            return seen.answer(items=case_times.explained(rows, self._door.desk))
        return seen.answer(items=rows)

    def timeline(self, request: Request, ref: str, as_of: AsOf = None) -> Response:
        """What happened, in plain words; `customer_told` marks what the customer heard."""
        seen = self._seen(request, ref, "casefile", as_of)
        desk = self._door.desk
        policy, organisation = desk.policy(seen.case.policy), desk.organisation()
        teller = Teller(policy, organisation, keeps_secret=not seen.whole)
        return seen.answer(items=teller.timeline(seen.entries))

    def _seen(self, request: Request, ref: str, view: str, as_of: str | None) -> Seen:
        """The case and its facts, for a role that has the view, if its eyes may see it."""
        door, actor = self._door, self._door.actor(request)
        door.policy().may_view(view, actor.role)
        at = moment("as_of", as_of)
        entries = door.store.log.stream(door.case_id(ref, actor))
        case = _folded(entries)
        if not isinstance(case, Case):
            raise NotFound("no_such_case")
        door.see(case, actor)
        whole = door.knows_who(case, actor)
        if at is None:
            return Seen(case, entries, whole)
        # Whoever may see the case today may see how it stood before it came to them.
        known = [entry for entry in entries if entry.recorded_at <= at]
        if not known:
            raise NotFound("no_such_case")
        return Seen(_folded(known), known, whole)


def _folded(entries: list[Entry]) -> Any:
    return reduce(lambda state, entry: entry.fact.mutate(state), entries, cast("Any", None))


def add_cases(router: APIRouter, door: Door) -> None:
    """Put the routes up."""
    reader = CaseReader(door)
    reads = {
        "": reader.state,
        "/facts": reader.facts,
        "/chain": reader.chain,
        "/clocks": reader.clocks,
        "/timeline": reader.timeline,
    }
    for path, read in reads.items():
        router.add_api_route(f"/cases/{{ref}}{path}", read, methods=["GET"], tags=["case"])
