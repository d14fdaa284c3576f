"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and codes to write down."""

import hashlib
import re
import secrets
import time

import pyotp
import zxingcpp
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.seal import seal, unseal
from app.audit.service import record
from app.core.database import hold
from app.core.errors import DomainError

STEP = 30
RECOVERY_CODES = 10
ISSUER = "gridcrm"
SIZED = re.compile(r'^.*?<svg width="(\d+)" height="(\d+)"', re.DOTALL)


def new_secret() -> str:
    """A secret for an authenticator app, 160 bits."""
    return pyotp.random_base32()


def address_of(user: User, secret: str) -> str:
    """What the authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code: an SVG to stand in a page, as large as the page wants it."""
    code = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = zxingcpp.write_barcode_to_svg(code)
    return SIZED.sub(r'<svg viewBox="0 0 \1 \2"', drawn, count=1)


def enrol(session: Session, user: User, secret: str, code: str) -> list[str]:
    """Take the secret into use once a code shows that the app has it; returns the codes to write down."""
    step = _step_of(secret, code, 0)
    if step is None:
        raise DomainError(_("This code does not fit. Check the phone’s clock, and type the code that it shows now."))
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _number in range(RECOVERY_CODES)]
    user.factor_secret, user.factor_step = seal(secret), step
    user.recovery_hashes = [_hash(one) for one in codes]
    record(session, user.login, "account.factor_on", f"user:{user.login}")
    return codes


def remove(session: Session, user: User, actor: str) -> None:
    """Forget the second factor."""
    user.factor_secret, user.recovery_hashes = None, []
    record(session, actor, "account.factor_off", f"user:{user.login}")


def is_right(session: Session, user: User, code: str) -> bool:
    """Whether the code is the present one, or one of those written down; each is taken once, whoever else tries it."""
    hold(session, user)
    if user.factor_secret is None:
        return False
    step = _step_of(unseal(user.factor_secret), code, user.factor_step)
    if step is not None:
        user.factor_step = step
        return True
    wanted = _hash(code.strip().lower())
    if wanted in user.recovery_hashes:
        user.recovery_hashes = [kept for kept in user.recovery_hashes if kept != wanted]
        return True
    return False


def _step_of(secret: str, code: str, after: int) -> int | None:
    """The time step that the code belongs to, the present one or one beside it, unless it is among the last taken."""
    typed, present = "".join(code.split()).encode(), int(time.time()) // STEP
    for step in (present, present - 1, present + 1):
        taken = after - 2 <= step <= after
        if not taken and secrets.compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), typed):
            return step
    return None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
