"""What a backup says about itself."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Self

from app.core.model import now

FORM = 1
"""Number of the archive's form; a program that knows fewer refuses the archive."""
ENTRY = "manifest.json"


def program_version() -> str:
    """The version of gridcrm that runs."""
    return version("gridcrm")


def fingerprint(secret: str) -> str:
    """A mark by which a secret key is known again and cannot be guessed."""
    return hashlib.sha256(f"gridcrm backup {secret}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Contents:
    """A table as it was: how many rows, and one hash over them whatever their order; empty where not asked for."""

    rows: int
    digest: str = ""


@dataclass(frozen=True)
class Manifest:
    """When a backup was made and by which program, what the register held, and the SHA-256 of every part."""

    made_at: str
    program: str
    database: str
    """"sqlite" or "postgresql": a backup goes back into the kind of database that it came from."""
    database_version: str
    revision: str | None
    tables: dict[str, Contents]
    parts: dict[str, str]
    key: str
    """Fingerprint of the secret key under which second factors are sealed."""
    has_key: bool
    form: int = FORM

    def to_json(self) -> bytes:
        """The manifest as it stands in the archive."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read a manifest; raises AttributeError, KeyError, TypeError or ValueError for what is none."""
        fields = json.loads(text)
        tables = {name: Contents(**contents) for name, contents in fields.pop("tables").items()}
        return cls(tables=tables, **fields)

    @property
    def moment(self) -> datetime:
        """When the backup was made."""
        return datetime.fromisoformat(self.made_at)


def present_moment() -> str:
    """Now, as a manifest says it."""
    return now().isoformat(timespec="seconds")
