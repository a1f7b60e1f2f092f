"""The sealing edge: clear text comes in, a command without plain personal data goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Protocol, TypeVar, get_args, get_type_hints
from uuid import UUID

from domain.command import ENVELOPE, Command
from domain.fact import UNSTAMPED, Actor, Sealed

# Fields the edge fills by itself: a client never names the person a key belongs to, nor
# says what a text is about.
FILLED_BY_THE_EDGE = frozenset({"customer", "topics"})

TopicsOf = Callable[[str], tuple[str, ...]]
"""The codes of the topics that a text speaks of (``Policy.topics_of``)."""

Said = TypeVar("Said", bound=Command)


class Vault(Protocol):
    """What the edge needs of the key vault (store/vault.py)."""

    def person_by_phone(self, phone: str) -> UUID:
        """The person with this number, found or made."""

    def new_person(self) -> UUID:
        """A person nothing is known of yet, with a key of their own."""

    def seal(
        self, text: str, *, person: UUID, stream: UUID, field: str, mask: str
    ) -> Sealed:
        """Close one text in an envelope that opens only for this stream and field."""


class Blank:
    """A vault that keeps nothing and knows nobody: a command can be tried before it is
    meant, and leaves nobody behind when it is refused."""

    def person_by_phone(self, phone: str) -> UUID:  # noqa: ARG002 - not looked up
        return UNSTAMPED

    def new_person(self) -> UUID:
        return UNSTAMPED

    def seal(
        self,
        text: str,  # noqa: ARG002 - not kept
        *,
        person: UUID,
        stream: UUID,  # noqa: ARG002
        field: str,  # noqa: ARG002
        mask: str,
    ) -> Sealed:
        return Sealed(person=person, envelope=UNSTAMPED, mask=mask, box="", commitment="")


def body_fields(kind: type[Command]) -> dict[str, Any]:
    """The fields a client may send for a command, with their types, in order."""
    hints = get_type_hints(kind)
    hidden = ENVELOPE | FILLED_BY_THE_EDGE
    return {f.name: hints[f.name] for f in fields(kind) if f.name not in hidden}


def is_sealed(hint: object) -> bool:
    """Whether a field of this type is sent in clear and sealed here."""
    return hint is Sealed or Sealed in get_args(hint)


def command_from(  # noqa: PLR0913 - the envelope, spelled out by whoever opens the door
    body: Mapping[str, Any],
    kind: type[Said],
    *,
    actor: Actor,
    at: datetime,
    command_id: UUID,
    subject: UUID,
    vault: Vault,
    topics_of: TopicsOf,
    customer: UUID | None = None,
    correlation_id: UUID | None = None,
    causation_id: UUID | None = None,
) -> Said:
    """Make the command: sealed fields arrive in ``body`` as plain text, or None.

    ``customer`` is the person the case is known to be about. A phone number in the body
    says it better; with neither, the texts are sealed under a new person's key.
    ``topics_of`` is asked here, where the content is still in clear.
    """
    filled = seal_texts(body, kind, subject=subject, vault=vault, customer=customer)
    if "topics" in {field.name for field in fields(kind)}:
        filled["topics"] = topics_of(body.get("content") or "")
    return kind(
        subject=subject,
        command_id=command_id,
        actor=actor,
        at=at,
        correlation_id=correlation_id or body.get("call_id"),
        causation_id=causation_id,
        **filled,
    )


def seal_texts(
    body: Mapping[str, Any],
    kind: type[Command],
    *,
    subject: UUID,
    vault: Vault,
    customer: UUID | None,
) -> dict[str, Any]:
    """The body with every personal text in its envelope, and the customer filled in."""
    personal = [name for name, hint in body_fields(kind).items() if is_sealed(hint)]
    texts: dict[str, str] = {name: body[name] for name in personal if body.get(name)}
    person = customer
    asks_who = "customer" in {field.name for field in fields(kind)}
    if asks_who and "phone" in texts:
        person = vault.person_by_phone(texts["phone"])
    elif texts and person is None:
        person = vault.new_person()
    filled = dict(body) | ({"customer": person} if asks_who else {})
    if person is not None:
        for name, text in texts.items():
            filled[name] = vault.seal(
                text, person=person, stream=subject, field=name, mask=mask(name, text)
            )
    return filled


def mask(field: str, text: str) -> str:
    """What may be shown without opening: 王**, 138****5678, of other texts the length."""
    if field == "name":
        return f"{text[:1]}**"
    if field == "phone":
        return mask_phone(text)
    return f"[{len(text)}]"


def mask_phone(phone: str) -> str:
    """The first three and the last four digits; of a short number only the last two."""
    digits = "".join(c for c in phone if c.isdigit()).removeprefix("0086")
    if phone.strip().startswith("+86"):
        digits = digits.removeprefix("86")
    if len(digits) < 9:  # noqa: PLR2004 - so that at least two digits stay hidden
        return f"****{digits[-2:]}"
    return f"{digits[:3]}****{digits[-4:]}"
