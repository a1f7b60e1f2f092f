"""From the log to a topic."""
