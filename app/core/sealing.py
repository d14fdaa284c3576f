"""What must be read again but not by others: sealed with a key that comes from the installation's own."""

import base64

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.settings import settings


def box(purpose: str) -> Fernet:
    """A box that only this installation opens, and only for this purpose."""
    key = HKDF(SHA256(), 32, salt=None, info=f"gridcrm {purpose}".encode()).derive(settings().secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))
