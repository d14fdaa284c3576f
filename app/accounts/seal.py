"""Secrets that must be read again: sealed with a key that comes from the installation's own."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import DomainError
from app.core.settings import settings


def _box() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"gridcrm second factor").derive(settings().secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def seal(secret: str) -> bytes:
    """What may lie in the database."""
    return _box().encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """The secret; an installation with another key cannot read it."""
    try:
        return _box().decrypt(sealed).decode()
    except InvalidToken:
        raise DomainError(
            "The second factor was sealed with another GRIDCRM_SECRET_KEY; an administrator must reset it."
        ) from None
