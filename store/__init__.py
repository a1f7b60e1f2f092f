"""The log: the only room that appends."""

from store.store import Store, open_store

__all__ = ["Store", "open_store"]
