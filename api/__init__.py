"""The front door: commands in, queries out."""
