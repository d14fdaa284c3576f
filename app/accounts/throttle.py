"""How often a password may be tried, so that guessing is hopeless and nobody can shut somebody else out.

Failures count against the pair of login and address; a guesser elsewhere does not hinder the owner. Against guessers
with many addresses the login as a whole has a limit too, which a device that has signed in before does not share:
such a device (OWASP's device cookie) has a count of its own.
"""

from flask import current_app
from flask_babel import lazy_gettext
from itsdangerous import BadSignature, URLSafeSerializer
from limits import parse

from app.accounts.client import Client
from app.core.limits import limiter, require_room

OF_DEVICE = "10 per 15 minutes"
OF_LOGIN_AT_ADDRESS = "10 per 15 minutes"
OF_LOGIN = "100 per hour"
OF_ADDRESS = "300 per hour"
FAILURES = lazy_gettext("Too many wrong passwords or codes. Try again in %(wait)s.")


def _device_marks() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="device")


def device_mark(login: str, nonce: str) -> str:
    """What a device keeps after a sign-in: proof that this login was used on it."""
    return _device_marks().dumps([login, nonce])


def _nonce_of(login: str, mark: str) -> str | None:
    try:
        known, nonce = _device_marks().loads(mark)
    except (BadSignature, ValueError, TypeError):
        return None
    return nonce if known == login else None


def _counters(login: str, client: Client) -> list[tuple[str, tuple[str, ...]]]:
    """The counters that a try by this client concerns; the first is its own."""
    nonce = _nonce_of(login, client.device)
    if nonce is not None:
        return [(OF_DEVICE, ("device", nonce))]
    return [
        (OF_LOGIN_AT_ADDRESS, ("login at address", login, client.address)),
        (OF_LOGIN, ("login", login)),
        (OF_ADDRESS, ("address", client.address)),
    ]


def require_open(login: str, client: Client) -> None:
    """Refuse a try while a counter is full."""
    for rule, key in _counters(login, client):
        require_room(rule, *key, said=FAILURES)


def note_failure(login: str, client: Client) -> None:
    """Count a try that failed, in every counter even where one is full."""
    for rule, key in _counters(login, client):
        limiter.limiter.hit(parse(rule), *key)


def forget(login: str, client: Client) -> None:
    """After a sign-in its own counter begins anew."""
    rule, key = _counters(login, client)[0]
    limiter.limiter.clear(parse(rule), *key)
