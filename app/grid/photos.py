"""Photos of customer managers, as they are printed on the cards."""

import hashlib

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.errors import DomainError
from app.grid.models import CustomerManager

LARGEST = 2 * 2**20
MEDIA_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def media_type(photo: bytes) -> str | None:
    """What kind of picture the bytes begin as; None for anything but PNG and JPEG."""
    return next((name for magic, name in MEDIA_TYPES.items() if photo.startswith(magic)), None)


def keep_photo(session: Session, manager: CustomerManager, photo: bytes, actor: str) -> None:
    """Store the manager's photo in place of the former one; no bytes take it away."""
    if len(photo) > LARGEST:
        raise DomainError(_("The photo is larger than 2 MB. Make it smaller and send it again."))
    if photo and media_type(photo) is None:
        raise DomainError(_("The photo must be a PNG or JPEG file."))
    former, manager.photo = manager.photo, photo or None
    before, after = {"photo": _fingerprint(former)}, {"photo": _fingerprint(photo)}
    record(session, actor, "manager.photo", manager.code, before=before, after=after)
    session.flush()


def _fingerprint(photo: bytes | None) -> str | None:
    """By what the trail knows a photo: its size, and the beginning of its hash."""
    return f"{len(photo)} B, {hashlib.sha256(photo).hexdigest()[:16]}" if photo else None
