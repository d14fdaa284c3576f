"""What the two commands set a machine up from: locked, complete, and free of anybody's addresses and paths."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
SCRIPTS = sorted([*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"])
SHELL_SCRIPTS = [path for path in SCRIPTS if path.is_file() and "bash" in path.read_text().split("\n", 1)[0]]
TEXT = {".py", ".toml", ".lock", ".json", ".md", ".html", ".js", ".css", ".po", ".typ", ".sh", ".csv", ".txt"}


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9][^ ;]*==[^ ;\\]+)", (ROOT / lock).read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_python_lock_holds_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in requirements if "--hash=sha256:" not in entry] == []


def test_front_end_lock_holds_hashes_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    brought = {name: entry for name, entry in packages.items() if name}
    assert [name for name, entry in brought.items() if "resolved" in entry or "integrity" not in entry] == []
    assert "://" not in (ROOT / "package-lock.json").read_text("utf-8")


def test_development_lock_holds_the_whole_runtime_lock() -> None:
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_what_builds_the_package_is_locked() -> None:
    assert any(pin.startswith("setuptools==") for pin in pins("requirements.lock"))


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_shell_script_parses(script: Path) -> None:
    assert subprocess.run(["bash", "-n", script], capture_output=True, text=True).stderr == ""


def written_files() -> Iterator[Path]:
    """Every text file of the checkout that people write."""
    made = {".git", ".venv", ".hypothesis", "node_modules", "instance", "vendor", "__pycache__", "build"}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in made and not name.endswith(("_cache", "info"))]
        yield from (Path(folder, name) for name in names if Path(name).suffix in TEXT or "." not in name)


def test_no_file_names_a_path_of_one_machine() -> None:
    homes = "|".join(("ro" + "ot", "wo" + "rk", "ho" + "me/[a-z]+"))
    path_of_a_machine = re.compile(rf"(?<![\w.}}*)/-])/({homes})/")
    found = [path for path in written_files() if path_of_a_machine.search(path.read_text(errors="replace"))]
    assert found == []
