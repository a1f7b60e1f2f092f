"""Personal data: a random key a person, each text sealed to its one place."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from threading import Lock
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.fact import Sealed
from store.database import Pool, fetch, translated
from store.keyring import Keyring, VaultError
from store.phones import e164

KEY_BYTES = 32
NONCE_BYTES = 12
KEYS_CACHED_MAX = 10_000

__all__ = ["CannotOpen", "UnknownPerson", "Vault", "VaultError"]


class CannotOpen(VaultError):
    """The envelope is not what was sealed here: another place, another key, or changed."""


class UnknownPerson(VaultError):
    """There is no key of this person (any more)."""


class Vault:
    """Seals and opens personal texts. The database holds only wrapped keys."""

    def __init__(self, pool: Pool, kek_file: Path) -> None:
        self._pool = pool
        self._keyring = Keyring(pool, kek_file)
        self._keys: OrderedDict[UUID, bytes] = OrderedDict()
        self._keys_lock = Lock()

    # People -----------------------------------------------------------------------------

    def new_person(self) -> UUID:
        """Somebody with a key of their own, known by nothing else."""
        person = uuid4()
        epoch, wrapped = self._keyring.wrap(token_bytes(KEY_BYTES), person.bytes)
        with translated(), self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO vault.people (person, epoch, wrapped) VALUES (%s, %s, %s)",
                [person, epoch, wrapped],
            )
        return person

    def person_by_phone(self, phone: str) -> UUID:
        """The person of a phone number, made when the number is new.

        The number itself is not stored: E.164, then HMAC under a key of its own. Raises
        store.phones.NotAPhone.
        """
        mark = hmac.digest(
            self._keyring.key("phone-lookup"), e164(phone).encode(), "sha256"
        )
        query = "SELECT person FROM vault.lookups WHERE mark = %b"
        if rows := fetch(self._pool, query, [mark]):
            return UUID(str(rows[0][0]))
        person = self.new_person()
        with translated(), self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO vault.lookups VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [mark, person],
            )
        # Two may have called at once: the first to write is right for both.
        return UUID(str(fetch(self._pool, query, [mark])[0][0]))

    def people_by_reference(self, references: Iterable[str]) -> dict[str, UUID]:
        """The people whom another system knows by these names; new ones are made.

        For imports, by the batch. A name is not stored, only its HMAC, as of a phone.
        """
        key = self._keyring.key("reference-lookup")
        marks = {hmac.digest(key, name.encode(), "sha256"): name for name in references}
        found = self._find_people(marks)
        if unknown := marks.keys() - found.keys():
            self._make_people(unknown)
            found = self._find_people(marks)
        return {name: found[mark] for mark, name in marks.items()}

    def _make_people(self, marks: Iterable[bytes]) -> None:
        """New people under these marks; of two who make the same, the first is right."""
        # In one order for everybody: two who make the same people never block each other.
        people = {uuid4(): mark for mark in sorted(marks)}
        rows = [
            (person, *self._keyring.wrap(token_bytes(KEY_BYTES), person.bytes))
            for person in people
        ]
        with translated(), self._pool.connection() as connection:
            cursor = connection.cursor()
            cursor.executemany("INSERT INTO vault.people VALUES (%s, %s, %s)", rows)
            cursor.executemany(
                "INSERT INTO vault.lookups VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [(mark, person) for person, mark in people.items()],
            )

    def _find_people(self, marks: Iterable[bytes]) -> dict[bytes, UUID]:
        """People by the marks of their names; their keys are at hand afterwards."""
        rows = fetch(
            self._pool,
            "SELECT l.mark, p.person, p.epoch, p.wrapped FROM vault.lookups l "
            "JOIN vault.people p USING (person) WHERE l.mark = ANY(%b::bytea[])",
            [list(marks)],
        )
        for _, person, epoch, wrapped in rows:
            self._remember(person, self._keyring.unwrap(epoch, wrapped, person.bytes))
        return {row[0]: row[1] for row in rows}

    def fingerprint(self, said: bytes) -> bytes:
        """What tells two sayings apart, and nothing to who has only the database.

        A plain digest of a phone number could be guessed: HMAC-SHA256 under a key of its
        own instead. The same in every process on this database.
        """
        return hmac.digest(self._keyring.key("fingerprint"), said, "sha256")

    # Envelopes --------------------------------------------------------------------------

    def seal(
        self, text: str, *, person: UUID, stream: UUID, field: str, mask: str
    ) -> Sealed:
        """Seal a text under a person's key, for one field of one stream.

        ``mask`` is what may be shown without opening. Raises UnknownPerson.
        """
        key = self._key_of(person)
        envelope, nonce = uuid4(), token_bytes(NONCE_BYTES)
        place = _place(person, stream, field, envelope)
        box = nonce + AESGCM(_part(key, b"seal")).encrypt(
            nonce, text.encode("utf-8", "surrogatepass"), place
        )
        return Sealed(
            person=person,
            envelope=envelope,
            mask=mask,
            box=b64encode(box).decode(),
            commitment=b64encode(_commitment(key, place, box)).decode(),
        )

    def open(self, sealed: Sealed, *, stream: UUID, field: str) -> str:
        """The text of an envelope that was sealed for this field of this stream.

        Raises CannotOpen for anything else, and UnknownPerson when the key is gone.
        """
        key = self._key_of(sealed.person)
        place = _place(sealed.person, stream, field, sealed.envelope)
        try:
            box = b64decode(sealed.box, validate=True)
            commitment = b64decode(sealed.commitment, validate=True)
        except ValueError as problem:
            raise CannotOpen(f"envelope {sealed.envelope} is damaged") from problem
        if not hmac.compare_digest(commitment, _commitment(key, place, box)):
            raise CannotOpen(f"envelope {sealed.envelope} was not sealed for {field} here")
        try:
            text = AESGCM(_part(key, b"seal")).decrypt(
                box[:NONCE_BYTES], box[NONCE_BYTES:], place
            )
        except InvalidTag as problem:
            raise CannotOpen(f"envelope {sealed.envelope} was changed") from problem
        return text.decode("utf-8", "surrogatepass")

    def _key_of(self, person: UUID) -> bytes:
        with self._keys_lock:
            if key := self._keys.get(person):
                self._keys.move_to_end(person)
                return key
        rows = fetch(
            self._pool,
            "SELECT epoch, wrapped FROM vault.people WHERE person = %b",
            [person],
        )
        if not rows:
            raise UnknownPerson(f"there is no key of person {person}")
        key = self._keyring.unwrap(rows[0][0], rows[0][1], person.bytes)
        self._remember(person, key)
        return key

    def _remember(self, person: UUID, key: bytes) -> None:
        with self._keys_lock:
            self._keys[person] = key
            if len(self._keys) > KEYS_CACHED_MAX:
                self._keys.popitem(last=False)


def _place(person: UUID, stream: UUID, field: str, envelope: UUID) -> bytes:
    """What an envelope is bound to; only the field varies in length, so it comes last."""
    return (
        b"huiyin.sealed.1" + person.bytes + stream.bytes + envelope.bytes + field.encode()
    )


def _part(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, purpose, "sha256")


def _commitment(key: bytes, place: bytes, box: bytes) -> bytes:
    """AES-GCM alone lets a box open under two keys to two texts; this names the one."""
    said = sha256(place).digest() + sha256(box).digest()
    return hmac.digest(_part(key, b"commit"), said, "sha256")
