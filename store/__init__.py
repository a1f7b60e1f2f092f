"""The log: the only room that appends."""
