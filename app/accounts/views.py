"""Sign-in and sign-out."""

import time
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask import session as browser
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden

from app.accounts import factor, identity, passwords, queries, service, signing_in
from app.accounts.models import User
from app.core.access import Permission, allow, public, viewer, viewer_or_none
from app.core.database import current_session
from app.core.errors import DomainError
from app.core.security import safe_target
from app.core.settings import settings

blueprint = Blueprint("accounts", __name__, template_folder="templates")

PENDING = "pending"
PENDING_MINUTES = 10


@blueprint.before_request
def _refuse_programs() -> None:
    """Accounts and roles are people's matter: a token must not make tokens, nor change who may sign in."""
    person = g.get("viewer")
    if person is not None and person.token_id is not None:
        raise Forbidden(_("Accounts are managed in the browser, not with a token."))


@blueprint.get("/sign-in")
@public
def sign_in() -> Any:
    """The sign-in page."""
    if viewer_or_none():
        return redirect(safe_target(request.args.get("next", "/")))
    return _form()


@blueprint.post("/sign-in")
@public
def send_sign_in() -> Any:
    """Try login and password."""
    form, db = request.form, current_session()
    if not settings().password_sign_in:
        raise Forbidden(_("Here one signs in by single sign-on only."))
    try:
        user = signing_in.try_password(db, form.get("login", ""), form.get("password", ""), identity.client())
    except DomainError as error:
        return _form(str(error)), error.status, error.headers
    return go_on(user, {"next": safe_target(form.get("next", "/")), "way": "password", "passed": []})


def _form(error: str | None = None) -> str:
    return render_template(
        "accounts/sign_in.html",
        error=error,
        login=request.form.get("login", ""),
        next=request.values.get("next", "/"),
        demo=queries.note(current_session(), "demo"),
        sso=bool(settings().oidc_issuer),
        password_sign_in=settings().password_sign_in,
    )


def go_on(user: User, pending: dict[str, Any], db: Session | None = None) -> Any:
    """To the next thing that this sign-in needs, or in, which is written to `db` or in the request's own session."""
    step = _next_step(user, pending)
    if step:
        browser[PENDING] = pending | {"user": user.id, "at": time.time()}
        return redirect(url_for(f"accounts.{step}"))
    key = signing_in.begin(db or current_session(), user, identity.client(), pending["way"])
    identity.remember(key)
    response = redirect(pending["next"])
    identity.mark_device(response, user.login)
    return response


def _next_step(user: User, pending: dict[str, Any]) -> str | None:
    """What is missing: the second factor, whoever vouched for the first; of a password only where one was used."""
    if user.factor_secret is not None:
        if "code" not in pending["passed"]:
            return "code"
    elif user.factor_required:
        return "enrol"
    return "new_password" if user.must_change_password and pending["way"] == "password" else None


def _pending(step: str) -> tuple[User, dict[str, Any]]:
    """Whose sign-in waits at this step."""
    pending = browser.get(PENDING)
    if not pending or time.time() - pending["at"] > PENDING_MINUTES * identity.MINUTE:
        raise DomainError(_("The sign-in took too long. Begin again with login and password."))
    user = queries.user_by_id(current_session(), pending["user"])
    if user.disabled_at is not None or _next_step(user, pending) != step:
        raise DomainError(_("The sign-in took too long. Begin again with login and password."))
    return user, pending


@blueprint.get("/sign-in/code")
@public
def code() -> Any:
    """Ask for the second factor."""
    _pending("code")
    return render_template("accounts/code.html", error=None)


@blueprint.post("/sign-in/code")
@public
def send_code() -> Any:
    """Try the second factor."""
    user, pending = _pending("code")
    try:
        signing_in.try_code(current_session(), user, request.form.get("code", ""), identity.client())
    except DomainError as error:
        return render_template("accounts/code.html", error=str(error)), error.status, error.headers
    return go_on(user, pending | {"passed": [*pending["passed"], "code"]})


@blueprint.get("/sign-in/enrol")
@public
def enrol() -> Any:
    """Show the secret of the second factor that an administrator asks for."""
    user, pending = _pending("enrol")
    pending.setdefault("secret", factor.new_secret())
    browser[PENDING] = pending
    return _enrol_page(user, pending["secret"])


@blueprint.post("/sign-in/enrol")
@public
def send_enrol() -> Any:
    """Take the second factor into use."""
    user, pending = _pending("enrol")
    secret = pending.get("secret") or factor.new_secret()
    try:
        codes = factor.enrol(current_session(), user, secret, request.form.get("code", ""))
    except DomainError as error:
        return _enrol_page(user, secret, str(error)), error.status
    flash("\n".join([_("Write these codes down; each replaces the phone once:"), *codes]), "lines")
    notes = browser.get("_flashes")
    response = go_on(user, pending | {"passed": [*pending["passed"], "code"], "secret": None})
    browser["_flashes"] = notes
    return response


def _enrol_page(user: User, secret: str, error: str | None = None) -> str:
    address = factor.address_of(user, secret)
    return render_template("accounts/enrol.html", secret=secret, picture=factor.picture_of(address), error=error)


@blueprint.get("/sign-in/password")
@public
def new_password() -> Any:
    """Ask for a password of the user's own choice."""
    _pending("new_password")
    return render_template("accounts/new_password.html", error=None, shortest=passwords.SHORTEST)


@blueprint.post("/sign-in/password")
@public
def send_new_password() -> Any:
    """Take it."""
    user, pending = _pending("new_password")
    try:
        service.change_password(current_session(), user, request.form.get("password", ""))
    except DomainError as error:
        page = render_template("accounts/new_password.html", error=str(error), shortest=passwords.SHORTEST)
        return page, error.status
    return go_on(user, pending)


@blueprint.post("/sign-out")
@allow(Permission.SIGNED_IN)
def sign_out() -> Any:
    """End the session."""
    person = viewer()
    if person.session_id is not None:
        signing_in.end(current_session(), person.session_id, person.user_id, person.actor)
    identity.forget()
    return redirect(url_for("accounts.sign_in"))
