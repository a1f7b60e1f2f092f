"""The terminal: huiyin, the command."""
