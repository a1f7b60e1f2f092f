"""Views: facts folded into rows that answer questions. Never decides, never appends."""
