"""The library's subscription on our log: pages from the recorder, woken by the feed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

from store.feed import Feed

if TYPE_CHECKING:
    from store.recorder import LogRecorder

PAGE = 500
LOOK_AGAIN_SECONDS = 1.0


class LogSubscription(Subscription[ApplicationRecorder]):
    """Yields every notification behind a position, and waits for more until stopped."""

    def __init__(
        self, recorder: LogRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._after = gt or 0
        self._page: deque[Notification] = deque()
        self._feed = Feed(recorder)

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._feed.close()

    def stop(self) -> None:
        super().stop()
        self._feed.wake()

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if self._page:
                return self._page.popleft()
            self._page.extend(
                self._recorder.select_notifications(
                    self._after, PAGE, topics=self._topics, inclusive_of_start=False
                )
            )
            if self._page:
                self._after = self._page[-1].id
            else:
                self._feed.wait(self._after, LOOK_AGAIN_SECONDS)
        raise StopIteration
