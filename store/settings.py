"""Where things are and what is switched on: read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROFILE = "sgcc-2022"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What this process was told.

    ``home`` holds the embedded data and the keys; ``database_url`` names a PostgreSQL of
    one's own (then nothing is embedded); ``kek`` is the file of the key that wraps all
    personal keys; ``kafka`` is a bootstrap address, or None when Kafka is not used.
    Both paths are kept without ``..`` and links: processes that spell one home in two
    ways must find the same server, by the name that it runs under.
    """

    home: Path
    database_url: str | None = None
    profile: str = PROFILE
    kek: Path | None = None
    kafka: str | None = None

    def __post_init__(self) -> None:
        for name in ("home", "kek"):
            path: Path | None = getattr(self, name)
            if path is not None:
                object.__setattr__(self, name, path.expanduser().resolve())

    @property
    def kek_file(self) -> Path:
        """The key file in use: outside the database, so that its backup opens nothing."""
        return self.kek or self.home / "keys" / "kek-1"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read HUIYIN_HOME, DATABASE_URL, HUIYIN_PROFILE, HUIYIN_KEK and HUIYIN_KAFKA."""
        env = os.environ if environ is None else environ
        kek = env.get("HUIYIN_KEK")
        return cls(
            home=Path(env.get("HUIYIN_HOME") or default_home()),
            database_url=env.get("DATABASE_URL") or None,
            profile=env.get("HUIYIN_PROFILE") or PROFILE,
            kek=Path(kek) if kek else None,
            kafka=env.get("HUIYIN_KAFKA") or None,
        )


def default_home() -> str:
    """``/var/lib/huiyin`` for root, whose own folder the database's user may not enter."""
    return "/var/lib/huiyin" if os.geteuid() == 0 else "~/.local/share/huiyin"
