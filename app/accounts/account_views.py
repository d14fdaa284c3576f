"""One's own account: password, second factor, sign-ins, tokens."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask import session as browser
from flask_babel import gettext as _

from app.accounts import factor, identity, passwords, queries, service, signing_in, throttle
from app.accounts.models import User
from app.accounts.views import blueprint
from app.accounts.words import PERMISSION_WORDS
from app.core.access import Permission, allow, viewer
from app.core.asked import day_in
from app.core.clock import today
from app.core.database import current_session
from app.core.errors import DomainError

SECRET = "factor_secret"  # noqa: S105 - a name in the browser's session, not a secret


@blueprint.get("/account")
@allow(Permission.SIGNED_IN)
def account() -> str:
    """The own account."""
    return _page()


def _page(problems: dict[str, str] | None = None, token: str | None = None) -> str:
    """`problems` has a text for each field that cannot stay as it is; what was typed beside it stays."""
    db, person = current_session(), viewer()
    user = _user()
    return render_template(
        "accounts/account.html",
        user=user,
        person=person,
        has_factor=user.factor_secret is not None,
        sessions=queries.open_sessions(db, person.user_id),
        tokens=queries.tokens_of(db, person.user_id),
        permissions=[each for each in PERMISSION_WORDS if person.may(each)],
        latest=today() + timedelta(days=service.TOKEN_DAYS),
        shortest=passwords.SHORTEST,
        problems=problems or {},
        typed=request.form if problems else {},
        chosen=request.form.getlist("permission") if problems else [],
        token=token,
    )


def _refused(error: DomainError, field: str) -> Any:
    """The page again, with what is wrong beside the field that it is about."""
    return _page({error.field or field: str(error)}), error.status, error.headers


def _user() -> User:
    return queries.user_by_id(current_session(), viewer().user_id)


@blueprint.post("/account/password")
@allow(Permission.SIGNED_IN)
def change_password() -> Any:
    """Change the own password; the present one is asked for."""
    user, client = _user(), identity.client()
    try:
        signing_in.try_password(current_session(), user.login, request.form.get("present", ""), client)
    except DomainError as error:
        return _refused(error, "present")
    try:
        service.change_password(current_session(), user, request.form.get("password", ""))
    except DomainError as error:
        return _refused(error, "password")
    identity.remember(signing_in.begin(current_session(), user, client, "password"))
    flash(_("The password is changed; every other sign-in has ended."), "success")
    return redirect(url_for("accounts.account"))


@blueprint.get("/account/factor")
@allow(Permission.SIGNED_IN)
def own_factor() -> Any:
    """Show a new secret for the authenticator app."""
    _require_none()
    browser.setdefault(SECRET, factor.new_secret())
    return _enrol_page()


def _require_none() -> None:
    """A second factor is never replaced behind its owner's back."""
    if _user().factor_secret is not None:
        raise DomainError(_("The second factor is set up already. Remove it first, which takes a code of it."))


def _enrol_page(error: str | None = None) -> str:
    secret = browser[SECRET]
    picture = factor.picture_of(factor.address_of(_user(), secret))
    return render_template("accounts/enrol.html", secret=secret, picture=picture, error=error)


@blueprint.post("/account/factor")
@allow(Permission.SIGNED_IN)
def send_own_factor() -> Any:
    """Take the second factor into use."""
    if SECRET not in browser:
        return redirect(url_for("accounts.own_factor"))
    _require_none()
    try:
        codes = factor.enrol(current_session(), _user(), browser[SECRET], request.form.get("code", ""))
    except DomainError as error:
        return _enrol_page(str(error)), error.status
    browser.pop(SECRET)
    flash("\n".join([_("Write these codes down; each replaces the phone once:"), *codes]), "lines")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/factor/remove")
@allow(Permission.SIGNED_IN)
def remove_own_factor() -> Any:
    """Do without the second factor; a code of it is asked for."""
    user, client = _user(), identity.client()
    if user.factor_required:
        text = _("An administrator asks for your second factor; only one can remove it.")
        return _refused(DomainError(text), "code")
    try:
        throttle.require_open(user.login, client)
        signing_in.try_code(current_session(), user, request.form.get("code", ""), client)
    except DomainError as error:
        return _refused(error, "code")
    factor.remove(current_session(), user, user.login)
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/sessions/<int:session_id>/end")
@allow(Permission.SIGNED_IN)
def end_session(session_id: int) -> Any:
    """Sign out another browser."""
    signing_in.end(current_session(), session_id, viewer().user_id, viewer().actor)
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/tokens")
@allow(Permission.SIGNED_IN)
def add_token() -> Any:
    """Make a bearer token; it is shown once."""
    form = request.form
    try:
        permissions = [each for each in Permission if each.value in form.getlist("permission")]
        last_day = day_in(form.get("last_day", ""), "last_day")
        if last_day is None:
            raise DomainError(_("Choose the permissions and a last day."), field="last_day")
        token = service.make_token(current_session(), viewer(), form.get("name", ""), permissions, last_day, today())
    except DomainError as error:
        return _refused(error, "name")
    return _page(token=token)


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@allow(Permission.SIGNED_IN)
def revoke_token(token_id: int) -> Any:
    """Make a token worthless."""
    service.revoke_token(current_session(), viewer().user_id, token_id, viewer().actor)
    return redirect(url_for("accounts.account"))
