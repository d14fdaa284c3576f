"""Files that people upload: kept under a random name; what they were called is only text."""

import secrets
from pathlib import Path

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.core.errors import DomainError
from app.core.settings import settings
from app.imports.readers.open import SUFFIXES


def folder() -> Path:
    """Where uploads and error files lie."""
    path = settings().instance / "uploads"
    path.mkdir(parents=True, exist_ok=True)
    return path


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
    path = folder() / f"{secrets.token_hex(16)}{suffix}"
    upload.save(path)
    return path, name[:200]
