"""POST: every command of the catalogue has a route of its own, made from the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from api.http.bodies import body_model, parse
from api.http.door import Door, answered
from api.http.headers import (
    command_id_of,
    expected_version,
    fingerprint_of,
    idempotency_key,
    raw_body,
)
from api.http.problems import Problem
from domain.case.origin import received_case_id
from domain.catalogue import SUBJECTS
from domain.command import Command
from domain.desk import Answer
from domain.fact import Actor
from domain.organisation.organisation import ORGANISATION_ID
from domain.policy.book import policy_book_id
from domain.promise.calendar_book import calendar_book_id
from domain.refused import NotFound, Refused
from store.edge import Blank, Vault, body_fields, command_from, is_sealed


@dataclass(frozen=True, slots=True)
class Place:
    """Where the commands of one subject are posted.

    ``bare`` is the action posted to the path itself (``POST /cases`` receives one).
    ``many``: ``bare`` begins a new stream, and the path of every other command names one
    (``/cases/{ref}/dispatch``); else there is one, or the body names it. ``suffix`` is what
    the path already says of every action (``/alerts/{ref}/answer``).
    """

    path: str
    bare: str | None
    many: bool
    suffix: str = ""


PLACES: dict[str, Place] = {
    "alert": Place("/alerts", bare=None, many=True, suffix="-alert"),
    "call": Place("/calls", bare="offer", many=True),
    "case": Place("/cases", bare="receive", many=True),
    "organisation": Place("/organisation", bare=None, many=False),
    "policy": Place("/policies", bare="publish-policy", many=False),
    "calendar": Place("/calendars", bare="publish-calendar", many=False),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants it, under which identity, of which stream, on which version."""

    actor: Actor
    command_id: UUID
    subject: UUID
    version: int | None
    fingerprint: bytes


class CommandRoute:
    """The route of one command: from the request to the desk's answer."""

    def __init__(self, door: Door, subject: str, kind: type[Command]) -> None:
        self._door = door
        self.subject = subject
        self.kind = kind
        self.place = PLACES[subject]
        self.model = body_model(kind)
        self._begins = self.place.many and self.place.bare == kind.ACTION
        self._sealed = [n for n, hint in body_fields(kind).items() if is_sealed(hint)]

    @property
    def path(self) -> str:
        """``/cases``, ``/cases/{ref}/dispatch``, ``/organisation/open-unit``."""
        if self.place.bare == self.kind.ACTION:
            return self.place.path
        ref = "/{ref}" if self.place.many else ""
        action = self.kind.ACTION.removesuffix(self.place.suffix)
        return f"{self.place.path}{ref}/{action}"

    def voice(self, request: Request, raw: Annotated[bytes, Depends(raw_body)]) -> Response:
        """Answer 201 with id, version and position, or raise; a refusal is counted."""
        door, actor = self._door, self._door.actor(request)
        subject: UUID | None = None
        try:
            key, version = idempotency_key(request), self._version(request)
            body = parse(self.model, raw)
            command_id = command_id_of(actor, key)
            subject = self._stream(request, actor, command_id, body.model_dump())
            fingerprint = self._fingerprint(key, subject, body.model_dump_json())
            answer = self._answer(
                body.model_dump(), Wish(actor, command_id, subject, version, fingerprint)
            )
        except (Refused, Problem) as no:
            door.count(no.code, self.kind.ACTION, actor, subject)
            raise
        within = f"/{answer.id}" if self.place.many else ""
        return answered(answer, f"{self.place.path}{within}")

    def _version(self, request: Request) -> int | None:
        version = expected_version(request)
        if version is not None and self._begins:
            raise Problem(400, "nothing_to_match")
        return version

    def _stream(
        self, request: Request, actor: Actor, command_id: UUID, body: Mapping[str, Any]
    ) -> UUID:
        """The stream spoken to. Raises NotFound when its name in the path is none.

        A stream that begins is named after the wish: a retry begins the same one. A matter
        that came from another system is named after its id there: it is received once.
        """
        if self._begins and body.get("source") and body.get("source_id"):
            return received_case_id(body["source"], body["source_id"])
        if self._begins:
            return uuid5(command_id, self.place.path)
        if self.subject == "organisation":
            return ORGANISATION_ID
        if self.subject in BOOKS:
            return BOOKS[self.subject](body["document"])
        ref = request.path_params["ref"]
        if self.subject == "case":
            return self._door.case_id(ref, actor)
        return _stream_id(ref, SUBJECTS[self.subject].missing)

    def _fingerprint(self, key: str | None, subject: UUID, body: str) -> bytes:
        """The same for two spellings of one body or of one case's name."""
        canonical = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
        keyed = self._door.store.vault.fingerprint
        return fingerprint_of(key, f"POST {self.path} {subject}", canonical, keyed)

    def _answer(self, body: Mapping[str, Any], wish: Wish) -> Answer:
        """Texts are sealed only for a wish that will be done: one that is refused, or sent
        again, leaves no keys behind, and a hidden case takes no longer than none."""
        door, at = self._door, self._door.now()

        def command(vault: Vault, customer: UUID | None) -> Command:
            return command_from(
                body,
                self.kind,
                actor=wish.actor,
                at=at,
                command_id=wish.command_id,
                subject=wish.subject,
                vault=vault,
                topics_of=lambda text: door.desk.policy_in_force(at).topics_of(text),
                customer=customer,
            )

        said: dict[str, Any] = {"version": wish.version, "fingerprint": wish.fingerprint}
        customer = None
        if any(body[name] for name in self._sealed):
            if done := door.desk.foresee(command(Blank(), None), **said):
                return done
            customer = None if self._begins else door.customer_of(wish.subject)
        return door.desk.handle(command(door.store.vault, customer), **said)


def command_routes(door: Door) -> list[CommandRoute]:
    """A route for every command of every subject that has a place.

    A stream begins at its bare path only: what else begins one (an import of history)
    has no route.
    """
    return [
        CommandRoute(door, name, kind)
        for name, place in PLACES.items()
        for action, kind in SUBJECTS[name].commands().items()
        if not place.many or action == place.bare or kind in SUBJECTS[name].goes_on
    ]


def add_commands(router: APIRouter, commands: list[CommandRoute]) -> None:
    """Put the routes up, and after them an answer for a command that is none."""
    for command in commands:
        router.add_api_route(
            command.path,
            command.voice,
            methods=["POST"],
            status_code=201,
            name=f"{command.subject}:{command.kind.ACTION}",
        )
    for place in PLACES.values():
        path = f"{place.path}{'/{ref}' if place.many else ''}/{{command}}"
        router.add_api_route(
            path, _no_such_command, methods=["POST"], include_in_schema=False
        )


def _no_such_command(command: str) -> Response:
    raise Problem(404, "no_such_command", command=command[:100])


def _stream_id(ref: str, missing: str) -> UUID:
    try:
        return UUID(ref)
    except ValueError:
        raise NotFound(missing) from None


def _profile(document: Mapping[str, Any]) -> str:
    """The book a policy says it belongs to; one that says none is refused by the desk."""
    profile = document.get("profile")
    name = profile.get("name") if isinstance(profile, dict) else None
    return name if isinstance(name, str) else ""


BOOKS: dict[str, Callable[[Mapping[str, Any]], UUID]] = {
    "policy": lambda document: policy_book_id(_profile(document)),
    "calendar": lambda document: calendar_book_id(str(document.get("name", ""))),
}
"""The book that a document to publish belongs into."""
