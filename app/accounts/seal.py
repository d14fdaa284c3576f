"""Secrets that must be read again: sealed with a key that comes from the installation's own."""

from cryptography.fernet import InvalidToken
from flask_babel import gettext as _

from app.core.errors import DomainError
from app.core.sealing import box

PURPOSE = "second factor"


def seal(secret: str) -> bytes:
    """What may lie in the database."""
    return box(PURPOSE).encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """The secret; an installation with another key cannot read it."""
    try:
        return box(PURPOSE).decrypt(sealed).decode()
    except InvalidToken:
        raise DomainError(
            _("The second factor was sealed with another key of this installation. An administrator can remove it.")
        ) from None
