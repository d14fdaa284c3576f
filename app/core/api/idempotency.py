"""POST as often as you like, it is done once: the answer is remembered in the transaction of the act itself."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, make_response, request
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from app.core.access import viewer
from app.core.api.blueprint import note
from app.core.api.models import IdempotencyKey
from app.core.database import current_session
from app.core.errors import Conflict, DomainError
from app.core.limits import limiter
from app.core.model import now

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
LONGEST = 255
AT_WORK_SECONDS = 600
"""A request that died leaves its mark no longer than that."""
REPEATED = ("Location", "Content-Type")
BLOCK = 2**20


def once(view: View) -> View:
    """Let a client name its POST by an Idempotency-Key: the same again gets the first answer, and nothing is done."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return make_response(view(*args, **kwargs))
        if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= LONGEST:
            raise BadRequest(_("An Idempotency-Key has 1 to %(longest)s ASCII characters.", longest=LONGEST))
        user_id, session = viewer().user_id, current_session()
        with _alone(user_id, key):
            sent = _fingerprint()
            known = _remembered(session, user_id, key)
            if known is None:
                response = make_response(view(*args, **kwargs))
                _remember(session, user_id, key, sent, response)
                return response
            if known.fingerprint != sent:
                raise DomainError(_("This Idempotency-Key was used for another request. Choose a new one."))
            return _again(known)

    return note(answer, once=True)  # type: ignore[return-value]


@contextmanager
def _alone(user_id: int, key: str) -> Iterator[None]:
    """Keep out the same request while it is under way; the mark lies where all processes see it at once."""
    mark, storage = f"idempotency {user_id} {key}", limiter.storage
    if storage.incr(mark, AT_WORK_SECONDS) > 1:
        raise Conflict(_("The first request with this Idempotency-Key is still under way. Ask again in a moment."))
    try:
        yield
    finally:
        storage.clear(mark)


def _fingerprint() -> str:
    """What is asked for, whatever the boundary that a form with a file happens to be sent with."""
    sha = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype != "multipart/form-data":
        sha.update(request.get_data())
        return sha.hexdigest()
    for name, value in sorted(request.form.items(multi=True)):
        sha.update(f"{name!r}={value!r}\n".encode("utf-8", "surrogatepass"))
    for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        sha.update(f"{name!r}: {file.filename!r}\n".encode("utf-8", "surrogatepass"))
        while block := file.stream.read(BLOCK):
            sha.update(block)
        file.stream.seek(0)
    return sha.hexdigest()


def _remembered(session: Session, user_id: int, key: str) -> IdempotencyKey | None:
    """What was answered under this key; what is older than a day is forgotten."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - KEPT))
    return session.scalar(select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key))


def _remember(session: Session, user_id: int, key: str, sent: str, response: Response) -> None:
    """Only what was done is remembered: an error may be mended and sent again under the same key."""
    if response.status_code < 400:
        headers = {name: response.headers[name] for name in REPEATED if name in response.headers}
        body = response.get_data(as_text=True)
        values = {"key": key, "fingerprint": sent, "status": response.status_code, "headers": headers, "body": body}
        session.add(IdempotencyKey(user_id=user_id, **values))
        session.flush()


def _again(known: IdempotencyKey) -> Response:
    response = current_app.response_class(known.body, known.status, headers=known.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response
