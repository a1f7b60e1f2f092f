"""Sentences about cases: what is decided, and what is refused."""
