"""The key file outside the database, and the keys in the database that it wraps."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from pathlib import Path
from secrets import token_bytes, token_hex
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.database import Pool, fetch, translated

KEY_BYTES = 32
NONCE_BYTES = 12
FILE_MARK = "huiyin-kek"
IN_USE = "SELECT EXISTS (SELECT FROM vault.keys) OR EXISTS (SELECT FROM vault.people)"


class VaultError(Exception):
    """Personal data cannot be sealed or opened; the text says why."""


class Keyring:
    """Wraps keys with the key-encryption key (KEK) of the current epoch.

    The file holds ``huiyin-kek EPOCH BASE64``. It is made (0600) when the database holds
    no keys yet; otherwise it must be the file that belongs to this database.
    """

    def __init__(self, pool: Pool, file: Path) -> None:
        self._pool = pool
        self._file = file
        self._lock = Lock()
        self._kek: tuple[int, bytes] | None = None
        self._named: dict[str, bytes] = {}

    def wrap(self, key: bytes, owner: bytes) -> tuple[int, bytes]:
        """Epoch and wrapped key, bound to whose key it is."""
        epoch, kek = self._current()
        nonce = token_bytes(NONCE_BYTES)
        return epoch, nonce + AESGCM(kek).encrypt(nonce, key, _owner(epoch, owner))

    def unwrap(self, epoch: int, wrapped: bytes, owner: bytes) -> bytes:
        """The key; raises VaultError when another file wrapped it, or for another owner."""
        current, kek = self._current()
        if epoch != current:
            raise VaultError(
                f"a key of epoch {epoch} is asked for; {self._file} is of epoch {current}"
            )
        try:
            return AESGCM(kek).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _owner(epoch, owner)
            )
        except InvalidTag as problem:
            raise VaultError(
                f"{self._file} is not the key file of this database"
            ) from problem

    def key(self, purpose: str) -> bytes:
        """A key that belongs to no person, made when first asked for."""
        with self._lock:
            if found := self._named.get(purpose):
                return found
        query = "SELECT epoch, wrapped FROM vault.keys WHERE purpose = %b"
        rows = fetch(self._pool, query, [purpose])
        if not rows:
            epoch, wrapped = self.wrap(token_bytes(KEY_BYTES), purpose.encode())
            with translated(), self._pool.connection() as connection:
                connection.execute(
                    "INSERT INTO vault.keys VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    [purpose, epoch, wrapped],
                )
            rows = fetch(self._pool, query, [purpose])
        key = self.unwrap(rows[0][0], rows[0][1], purpose.encode())
        with self._lock:
            self._named[purpose] = key
        return key

    def _current(self) -> tuple[int, bytes]:
        with self._lock:
            if self._kek is None:
                self._kek = self._read()
            return self._kek

    def _read(self) -> tuple[int, bytes]:
        if not self._file.exists():
            in_use = fetch(self._pool, IN_USE, [])[0][0]
            # Asked again afterwards: another process may just have made both.
            if in_use and not self._file.exists():
                raise VaultError(
                    f"the key file {self._file} is missing, and the database holds keys "
                    "that only it can unwrap; put it back, or set HUIYIN_KEK to it"
                )
            if not in_use:
                _make(self._file)
        return _parse(self._file)


def _owner(epoch: int, owner: bytes) -> bytes:
    return b"huiyin.wrapped.1" + epoch.to_bytes(4, "big") + owner


def _parse(file: Path) -> tuple[int, bytes]:
    try:
        mark, epoch, key = file.read_text(encoding="ascii").split()
        found = int(epoch), b64decode(key, validate=True)
    except (ValueError, UnicodeDecodeError) as problem:
        raise VaultError(f"{file} is not a key file") from problem
    if mark != FILE_MARK or len(found[1]) != KEY_BYTES:
        raise VaultError(f"{file} is not a key file")
    return found


def _make(file: Path) -> None:
    """Make the key file; when two do so at once, both use the one that came first."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{token_hex(8)}")
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        out.write(f"{FILE_MARK} 1 {b64encode(token_bytes(KEY_BYTES)).decode()}\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
