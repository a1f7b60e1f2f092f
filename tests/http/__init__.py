"""Tests of the HTTP face, on the real app over a real PostgreSQL."""
