"""What the headers of a request say: who asks, which wish, which version was seen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Protocol
from uuid import UUID, uuid4, uuid5

from fastapi import Request

from api.http.problems import Problem
from domain.fact import Actor

BODY_BYTES_MAX = 1_000_000
DRAINED_BYTES_MAX = 64_000_000
KEY_LENGTH_MAX = 200
TOKEN_LENGTH_MAX = 200
KEYS = UUID("0c5a3b5e-58a7-5f0c-8d1e-7f6a2b9c4d10")
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,9})"|([1-9][0-9]{0,9})')


class Tokens(Protocol):
    """Who holds which token (store/tokens.py)."""

    def actor(self, token: str) -> Actor | None:
        """The actor a token stands for; None when it is unknown or revoked."""


def actor_of(request: Request, tokens: Tokens) -> Actor:
    """Who asks. Raises Problem 401 without a valid bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    sound = scheme.lower() == "bearer" and token.isascii() and token.isprintable()
    actor = tokens.actor(token) if sound and 0 < len(token) <= TOKEN_LENGTH_MAX else None
    if actor is None:
        challenge = {"WWW-Authenticate": 'Bearer realm="huiyin"'}
        raise Problem(401, "unauthenticated", headers=challenge)
    return actor


async def raw_body(request: Request) -> bytes:
    """The body's bytes. Raises Problem 400 for another media type, 413 past the limit."""
    read, kept = 0, bytearray()
    async for chunk in request.stream():
        read += len(chunk)
        if read <= BODY_BYTES_MAX:
            kept += chunk
        elif read > DRAINED_BYTES_MAX:
            break
    # Read to the end before saying no: a client still sending would not hear it.
    if read > BODY_BYTES_MAX:
        raise Problem(413, "body_too_large", limit=BODY_BYTES_MAX)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kept and media_type != "application/json":
        raise Problem(400, "unsupported_content_type")
    return bytes(kept)


def idempotency_key(request: Request) -> str | None:
    """The key of this wish, or None. Raises Problem 400 when it cannot be one."""
    sent = request.headers.get("idempotency-key")
    if sent is None:
        return None
    try:
        key = sent.encode("latin-1").decode()
    except UnicodeDecodeError:
        key = sent
    if not (0 < len(key) <= KEY_LENGTH_MAX and key.isprintable() and key.strip()):
        raise Problem(400, "malformed_idempotency_key", limit=KEY_LENGTH_MAX)
    return key


def command_id_of(actor: Actor, key: str | None) -> UUID:
    """The identity of the wish: an actor's key always gives the same, no key a new one."""
    if key is None:
        return uuid4()
    said = [actor.person, actor.role, actor.post, actor.unit, key]
    return uuid5(KEYS, json.dumps(said, ensure_ascii=False))


def fingerprint_of(
    key: str | None, target: str, body: bytes, keyed: Callable[[bytes], bytes]
) -> bytes:
    """What was asked under a key, so that another body under it shows.

    ``keyed`` digests it under a secret (``Vault.fingerprint``): clients choose keys that
    can be guessed, and so could a short body (a phone number) be from a plain digest.
    """
    if key is None:
        return b""
    parts = (key.encode(), target.encode(), body)
    return keyed(b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def expected_version(request: Request) -> int | None:
    """The version an If-Match asks for, None for none or ``*``. Raises Problem 400."""
    sent = request.headers.get("if-match")
    if sent is None or sent.strip() == "*":
        return None
    found = _VERSION.fullmatch(sent.strip())
    if found is None:
        raise Problem(400, "malformed_if_match")
    return int(found[1] or found[2])
