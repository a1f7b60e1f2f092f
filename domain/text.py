"""A text 文本 in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """The same in Chinese and in English. ``{name}`` is a place to be filled."""

    zh: str
    en: str
