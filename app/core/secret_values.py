"""Secrets: from the environment or from a file, and never a weak one."""

import os
import re
import secrets
from pathlib import Path

SHORTEST = 32
FEWEST_CHARACTERS = 10
"""Fewer different ones make a pattern, not a secret."""
KNOWN = re.compile(
    r"secret|change.?me|password|passwd|default|example|insecure|qwerty|12345678|your.?key", re.IGNORECASE
)
MADE_BY = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


def read(name: str) -> str:
    """The value of the variable, or what the file holds that the variable `..._FILE` names; "" for neither."""
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise SystemExit(f"{name} and {name}_FILE are both set. Keep one of them.")
    if not path:
        return value
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SystemExit(f"{name}_FILE: the file {path} cannot be read: {reason}.") from None


def refuse_weak(name: str, value: str) -> None:
    """End the program where a secret is short, made of few characters, or of words that stand in every manual.

    >>> refuse_weak("GRIDCRM_SECRET_KEY", "q8Xv2LrT5nWc7ZkY1mBd4HsG9fJp3QaE")
    """
    if len(value) < SHORTEST:
        fault = f"it has {len(value)} characters; {SHORTEST} are the least"
    elif len(set(value)) < FEWEST_CHARACTERS:
        fault = "it repeats a few characters"
    elif known := KNOWN.search(value):
        fault = f"it contains the word “{known[0]}”"
    else:
        return
    raise SystemExit(f"{name} is weak: {fault}. Make a strong one with: {MADE_BY}")


def kept(path: Path) -> str:
    """The installation's own secret, made once and readable by its owner alone."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
