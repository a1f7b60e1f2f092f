"""Measurements: us and a reference on the same server, in one run, alternating."""
