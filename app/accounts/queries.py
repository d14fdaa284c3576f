"""Reads about people: users, their sessions and tokens, and the lists of the administrator."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import ApiToken, InstallationNote, RoleGrant, StandIn, User, UserSession
from app.core.access import Scope
from app.core.errors import NotFound
from app.core.model import now
from app.core.paging import Page, sorted_page
from app.grid.models import CustomerManager

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Where somebody who has not signed in stands in the order of the last sign-ins."""


def hash_of(key: str) -> str:
    """What of a session's or a token's key is kept; the keys are random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def user_by_login(session: Session, login: str) -> User | None:
    """The user, whatever the case of the login typed."""
    return session.scalar(select(User).where(User.login == login.strip().lower()))


def user_by_id(session: Session, user_id: int) -> User:
    """The user."""
    return session.get_one(User, user_id)


def user_named(session: Session, login: str) -> User:
    """The user, or NotFound."""
    user = user_by_login(session, login)
    if user is None:
        raise NotFound(_("There is no user %(login)s.", login=login))
    return user


def user_by_subject(session: Session, subject: str) -> User | None:
    """The user whom the provider of single sign-on knows by this subject."""
    return session.scalar(select(User).where(User.sso_subject == subject))


def manageable(scope: Scope) -> Select[User]:
    """Users that an administrator of these units may manage: all of whose present roles lie in them."""
    statement = select(User)
    if scope.everywhere:
        return statement
    in_unit = RoleGrant.unit_id.in_(scope.stations)
    beats = select(CustomerManager.id).where(CustomerManager.station_id.in_(scope.stations))
    inside = or_(in_unit, RoleGrant.manager_id.in_(beats))
    outside = select(RoleGrant.id).where(RoleGrant.user_id == User.id, ~func.coalesce(inside, False))
    some = select(RoleGrant.id).where(RoleGrant.user_id == User.id, inside)
    return statement.where(some.exists(), ~outside.exists())


def manageable_user(session: Session, scope: Scope, login: str) -> User:
    """The user with the roles, or NotFound."""
    statement = (
        manageable(scope)
        .where(User.login == login)
        .options(selectinload(User.grants).options(joinedload(RoleGrant.unit), joinedload(RoleGrant.manager)))
    )
    user = session.scalar(statement)
    if user is None:
        raise NotFound(_("There is no user %(login)s.", login=login))
    return user


def user_page(session: Session, scope: Scope, wanted: Mapping[str, str]) -> Page:
    """One page of users; `wanted` may hold text, sort (login, name, seen), after, before."""
    statement = manageable(scope).options(
        selectinload(User.grants).options(joinedload(RoleGrant.unit), joinedload(RoleGrant.manager))
    )
    if text := wanted.get("text", "").strip():
        statement = statement.where(
            or_(User.login.contains(text.lower(), autoescape=True), User.name.contains(text, autoescape=True))
        )
    orders = {"login": User.login, "name": User.name, "seen": func.coalesce(User.last_sign_in_at, NEVER)}
    return sorted_page(session, statement, orders, User.id, wanted)


def all_users(session: Session) -> Sequence[User]:
    """Everybody, with the roles."""
    grants = selectinload(User.grants).options(joinedload(RoleGrant.unit), joinedload(RoleGrant.manager))
    return session.scalars(select(User).order_by(User.login).options(grants)).all()


def stand_ins(session: Session, user: User, since: date) -> Sequence[StandIn]:
    """Who stands in for the user, from that day on."""
    statement = select(StandIn).where(StandIn.user_id == user.id, StandIn.last_day >= since)
    return session.scalars(statement.order_by(StandIn.valid_from).options(joinedload(StandIn.stand_in))).all()


def open_sessions(session: Session, user_id: int) -> Sequence[UserSession]:
    """The user's sign-ins that have not ended, the newest first."""
    statement = select(UserSession).where(
        UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.ends_at > now()
    )
    return session.scalars(statement.order_by(UserSession.id.desc())).all()


def tokens_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """The user's tokens that have not been revoked."""
    statement = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return session.scalars(statement.order_by(ApiToken.name)).all()


def note(session: Session, name: str) -> object:
    """What is noted of this installation under a name; None where nothing is."""
    found = session.get(InstallationNote, name)
    return found.value if found else None


def ending_grants(session: Session, scope: Scope, first: date, last: date, limit: int) -> Sequence[RoleGrant]:
    """Roles of the users of these units that end between two days, the next first."""
    users = manageable(scope).where(User.disabled_at.is_(None)).with_only_columns(User.id)
    statement = select(RoleGrant).where(RoleGrant.last_day.between(first, last), RoleGrant.user_id.in_(users))
    ordered = statement.order_by(RoleGrant.last_day, RoleGrant.id).options(joinedload(RoleGrant.user))
    return session.scalars(ordered.limit(limit)).all()


def users_without_role(session: Session, scope: Scope, day: date, limit: int) -> Sequence[User]:
    """Users of these units who may sign in and have no role from that day on."""
    held = select(RoleGrant.id).where(
        RoleGrant.user_id == User.id, or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= day)
    )
    statement = manageable(scope).where(User.disabled_at.is_(None), ~held.exists())
    return session.scalars(statement.order_by(User.login).limit(limit)).all()
