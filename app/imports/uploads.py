"""Files that people upload: kept under a random name; what they were called is only text."""

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.core.errors import DomainError
from app.core.settings import settings
from app.imports.readers.content import require_kind
from app.imports.readers.open import SUFFIXES

KEPT_DAYS = 30
LONGEST_NAME = 150


def folder() -> Path:
    """Where uploads and error files lie."""
    path = settings().instance / "uploads"
    path.mkdir(parents=True, exist_ok=True)
    return path


def rejected_file(outcome: Mapping[str, Any] | None) -> Path | None:
    """The file of an import's rejected rows, as long as it is kept."""
    name = (outcome or {}).get("error_file")
    path = folder() / name if name else None
    return path if path is not None and path.is_file() else None


def _forget_old(kept: Path) -> None:
    """Uploads that were never imported and error files hold personal data: none stays longer than it is needed."""
    oldest = time.time() - KEPT_DAYS * 86400
    for path in filter(Path.is_file, kept.iterdir()):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _plain_name(text: str) -> str:
    """What a file was called: no folder, no mark that cannot be seen or turns the writing round."""
    name = "".join(mark for mark in text if mark.isprintable())
    return Path(name.replace("\\", "/")).name


def keep(upload: FileStorage | None) -> tuple[Path, str]:
    """Store an upload; returns where it lies and what it was called."""
    name = _plain_name(upload.filename or "") if upload else ""
    if upload is None or not name:
        raise DomainError(_("Choose a file first."))
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        known = " ".join(SUFFIXES)
        text = _(
            "Files that end in “%(suffix)s” cannot be read; these can: %(known)s.", suffix=suffix[:20], known=known
        )
        raise DomainError(text)
    _forget_old(folder())
    path = folder() / f"{secrets.token_hex(16)}{suffix}"
    upload.save(path)
    try:
        require_kind(path, suffix)
    except DomainError:
        path.unlink()
        raise
    return path, name[: -len(suffix)][:LONGEST_NAME] + suffix
