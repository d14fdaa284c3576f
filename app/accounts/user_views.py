"""People and their roles, for administrators."""

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.accounts import factor, queries, service
from app.accounts.models import User
from app.accounts.service import Beginning
from app.accounts.views import blueprint
from app.accounts.words import ROLE_WORDS
from app.core.access import Permission, Role, allow, scope, viewer
from app.core.asked import day_in
from app.core.clock import today
from app.core.database import current_session
from app.core.errors import DomainError
from app.grid.queries import manager_by_code
from app.organisation.queries import unit_by_code


@blueprint.get("/users")
@allow(Permission.USERS_MANAGE)
def users() -> str:
    """People by login, name or last sign-in."""
    return _users_page()


def _users_page(error: str | None = None) -> str:
    page = queries.user_page(current_session(), scope(), request.args)
    return render_template(
        "accounts/users.html",
        page=page,
        text=request.args.get("text", ""),
        roles=ROLE_WORDS,
        form=request.form,
        error=error,
    )


@blueprint.post("/users")
@allow(Permission.USERS_MANAGE)
def add_user() -> Any:
    """Add somebody, with a first role."""
    form, db, person = request.form, current_session(), viewer()
    try:
        wanted = _beginning()
        with db.begin_nested():
            user, password = service.add_user(db, form.get("login", ""), form.get("name", ""), person.actor)
            service.grant(db, user, wanted, person.actor, today())
    except DomainError as error:
        return _users_page(str(error)), error.status
    _show_password(user, password)
    return redirect(url_for("accounts.user", login=user.login))


def _show_password(user: User, password: str) -> None:
    text = _("Password for the first sign-in of %(login)s: %(password)s. It is shown this once.")
    flash(text % {"login": user.login, "password": password}, "warning")


def _beginning() -> Beginning:
    """The role in the form, if the administrator may give it."""
    form, db, reach = request.form, current_session(), scope()
    role = {each.value: each for each in Role}.get(form.get("role", ""))
    if role is None:
        raise DomainError(_("Choose a role."))
    place = form.get("place", "").strip()
    if role == Role.MANAGER and not place:
        raise service.needs_beat()
    manager = manager_by_code(db, reach, place) if role == Role.MANAGER else None
    unit = unit_by_code(db, reach, place) if place and not manager else None
    station = manager.station_id if manager else unit.id if unit else None
    if not reach.has_station(station):
        raise DomainError(_("You can give roles only in the units that you administer. Name one of them."))
    return Beginning(role, unit, manager, _day("valid_from"), _day("last_day"))


def _day(name: str) -> date | None:
    return day_in(request.form.get(name, ""), name)


@blueprint.get("/users/<login>")
@allow(Permission.USERS_MANAGE)
def user(login: str) -> str:
    """One person with roles and stand-ins."""
    return _user_page(queries.manageable_user(current_session(), scope(), login))


def _user_page(found: User, error: str | None = None) -> str:
    db = current_session()
    return render_template(
        "accounts/user.html",
        user=found,
        leave=request.form if "stand_in" in request.form else {},
        role=request.form if "role" in request.form else {},
        error=error,
        has_factor=found.factor_secret is not None,
        stand_ins=queries.stand_ins(db, found, today()),
        sessions=queries.open_sessions(db, found.id),
        roles=ROLE_WORDS,
        is_self=found.id == viewer().user_id,
    )


def _other(login: str) -> User:
    """Somebody else: nobody changes their own roles."""
    found = queries.manageable_user(current_session(), scope(), login)
    if found.id == viewer().user_id:
        raise DomainError(_("Your own roles are another administrator’s matter."))
    return found


def _back(user: User) -> Any:
    return redirect(url_for("accounts.user", login=user.login))


@blueprint.post("/users/<login>/grants")
@allow(Permission.USERS_MANAGE)
def add_grant(login: str) -> Any:
    """Give a role."""
    user = _other(login)
    try:
        service.grant(current_session(), user, _beginning(), viewer().actor, today())
    except DomainError as error:
        return _user_page(user, str(error)), error.status
    return _back(user)


@blueprint.post("/users/<login>/grants/<int:grant_id>/end")
@allow(Permission.USERS_MANAGE)
def end_grant(login: str, grant_id: int) -> Any:
    """End a role."""
    user = _other(login)
    service.end_grant(current_session(), user, grant_id, viewer().actor, today())
    return _back(user)


@blueprint.post("/users/<login>/stand-ins")
@allow(Permission.USERS_MANAGE)
def add_stand_in(login: str) -> Any:
    """Let a colleague stand in; nobody gets roles from themselves in that way either."""
    user, db = _other(login), current_session()
    try:
        other = _other(request.form.get("stand_in", "").strip().lower())
        since, last_day = _day("valid_from"), _day("last_day")
        if since is None or last_day is None:
            raise DomainError(_("Give the first and the last day of the leave."))
        service.stand_in(db, user, other, since, last_day, viewer().actor)
    except DomainError as error:
        return _user_page(user, str(error)), error.status
    return _back(user)


@blueprint.post("/users/<login>/stand-ins/<int:leave_id>/end")
@allow(Permission.USERS_MANAGE)
def end_stand_in(login: str, leave_id: int) -> Any:
    """The colleague is back."""
    user = _other(login)
    service.end_stand_in(current_session(), user, leave_id, viewer().actor)
    return _back(user)


@blueprint.post(
    "/users/<login>/<any('disable', 'enable', 'reset-password', 'require-factor', 'free-factor', 'remove-factor'):deed>"
)
@allow(Permission.USERS_MANAGE)
def change_user(login: str, deed: str) -> Any:
    """Disable, enable, a new password, and the second factor."""
    user, db, actor = _other(login), current_session(), viewer().actor
    if deed == "reset-password":
        _show_password(user, service.reset_password(db, user, actor))
    elif deed == "disable":
        service.disable(db, user, actor)
    elif deed == "enable":
        service.enable(db, user, actor)
    elif deed == "remove-factor":
        factor.remove(db, user, actor)
    else:
        service.require_factor(db, user, deed == "require-factor", actor)
    return _back(user)
