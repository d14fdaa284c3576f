"""Who sent a request: by the browser's session or by a program's bearer token."""

import secrets
import time

from flask import Flask, Response, g, request
from flask import session as browser
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import throttle, viewers
from app.accounts.client import Client
from app.core.access import Viewer
from app.core.clock import today
from app.core.database import current_session
from app.core.limits import client_address
from app.core.settings import settings

KEY, SEEN = "key", "seen"
DEVICE_COOKIE = "device"
DEVICE_DAYS = 180
MINUTE = 60


def identify() -> Viewer | None:
    """The viewer of the present request; None where nobody is signed in."""
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = viewers.viewer_of_token(current_session(), token.strip(), today())
        if found is None:
            raise Unauthorized(_("The bearer token is not known, has ended or was revoked."))
        return found
    key = browser.get(KEY)
    if not key or _is_idle():
        return None
    return viewers.viewer_of_session(current_session(), key, today())


def rights(session: Session, user_id: int) -> Viewer | None:
    """Who a user is today and what they may do, without a request of theirs; None where they may not sign in."""
    return viewers.viewer_of(session, user_id, today())


def _is_idle() -> bool:
    """Whether the browser was away for too long; a clock that was set back ends no session."""
    return time.time() - browser.get(SEEN, 0) > settings().session_idle_minutes * MINUTE


def remember(key: str) -> None:
    """Let the browser keep the session's key; whatever it held before is gone."""
    browser.clear()
    browser[KEY], browser[SEEN] = key, time.time()


def forget() -> None:
    """Take the session's key from the browser."""
    browser.clear()


def client() -> Client:
    """Where the present request comes from."""
    return Client(client_address(), request.user_agent.string, request.cookies.get(DEVICE_COOKIE, ""))


def mark_device(response: BaseResponse, login: str) -> None:
    """Let a device that has signed in be known the next time."""
    response.set_cookie(
        DEVICE_COOKIE,
        throttle.device_mark(login, secrets.token_hex(8)),
        max_age=DEVICE_DAYS * 86400,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path="/sign-in",
    )


def init_app(app: Flask) -> None:
    """Keep the time of the last request in the browser's signed cookie, to the minute."""

    @app.after_request
    def _seen(response: Response) -> Response:
        if g.get("viewer") is not None and KEY in browser and abs(time.time() - browser.get(SEEN, 0)) > MINUTE:
            browser[SEEN] = time.time()
        return response
