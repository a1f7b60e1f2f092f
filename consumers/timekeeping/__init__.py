"""Wakes the desk for what falls due."""
