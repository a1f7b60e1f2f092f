"""Where things are and what is switched on: read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

PROFILE = "sgcc-2022"
PARTITIONS_MAX = 10_000
# What the settings of the brokers say.
BROKERS_CHOOSE = -1
REPLICATION_MAX = 32_767
DAYS_MAX = 36_500


class BadSetting(Exception):
    """A setting cannot be meant as it is; names it and says what may stand there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What this process was told.

    ``home`` holds the embedded data and the keys; ``database_url`` names a PostgreSQL of
    one's own (then nothing is embedded); ``kek`` is the file of the key that wraps all
    personal keys; ``kafka`` is a bootstrap address, or None when Kafka is not used.
    Both paths are kept without ``..`` and links: processes that spell one home in two
    ways must find the same server, by the name that it runs under.

    ``kafka_user`` and ``kafka_password`` (SCRAM-SHA-512) come together or not at all;
    ``kafka_ca`` is a PEM file of who vouches for the brokers, and switches TLS on.
    ``kafka_partitions`` (None: as many as there are, or enough), ``kafka_replication``
    (-1: what the brokers say) and ``kafka_retention_days`` (None: for good) are what
    topics are made with.
    Raises BadSetting.
    """

    home: Path
    database_url: str | None = None
    profile: str = PROFILE
    kek: Path | None = None
    kafka: str | None = None
    kafka_user: str | None = None
    kafka_password: str | None = field(default=None, repr=False)
    kafka_ca: Path | None = None
    kafka_partitions: int | None = None
    kafka_replication: int = BROKERS_CHOOSE
    kafka_retention_days: int | None = None

    def __post_init__(self) -> None:
        for name in ("home", "kek", "kafka_ca"):
            path: Path | None = getattr(self, name)
            if path is not None:
                object.__setattr__(self, name, path.expanduser().resolve())
        if (self.kafka_user is None) is not (self.kafka_password is None):
            raise BadSetting(
                "HUIYIN_KAFKA_USER and HUIYIN_KAFKA_PASSWORD go together: set both or none"
            )
        if self.kafka_partitions is not None:
            between("HUIYIN_KAFKA_PARTITIONS", self.kafka_partitions, PARTITIONS_MAX)
        if self.kafka_replication != BROKERS_CHOOSE:
            between("HUIYIN_KAFKA_REPLICATION", self.kafka_replication, REPLICATION_MAX)
        if self.kafka_retention_days is not None:
            between("HUIYIN_KAFKA_RETENTION_DAYS", self.kafka_retention_days, DAYS_MAX)

    @property
    def kek_file(self) -> Path:
        """The key file in use: outside the database, so that its backup opens nothing."""
        return self.kek or self.home / "keys" / "kek-1"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read HUIYIN_HOME, DATABASE_URL, HUIYIN_PROFILE, HUIYIN_KEK and HUIYIN_KAFKA…

        An empty word says nothing. Raises BadSetting.
        """
        env = os.environ if environ is None else environ
        kek, authority = env.get("HUIYIN_KEK"), env.get("HUIYIN_KAFKA_CA")
        return cls(
            home=Path(env.get("HUIYIN_HOME") or default_home()),
            database_url=env.get("DATABASE_URL") or None,
            profile=env.get("HUIYIN_PROFILE") or PROFILE,
            kek=Path(kek) if kek else None,
            kafka=env.get("HUIYIN_KAFKA") or None,
            kafka_user=env.get("HUIYIN_KAFKA_USER") or None,
            kafka_password=env.get("HUIYIN_KAFKA_PASSWORD") or None,
            kafka_ca=Path(authority) if authority else None,
            kafka_partitions=number(env, "HUIYIN_KAFKA_PARTITIONS", None),
            kafka_replication=number(env, "HUIYIN_KAFKA_REPLICATION", BROKERS_CHOOSE),
            kafka_retention_days=number(env, "HUIYIN_KAFKA_RETENTION_DAYS", None),
        )


N = TypeVar("N", int, int | None)


def number(env: Mapping[str, str], name: str, otherwise: N) -> N:
    """The whole number that a setting says, or what goes without it. Raises BadSetting."""
    said = env.get(name)
    if not said:
        return otherwise
    try:
        return int(said)
    except ValueError:
        raise BadSetting(f"{name}={said}: a whole number is wanted") from None


def between(name: str, said: int, most: int) -> None:
    """Raises BadSetting for a number that is not from 1 to ``most``."""
    if not 1 <= said <= most:
        raise BadSetting(f"{name}={said}: a whole number from 1 to {most} is wanted")


def default_home() -> str:
    """``/var/lib/huiyin`` for root, whose own folder the database's user may not enter."""
    return "/var/lib/huiyin" if os.geteuid() == 0 else "~/.local/share/huiyin"
