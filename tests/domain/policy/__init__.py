"""Tests of rules as data: reading, checking, publishing, and what the shipped ones say."""
