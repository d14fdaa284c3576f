"""Sign-in: passwords tried, the second factor asked, sessions begun and ended."""

import secrets
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import factor, passwords, throttle
from app.accounts.client import Client
from app.accounts.models import User, UserSession
from app.accounts.queries import hash_of, user_by_login
from app.audit.service import record, record_apart
from app.core.errors import DomainError, NotFound
from app.core.model import now
from app.core.settings import settings


class SignInRefused(DomainError):
    """Login, password or code do not fit; which of them is not said."""

    status = 401


def try_password(session: Session, login: str, password: str, client: Client) -> User:
    """The user whose password it is; refused alike whether the user is unknown, disabled, or the password wrong."""
    login = login.strip().lower()[:64]
    throttle.require_open(login, client)
    user = user_by_login(session, login)
    right = passwords.is_right(password, user.password_hash if user else None)
    if user is None or not right or user.disabled_at is not None:
        throttle.note_failure(login, client)
        record_apart(client.address, "sign_in.refused", f"user:{login}" if user else "user:?", step="password")
        raise SignInRefused(_("Login and password do not fit together."))
    if user.password_hash and passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hashed(password)
    return user


def try_code(session: Session, user: User, code: str, client: Client) -> None:
    """Check the second factor."""
    throttle.require_open(user.login, client)
    if not factor.is_right(session, user, code):
        throttle.note_failure(user.login, client)
        record_apart(client.address, "sign_in.refused", f"user:{user.login}", step="code")
        raise SignInRefused(_("This code does not fit, or was used before. Wait for the next one."))


def begin(session: Session, user: User, client: Client, way: str) -> str:
    """Begin a session; returns its key, of which only a hash is kept."""
    key = secrets.token_urlsafe(32)
    user.last_sign_in_at = now()
    session.add(
        UserSession(
            key_hash=hash_of(key),
            user_id=user.id,
            address=client.address,
            agent=client.agent[:200],
            ends_at=now() + timedelta(hours=settings().session_hours),
        )
    )
    session.flush()
    throttle.forget(user.login, client)
    record(session, user.login, "sign_in", f"user:{user.login}", address=client.address, way=way)
    return key


def end(session: Session, session_id: int, user_id: int, actor: str) -> None:
    """Sign out, here or in another browser of the same user."""
    found = session.scalar(select(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id))
    if found is None or found.ended_at is not None:
        raise NotFound(_("This sign-in has ended already."))
    found.ended_at = now()
    record(session, actor, "sign_out", f"user:{actor}")
