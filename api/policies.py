"""The policies that come with the program: read from their files, published into the log."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from domain.policy.parse import parse


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """Every shipped profile as one document, by name. Raises Malformed naming the row."""
    profiles = resources.files("domain.policy") / "profiles"
    return {
        folder.name: parse(
            {
                file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8"))
                for file in sorted(folder.iterdir(), key=lambda file: file.name)
                if file.name.endswith(".toml")
            }
        )
        for folder in sorted(profiles.iterdir(), key=lambda folder: folder.name)
        if folder.is_dir() and (folder / "profile.toml").is_file()
    }
