"""Files that people upload: kept under a random name; what they were called is only text."""

import secrets
import time
from pathlib import Path

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.core.errors import DomainError
from app.core.settings import settings
from app.imports.readers.open import SUFFIXES

KEPT_DAYS = 30


def folder() -> Path:
    """Where uploads and error files lie."""
    path = settings().instance / "uploads"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _forget_old(kept: Path) -> None:
    """Uploads that were never imported and error files hold personal data: none stays longer than it is needed."""
    oldest = time.time() - KEPT_DAYS * 86400
    for path in kept.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def keep(upload: FileStorage | None) -> tuple[Path, str]:
    """Store an upload; returns where it lies and what it was called."""
    name = Path((upload.filename or "").replace("\\", "/")).name if upload else ""
    if upload is None or not name:
        raise DomainError(_("Choose a file first."))
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        known = " ".join(SUFFIXES)
        text = _("Files that end in “%(suffix)s” cannot be read; these can: %(known)s.", suffix=suffix, known=known)
        raise DomainError(text)
    _forget_old(folder())
    path = folder() / f"{secrets.token_hex(16)}{suffix}"
    upload.save(path)
    return path, name[:200]
