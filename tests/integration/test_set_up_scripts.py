"""When set-up has something to do, and what it says when it cannot."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "scripts").mkdir(parents=True)
    for name in ("scripts/setup.sh", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def bash(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", f"set -euo pipefail; . scripts/setup.sh; {code}"]
    path = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=path | environment, capture_output=True, text=True)


def stamp(checkout: Path) -> None:
    bash("environment_of requirements.lock >stamp", checkout)


def is_up_to_date(checkout: Path) -> bool:
    return bash('is_stamped stamp "$(environment_of requirements.lock)"', checkout).returncode == 0


def test_second_start_finds_nothing_to_do(checkout: Path) -> None:
    assert not is_up_to_date(checkout)
    stamp(checkout)
    assert is_up_to_date(checkout)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_requirements_are_installed(checkout: Path, name: str) -> None:
    stamp(checkout)
    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    assert not is_up_to_date(checkout)


def test_moved_checkout_is_set_up_anew(checkout: Path) -> None:
    stamp(checkout)
    assert not is_up_to_date(checkout.rename(checkout.with_name("elsewhere")))


def test_python_that_is_too_old_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert bash("find_python", checkout, GRIDCRM_PYTHON=str(old)).returncode == 1


def test_linked_environment_is_refused_and_left_alone(checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (checkout / ".venv").symlink_to(elsewhere)
    outcome = bash("ensure_venv", checkout)
    assert outcome.returncode == 1
    assert f".venv is a link to {elsewhere}" in outcome.stderr
    assert [path.name for path in elsewhere.iterdir()] == ["kept"]


def test_missing_python_is_said_in_one_line(checkout: Path) -> None:
    outcome = bash("may_install() { false; }; find_python() { false; }; ensure_venv", checkout)
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "apt-get install python3" in outcome.stderr
