"""What goes on record beside a request's own transaction: looks of pages that only read, and acts refused."""

from flask import Flask, Response, g, has_request_context, request
from sqlalchemy.orm import Session

from app.audit.chain import Act, wait, waiting
from app.core.database import READING_METHODS, database, end_session


def put_apart(act: Act) -> None:
    """Write the act once the request's own transaction has ended, however it ends; at once where there is none."""
    if has_request_context():
        g.setdefault("acts_apart", []).append(act)
    else:
        _write([act])


def _write(acts: list[Act]) -> None:
    with database().transaction() as session:
        wait(session, acts)


def init_app(app: Flask) -> None:
    """Let no answer leave before what must be on record is; register it after the database's own ending."""

    @app.after_request
    def _write_apart(response: Response) -> Response:
        acts: list[Act] = g.pop("acts_apart", [])
        session: Session | None = g.get("session")
        if session is not None and request.method in READING_METHODS and response.status_code < 400:
            acts = [*waiting(session), *acts]
        if acts:
            end_session(response)
            _write(acts)
        return response
