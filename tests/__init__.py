"""Tests mirror the rooms; slices/ takes one capability through all of them."""
