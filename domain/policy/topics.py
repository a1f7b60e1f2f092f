"""主题词 Topics of a text: which of the policy's words it says, and nothing of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from domain.policy.alert_rows import Topic

AT_MOST = 5
"""So many topics are told of one text: those it comes to speak of first."""


class Vocabulary:
    """The words of all topics, ready to be looked for in many texts."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self._topic_of = {
            plain(word): topic.code for topic in topics for word in topic.words
        }
        # Tried in this order at each place, so that there the longest word wins.
        longest_first = sorted(self._topic_of, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> tuple[str, ...]:
        """The codes of the topics that a text speaks of, in the order it does.

        A longer word hides the shorter one inside it: 频繁停电 is not also 停电. Only words
        are looked for: 没有停电 speaks of 停电 too.
        """
        found: dict[str, None] = {}
        for word in self._words.finditer(plain(text)):
            found[self._topic_of[word[0]]] = None
            if len(found) == AT_MOST:
                break
        return tuple(found)


def plain(text: str) -> str:
    """Full width, half width, capital and small letters alike."""
    return normalize("NFKC", text).casefold()
