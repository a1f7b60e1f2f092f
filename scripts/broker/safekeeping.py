"""What only its owner may read: a user's password, and certificates with their keys."""

from __future__ import annotations

import importlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from .wanting import Wanting

USER = "huiyin"
KEYSTORE = "keystore.pem"


def secure(data: Path, brokers: Mapping[int, Path]) -> None:
    """Write ``data``/ca.pem, ``data``/password, and a key store into each broker's folder.

    Raises Wanting where the package that makes certificates is not installed.
    """
    try:
        certificates = importlib.import_module(".certificates", __package__)
    except ImportError:
        raise Wanting(
            "--secure needs the Python package `cryptography`: run this script with the"
            " project's Python (.venv/bin/python scripts/kafka …)"
        ) from None
    authority, keystores = certificates.issue(brokers)
    private(data / "ca.pem", authority)
    private(data / "password", secrets.token_urlsafe(24))
    for number, folder in brokers.items():
        private(folder / KEYSTORE, keystores[number])


def private(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
