"""Tests of the streams, most of them on a real broker."""
