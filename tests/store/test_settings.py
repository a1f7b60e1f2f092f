"""What a process is told by its environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store.settings import Settings


def test_everything_has_a_default() -> None:
    told = Settings.from_env({})
    home = "/var/lib/huiyin" if os.geteuid() == 0 else "~/.local/share/huiyin"
    assert told == Settings(home=Path(home).expanduser())
    assert (told.database_url, told.kafka, told.profile) == (None, None, "sgcc-2022")
    assert told.kek_file == told.home / "keys" / "kek-1"


def test_everything_can_be_said() -> None:
    told = Settings.from_env(
        {
            "HUIYIN_HOME": "/srv/huiyin",
            "DATABASE_URL": "postgresql://db",
            "HUIYIN_PROFILE": "12345",
            "HUIYIN_KEK": "/run/secrets/kek",
            "HUIYIN_KAFKA": "broker:9092",
        }
    )
    assert told == Settings(
        home=Path("/srv/huiyin"),
        database_url="postgresql://db",
        profile="12345",
        kek=Path("/run/secrets/kek"),
        kafka="broker:9092",
    )
    assert told.kek_file == Path("/run/secrets/kek")


def test_an_empty_word_says_nothing_and_a_folder_is_where_one_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUIYIN_HOME", "here")
    monkeypatch.setenv("DATABASE_URL", "")
    told = Settings.from_env()
    assert told.home == tmp_path / "here"
    assert told.database_url is None


def test_a_path_with_dots_or_links_is_kept_as_the_place_it_leads_to(
    tmp_path: Path,
) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    spelled = [real / "gone" / ".." / "home", tmp_path / "link" / "home", real / "home"]
    for home in spelled:
        told = Settings.from_env({"HUIYIN_HOME": str(home), "HUIYIN_KEK": str(home / "k")})
        assert (told.home, told.kek) == (real / "home", real / "home" / "k")
        assert Settings(home=home).home == real / "home"
