"""The number a customer is told: short, sayable, and no two alike."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

# Crockford's base 32: no I, L, O, U, so nothing is misheard or misread.
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def case_number(case_id: UUID, at: datetime) -> str:
    """``261122-7F3K-9QXM``: UTC day of receipt, then 40 bits of the case id."""
    bits = int.from_bytes(case_id.bytes[-5:], "big")
    code = "".join(DIGITS[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{at:%y%m%d}-{code[:4]}-{code[4:]}"
