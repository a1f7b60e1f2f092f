"""The views as they stood: folded in memory when asked, the last ones kept for paging."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.http.problems import Problem
from projections.folding import Folded
from projections.moments import NotFolded, happened_by, up_to
from projections.view import View

if TYPE_CHECKING:
    from store.log import Log

KEPT_MAX = 4

log = logging.getLogger("huiyin.http")


class Moments:
    """Folds views for a moment. The log never changes behind a position, so what was
    folded for one stays right, and the next page need not fold again.

    What is written meanwhile plays no part: the position that a moment is kept under is
    the one that was folded up to. Raises Problem 500 when facts do not fold.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._kept: OrderedDict[Hashable, Folded] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, views: tuple[View[Any], ...], at: datetime) -> Folded:
        """What was known at a moment: recorded by then."""
        position = self._log.known_at(at)
        key = ("known", _names(views), position)
        return self._fold(key, lambda: up_to(self._log, views, position))

    def happened(self, views: tuple[View[Any], ...], at: datetime) -> Folded:
        """What had happened by a moment, as known now."""
        head = self._log.head()
        key = ("happened", _names(views), at, head)
        return self._fold(key, lambda: happened_by(self._log, views, at, head))

    def _fold(self, key: Hashable, fold: Callable[[], Folded]) -> Folded:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            folded = fold()
        except NotFolded as untold:
            log.exception("a moment cannot be told")
            raise Problem(500, "moment_untold", n=len(untold.parked)) from None
        with self._lock:
            self._kept[key] = folded
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return folded


def _names(views: tuple[View[Any], ...]) -> tuple[str, ...]:
    return tuple(view.name for view in views)
