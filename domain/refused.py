"""The desk will not do that, and says why in business words."""

from __future__ import annotations

from domain.refusals import TEXTS


class Refused(Exception):
    """A decision that was not taken: a stable code, and why, in Chinese and English.

    ``because`` fills the places in the texts of ``domain/refusals.py``.
    """

    def __init__(self, code: str, /, **because: object) -> None:
        text = TEXTS[code]
        self.code = code
        self.because = because
        self.zh = text.zh.format_map(because)
        self.en = text.en.format_map(because)
        super().__init__(f"{code}: {self.en}")


class NotPermitted(Refused):
    """The role, post or unit does not give this authority (B33)."""


class NotFound(Refused):
    """There is no such thing, or it is not for these eyes; the two look the same."""


class Stale(Refused):
    """Decided on a version that is no longer the latest."""


class Contended(Refused):
    """Nothing is wrong with it, but too many change the same thing now: ask again later."""
