"""Passwords: kept as argon2id hashes, judged as NIST SP 800-63B has it."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from zxcvbn import zxcvbn

from app.core.errors import DomainError

SHORTEST, LONGEST = 12, 128
GUESSED_IN = 10**8
"""A password that takes fewer guesses than these is one that others use, or a pattern."""

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The measure of OWASP's password storage cheat sheet: 19 MiB, two passes."""

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is mistaken for something else when it is read out."""


def hashed(password: str) -> str:
    """The hash to keep."""
    return HASHER.hash(password)


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))


def is_right(password: str, kept: str | None) -> bool:
    """Whether the password fits; an unknown user takes as long as a known one."""
    try:
        HASHER.verify(kept or _nobodys_hash(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def needs_rehash(kept: str) -> bool:
    """Whether the hash was made with less effort than today's."""
    return HASHER.check_needs_rehash(kept)


def require_good(password: str, *about: str) -> None:
    """Refuse what is too short or easily guessed; nothing else is asked of a password. `about`: login, name ..."""
    if len(password) < SHORTEST:
        raise DomainError(
            _("The password needs at least %(count)s characters; a short sentence is good.", count=SHORTEST)
        )
    if len(password) > LONGEST:
        raise DomainError(_("The password may have at most %(count)s characters.", count=LONGEST))
    known = [word for word in about if word]
    if zxcvbn(password[:72], user_inputs=known)["guesses"] < GUESSED_IN or _holds(password, known):
        raise DomainError(
            _("This password is easily guessed: it is common, a pattern, or made of your own name. Choose another.")
        )


def _holds(password: str, words: list[str]) -> bool:
    """Whether little is left of the password without the words."""
    rest = password.casefold()
    for word in words:
        rest = rest.replace(word.casefold(), "")
    return len(rest) < SHORTEST // 2


def new_password() -> str:
    """One to hand over: four groups that can be read out over the phone, about 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _position in range(4)) for _group in range(4))
