"""Folds without a database, and the engine on a real one."""
