"""What a process is told by its environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store.settings import BadSetting, Settings


def test_everything_has_a_default() -> None:
    told = Settings.from_env({})
    home = "/var/lib/huiyin" if os.geteuid() == 0 else "~/.local/share/huiyin"
    assert told == Settings(home=Path(home).expanduser())
    assert (told.database_url, told.kafka, told.profile) == (None, None, "sgcc-2022")
    assert told.kek_file == told.home / "keys" / "kek-1"
    assert (told.kafka_partitions, told.kafka_replication) == (None, -1)
    assert (told.kafka_user, told.kafka_ca, told.kafka_retention_days) == (None,) * 3


def test_everything_can_be_said() -> None:
    told = Settings.from_env(
        {
            "HUIYIN_HOME": "/srv/huiyin",
            "DATABASE_URL": "postgresql://db",
            "HUIYIN_PROFILE": "12345",
            "HUIYIN_KEK": "/run/secrets/kek",
            "HUIYIN_KAFKA": "broker:9092",
            "HUIYIN_KAFKA_USER": "huiyin",
            "HUIYIN_KAFKA_PASSWORD": "secret",
            "HUIYIN_KAFKA_CA": "/etc/kafka/ca.pem",
            "HUIYIN_KAFKA_PARTITIONS": "24",
            "HUIYIN_KAFKA_REPLICATION": "3",
            "HUIYIN_KAFKA_RETENTION_DAYS": "90",
        }
    )
    assert told == Settings(
        home=Path("/srv/huiyin"),
        database_url="postgresql://db",
        profile="12345",
        kek=Path("/run/secrets/kek"),
        kafka="broker:9092",
        kafka_user="huiyin",
        kafka_password="secret",
        kafka_ca=Path("/etc/kafka/ca.pem"),
        kafka_partitions=24,
        kafka_replication=3,
        kafka_retention_days=90,
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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("HUIYIN_KAFKA_PARTITIONS", "0"),
        ("HUIYIN_KAFKA_PARTITIONS", "-3"),
        ("HUIYIN_KAFKA_PARTITIONS", "10001"),
        ("HUIYIN_KAFKA_PARTITIONS", "twelve"),
        ("HUIYIN_KAFKA_PARTITIONS", "1.5"),
        ("HUIYIN_KAFKA_REPLICATION", "0"),
        ("HUIYIN_KAFKA_REPLICATION", "-2"),
        ("HUIYIN_KAFKA_REPLICATION", "three"),
        ("HUIYIN_KAFKA_RETENTION_DAYS", "0"),
        ("HUIYIN_KAFKA_RETENTION_DAYS", "-1"),
        ("HUIYIN_KAFKA_RETENTION_DAYS", "a week"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_by_its_name(name: str, said: str) -> None:
    with pytest.raises(BadSetting, match=f"{name}={said}: a whole number"):
        Settings.from_env({name: said})


@pytest.mark.parametrize("alone", ["HUIYIN_KAFKA_USER", "HUIYIN_KAFKA_PASSWORD"])
def test_a_user_and_a_password_come_together(alone: str) -> None:
    with pytest.raises(BadSetting, match="set both or none") as refused:
        Settings.from_env({alone: "hush"})
    assert "hush" not in str(refused.value)


def test_a_password_is_not_shown() -> None:
    told = Settings(home=Path(), kafka_user="huiyin", kafka_password="hush")
    assert "hush" not in repr(told)
