"""接待 Reception: one message of another system becomes a command, brought before the desk.

As over HTTP: the same wish twice is one case, and what is wrong with it is told. What is
not its fault is told apart, so that it can be tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
from eventsourcing import persistence

from consumers.intake import wire
from consumers.intake.wire import Message, RefusedV1, Sent, Unfit, refusal
from domain.case.origin import received_case_id
from domain.case.receive import ReceiveCase
from domain.desk import Voiced
from domain.fact import Actor
from domain.refused import Contended, Refused
from store.edge import Blank, command_from
from store.keyring import VaultError

if TYPE_CHECKING:
    from domain.desk import Desk
    from store import Store
    from store.edge import Vault

ROLE = "intake"
ATTEMPTS = 3
NOT_ITS_FAULT = (
    persistence.PersistenceError,
    persistence.MapperDeserialisationError,
    psycopg.Error,
    VaultError,
    OSError,
)

# Which field a refusal of the desk is about.
FIELDS = {
    "unknown_type": "business_type",
    "unknown_channel": "channel",
    "unknown_area": "area",
    "unknown_category": "category",
    "category_of_other_type": "category",
    "unknown_level": "level",
    "unknown_reason": "referral_body",
    "anonymous_with_identity": "anonymous",
}

log = logging.getLogger(__name__)


class Held(Exception):
    """Nothing is wrong with the message, but it cannot be taken now; says why."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Reception:
    """Makes each message a command and brings it before the desk.

    Any number of threads may do so at once. ``now`` is the clock.
    """

    def __init__(
        self, store: Store, desk: Desk, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store, self._desk, self._now = store, desk, now

    def take(self, message: Message) -> RefusedV1 | None:
        """Receive the case; None when it is on record, or why it never will be.

        Raises Held for what is not the message's fault.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._take(message)
            except Held:
                raise
            except Exception:
                log.warning("%s: something broke, once more", place(message))
        try:
            return self._take(message)
        except Held:
            raise
        except Exception:
            incident = uuid4().hex[:12]
            log.exception("incident %s: %s", incident, place(message))
            broken = Unfit("internal", incident=incident)
            return refusal(message, broken.code, broken.zh, broken.en)

    def _take(self, message: Message) -> RefusedV1 | None:
        try:
            with not_its_fault():
                self._receive(wire.read(message))
        except Unfit as wrong:
            return refusal(message, wrong.code, wrong.zh, wrong.en, wrong.field)
        except Refused as no:
            return refusal(message, no.code, no.zh, no.en, FIELDS.get(no.code))
        return None

    def _receive(self, sent: Sent) -> None:
        """As over HTTP: texts are sealed only for a case that will be received."""
        voiced = Voiced(sent.command_id, self._store.vault.fingerprint(sent.canonical))
        now = self._now()
        try:
            at = wire.moment(sent.said_at, now)
        except Unfit:
            if self._store.ledger.find(voiced):
                return  # read again long after it was taken
            raise
        try:
            self._voice(sent, at, voiced.fingerprint)
        except Contended as busy:
            raise Held(str(busy)) from busy
        except Refused as no:
            self._of_the_rules(no, now)
            case = received_case_id(sent.source, sent.source_id)
            self._store.refusals.record(no.code, ReceiveCase.ACTION, ROLE, None, case)
            raise

    def _voice(self, sent: Sent, at: datetime, fingerprint: bytes) -> None:
        body = sent.body()

        def command(vault: Vault) -> ReceiveCase:
            return command_from(
                body,
                ReceiveCase,
                actor=Actor(person=f"intake:{sent.source}", role=ROLE),
                at=at,
                command_id=sent.command_id,
                subject=received_case_id(sent.source, sent.source_id),
                vault=vault,
                topics_of=lambda text: self._desk.policy_in_force(at).topics_of(text),
            )

        if not self._desk.foresee(command(Blank()), fingerprint=fingerprint):
            self._desk.handle(command(self._store.vault), fingerprint=fingerprint)

    def _of_the_rules(self, no: Refused, now: datetime) -> None:
        """Raises Held when the rules in force let no other system in: then every message
        would be refused, and none of them could help it."""
        if no.code not in {"not_permitted", "no_such_policy"}:
            return
        try:
            self._desk.policy_in_force(now).permit(ReceiveCase.ACTION, ROLE)
        except Refused as closed:
            raise Held(
                f"the rules in force do not let the role {ROLE} {ReceiveCase.ACTION} cases:"
                f" publish ones that do (`huiyin policy publish`) [{closed}]"
            ) from no


@contextmanager
def not_its_fault() -> Iterator[None]:
    """Raise Held for troubles of the database, the disk and the keys, and for what a newer
    program wrote: this one has to be brought up to date."""
    try:
        yield
    except (persistence.DataError, psycopg.DataError):
        raise
    except NOT_ITS_FAULT as away:
        (said, *_) = [*str(away).splitlines(), ""]
        raise Held(f"{type(away).__name__}: {said}") from away


def place(message: Message) -> str:
    """How a message is named where people read: never by what it says."""
    return f"intake partition {message.partition}, offset {message.offset}"
