"""Phone numbers in one form (E.164), so that one caller is found under one number."""

from __future__ import annotations

import re
import unicodedata

HOME_COUNTRY = "86"
# E.164 allows 15 digits; the shortest numbers that can call a hotline have 3.
DIGITS_MIN, DIGITS_MAX = 3, 15


class NotAPhone(ValueError):
    """Not a phone number."""


def e164(phone: str, country: str = HOME_COUNTRY) -> str:
    """``138 1234-5678`` → ``+8613812345678``; ``010-65551234`` → ``+861065551234``.

    Full-width digits count as digits. Numbers without a country code belong to
    ``country``; the trunk zero of an area code is dropped. Raises NotAPhone.
    """
    plain = re.sub(r"[\s().\-/]", "", unicodedata.normalize("NFKC", phone))
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise NotAPhone(f"{phone!r} is not a phone number")
    if not plain.startswith("+"):
        digits = country + digits.removeprefix("0")
    if not DIGITS_MIN <= len(digits) <= DIGITS_MAX:
        raise NotAPhone(f"{phone!r} is not a phone number")
    return f"+{digits}"
