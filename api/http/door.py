"""What stands behind every route: the store, the desk, the views, and who is asking."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from eventsourcing.application import AggregateNotFoundError
from fastapi import Request, Response

from api import case_ref
from api.http.headers import actor_of
from api.http.problems import Problem
from domain import authority
from domain.case.case import Case
from domain.command import Command
from domain.desk import Answer, Desk
from domain.fact import UNSTAMPED, Actor
from domain.policy.policy import Policy
from domain.refused import NotFound
from projections.boards import Boards
from projections.positions import Positions
from projections.reading import Stored
from projections.view import View

if TYPE_CHECKING:
    from store import Store


def utc_now() -> datetime:
    """The business time of a wish voiced now."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The parts that routes are made of. ``now`` is the clock; tests bring their own."""

    store: Store
    desk: Desk
    views: tuple[View[Any], ...]
    positions: Positions
    now: Callable[[], datetime] = utc_now

    def actor(self, request: Request) -> Actor:
        """Who asks. Raises Problem 401."""
        return actor_of(request, self.store.tokens)

    def policy(self) -> Policy:
        """The policy in force: who may look at what. Raises Refused before the first."""
        return self.desk.policy_in_force(self.now())

    def case_id(self, ref: str, actor: Actor) -> UUID:
        """The case a path names. Raises NotFound when it names none.

        Problem 409 when it names several that the actor may see: one that is hidden does
        not stand in the way of another.
        """
        try:
            return case_ref.case_id(ref, self._numbered, self._begun)
        except case_ref.Ambiguous as several:
            seen = [case for case in several.cases if self._sees(case, actor)]
        if not seen:
            raise NotFound("no_such_case")
        if len(seen) > 1:
            cases = ", ".join(str(case) for case in seen)
            raise Problem(409, "ambiguous_case", n=len(seen), cases=cases)
        return seen[0]

    def _numbered(self, number: str) -> list[UUID]:
        found = Boards(Stored(self.store.pool)).numbered(number)
        return [row.case_id for row in found]

    def _begun(self, cases: Iterable[UUID]) -> list[UUID]:
        return [each for each in cases if self.desk.case(each) is not None]

    def _sees(self, case_id: UUID, actor: Actor) -> bool:
        case = self.desk.case(case_id)
        try:
            if case is not None:
                self.see(case, actor)
        except NotFound:
            return False
        return case is not None

    def customer_of(self, stream_id: UUID) -> UUID | None:
        """The person a case or a call is about, as far as it is known."""
        try:
            found: Any = self.desk.repository.get(stream_id, deepcopy_from_cache=False)
        except AggregateNotFoundError:
            return None
        known: UUID | None = getattr(found, "customer", None)
        return known

    def see(self, case: Case, actor: Actor) -> None:
        """Raises NotFound when the case is not for these eyes."""
        asked = Command(subject=case.id, command_id=UNSTAMPED, actor=actor, at=self.now())
        authority.see(case, asked, self.desk.setting(self.desk.policy(case.policy)))

    def knows_who(self, case: Case, actor: Actor) -> bool:
        """Whether the actor, who may see the case, may also know who its customer is."""
        setting = self.desk.setting(self.desk.policy(case.policy))
        return authority.knows_who(actor.role, setting, secret=case.secret)

    def count(self, code: str, action: str, actor: Actor, subject: UUID | None) -> None:
        """Put a refusal on the tally: it changes nothing, but the supervisor sees it."""
        self.store.refusals.record(code, action, actor.role, actor.unit, subject)


def answered(answer: Answer, location: str) -> Response:
    """201 for a command that is on record: id, version, and the position to wait for."""
    headers = {"ETag": f'"{answer.version}"', "Location": location}
    return as_json(
        {"id": answer.id, "version": answer.version, "position": answer.position},
        201,
        headers,
    )


def as_json(
    value: object, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer; times are UTC ISO 8601, envelopes have been masked before."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")
