"""Which tiers of tests this machine can run, and what a left-out one is waiting for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

BROKER_SCRIPT = Path(__file__).parents[1] / "scripts" / "kafka"
SHARED_DATA = Path(os.environ.get("HUIYIN_SHARED_DATA", "../shared/data"))


@cache
def _kafka_lacks() -> str | None:
    asked = [sys.executable, str(BROKER_SCRIPT), "lacks"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    return told.stdout.strip() or None


def _shared_data_lacks() -> str | None:
    if not SHARED_DATA.is_dir():
        return f"no shared data at {SHARED_DATA} (set HUIYIN_SHARED_DATA)"
    return None


# Marker of a tier → what this machine lacks for it, or None.
TIERS: dict[str, Callable[[], str | None]] = {
    "kafka": _kafka_lacks,
    "shared_data": _shared_data_lacks,
}


def all_demanded() -> bool:
    """``make test TIERS=all``: a missing system part is a failure, not a skip."""
    return os.environ.get("HUIYIN_TIERS", "") == "all"


def demanded(tier: str) -> bool:
    """Whether a tier must run; the data sets must in CI, where they lie beside it."""
    return bool(os.environ.get("CI")) if tier == "shared_data" else all_demanded()


def left_out(markers: Iterable[str]) -> dict[str, str]:
    """The tiers among ``markers`` that cannot run here, each with what it lacks."""
    lacks = {tier: TIERS[tier]() for tier in markers if tier in TIERS}
    return {tier: reason for tier, reason in lacks.items() if reason}
