"""Followers of the log, killed and cut off, and what they leave behind."""
