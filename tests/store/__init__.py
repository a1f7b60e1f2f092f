"""The log on a real PostgreSQL: what is acknowledged is stored, once and in order."""
