"""Whatever goes wrong with a worker, it is said, and the worker begins again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from consumers.brokers.clients import KafkaUnusable
from consumers.brokers.hushing import Said
from consumers.brokers.membership import Followed, Lost
from projections.engine import Fenced, Replaced

RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class Again(Exception):
    """The worker has to begin again; says why, and what is to be done if anything is."""


def again_and_again(who: str, stop: threading.Event, work: Callable[[Said], None]) -> None:
    """Have ``who`` work until ``stop`` is set. Whatever goes wrong, it is said and the
    worker begins again; ``work`` is given whom to tell that all is well.

    Raises Replaced: then another version of this program is at work, and this one has to
    end.
    """
    said = Said(log)
    while not stop.is_set():
        try:
            work(said)
        except Replaced as why:
            why.add_note("stop this process, and start it with that version")
            raise
        except (KafkaUnusable, Followed, Lost, Fenced, Again) as why:
            said.once(f"{who} begins again: {why}")
        except Exception as error:
            said.once(
                f"{who} begins again: {type(error).__name__}: {error}; if it goes on,"
                " see to what the lines below name (the database, the brokers)",
                exc_info=True,
            )
        stop.wait(RETRY_SECONDS)
