"""Secrets come from the environment or a file, and are strong."""

from pathlib import Path

import pytest

from app.core import secret_values
from app.core.settings import Settings

STRONG = "q8Xv2LrT5nWc7ZkY1mBd4HsG9fJp3QaE"


@pytest.mark.parametrize(
    "weak", ["dev", "secret", "changeme", "a" * 64, "abcabcabc" * 8, f"my-secret-{STRONG}", f"Change_Me{STRONG}"]
)
def test_a_weak_key_ends_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("GRIDCRM_SECRET_KEY", weak)
    with pytest.raises(SystemExit, match="GRIDCRM_SECRET_KEY is weak"):
        Settings(instance=tmp_path)


def test_a_key_can_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(f"{STRONG}\n")
    monkeypatch.setenv("GRIDCRM_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert Settings(instance=tmp_path / "instance").secret_key == STRONG


def test_the_secret_of_single_sign_on_can_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "given").write_text("as the provider gave it\n")
    monkeypatch.setenv("GRIDCRM_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "given"))
    assert Settings(instance=tmp_path / "instance").oidc_client_secret == "as the provider gave it"


def test_two_sources_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCRM_X", "1")
    monkeypatch.setenv("GRIDCRM_X_FILE", "2")
    with pytest.raises(SystemExit, match="both set"):
        secret_values.read("GRIDCRM_X")


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCRM_X_FILE", str(tmp_path / "gone"))
    with pytest.raises(SystemExit, match="gone cannot be read: No such file"):
        secret_values.read("GRIDCRM_X")


def test_the_kept_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    key = Settings(instance=tmp_path).secret_key
    assert Settings(instance=tmp_path).secret_key == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_new_instance_is_its_owner_s_alone(tmp_path: Path) -> None:
    instance = Settings(instance=tmp_path / "instance").instance
    assert instance.stat().st_mode & 0o077 == 0
