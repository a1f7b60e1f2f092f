"""Alerts about many cases at once, a function of the log."""
