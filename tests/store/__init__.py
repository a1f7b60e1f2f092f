"""The log on a real PostgreSQL: what is acknowledged is stored, once, in order, for good."""
