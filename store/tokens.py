"""Bearer tokens: shown once, kept as hashes, each standing for somebody in a role."""

from __future__ import annotations

import secrets
from hashlib import sha256

from domain.fact import Actor
from store.database import Pool, fetch, translated


class Tokens:
    """Who may speak. A token is 256 random bits, so a plain hash of it is enough."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def create(
        self,
        *,
        role: str,
        unit: str | None = None,
        person: str | None = None,
        post: str | None = None,
    ) -> str:
        """A new token for a person in a role; this is the only time it is seen.

        A token without a person acts under the name of its role and unit.
        """
        token = f"hy_{secrets.token_urlsafe(32)}"
        name = person or (f"{role}@{unit}" if unit else role)
        with translated(), self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO ops.tokens (hash, role, unit, person, post) "
                "VALUES (%s, %s, %s, %s, %s)",
                [_hash(token), role, unit, name, post],
            )
        return token

    def actor(self, token: str) -> Actor | None:
        """Who this token stands for; None when it is unknown or revoked."""
        rows = fetch(
            self._pool,
            "SELECT person, role, post, unit FROM ops.tokens "
            "WHERE hash = %b AND revoked_at IS NULL",
            [_hash(token)],
        )
        if not rows:
            return None
        person, role, post, unit = rows[0]
        return Actor(person=person, role=role, post=post, unit=unit)

    def revoke(self, token: str) -> bool:
        """Let a token stand for nobody from now on; False when it did so already."""
        with translated(), self._pool.connection() as connection:
            done = connection.execute(
                "UPDATE ops.tokens SET revoked_at = now() "
                "WHERE hash = %s AND revoked_at IS NULL",
                [_hash(token)],
            )
            return done.rowcount == 1


def _hash(token: str) -> bytes:
    # Whatever a client sends must be hashable, lone surrogates included.
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
