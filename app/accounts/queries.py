"""Reads about people: who sent a request, what they may see today, and the lists of the administrator."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.accounts.models import ApiToken, InstallationNote, RoleGrant, StandIn, User, UserSession
from app.core.access import EVERYWHERE, Grant, Permission, Role, Scope, Viewer
from app.core.errors import NotFound
from app.core.model import now
from app.core.paging import Page, page_of
from app.grid.models import CustomerManager, GridCell, Ownership
from app.organisation.models import OrganisationUnit


def hash_of(key: str) -> str:
    """What of a session's or a token's key is kept; the keys are random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def viewer_of_session(session: Session, key: str, day: date) -> Viewer | None:
    """Whoever signed in with this session, unless it has ended."""
    statement = select(UserSession.id, User).join(User, User.id == UserSession.user_id)
    row = session.execute(
        statement.where(
            UserSession.key_hash == hash_of(key),
            UserSession.ended_at.is_(None),
            UserSession.ends_at > now(),
            User.disabled_at.is_(None),
        )
    ).first()
    return viewer_of(session, row.User, day, session_id=row.id) if row else None


def viewer_of_token(session: Session, key: str, day: date) -> Viewer | None:
    """Whoever a bearer token stands for, with what the token is for."""
    statement = select(ApiToken, User).join(User, User.id == ApiToken.user_id)
    row = session.execute(
        statement.where(
            ApiToken.key_hash == hash_of(key),
            ApiToken.revoked_at.is_(None),
            ApiToken.last_day >= day,
            User.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    token: ApiToken = row.ApiToken
    only = frozenset(Permission(name) for name in token.permissions)
    return viewer_of(session, row.User, day, only=only, token_id=token.id)


def viewer_of(
    session: Session,
    user: User,
    day: date,
    only: frozenset[Permission] | None = None,
    session_id: int | None = None,
    token_id: int | None = None,
) -> Viewer:
    """The person with the roles of the day, those of colleagues for whom they stand in among them."""
    held = session.execute(_grants_on(user.id, day)).all()
    inside = _units_below(session, {row.unit_id for row in held if row.unit_id is not None})
    cells = _cells_of(session, {row.manager_id for row in held if row.manager_id is not None}, day)
    grants = []
    for row in held:
        if row.manager_id is not None:
            scope = _beat(row.manager_id, row.unit_id, cells[row.manager_id])
        else:
            scope = EVERYWHERE if row.unit_id is None else Scope(stations=inside[row.unit_id])
        grants.append(Grant(Role(row.role), scope))
    return Viewer(user.id, user.login, user.name, tuple(grants), only, session_id, token_id)


def _grants_on(user_id: int, day: date) -> Select[str, int | None, int | None]:
    absent = select(StandIn.user_id).where(
        StandIn.stand_in_id == user_id, StandIn.valid_from <= day, StandIn.last_day >= day
    )
    holder = aliased(User)
    lasts = or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= day)
    return (
        select(RoleGrant.role, RoleGrant.unit_id, RoleGrant.manager_id)
        .join(holder, holder.id == RoleGrant.user_id)
        .where(
            or_(RoleGrant.user_id == user_id, and_(RoleGrant.user_id.in_(absent), holder.disabled_at.is_(None))),
            RoleGrant.valid_from <= day,
            lasts,
        )
        .distinct()
    )


def _units_below(session: Session, roots: Collection[int]) -> dict[int, frozenset[int]]:
    """Each unit with everything below it, itself among them."""
    if not roots:
        return {}
    tree = (
        select(OrganisationUnit.id.label("root"), OrganisationUnit.id.label("id"))
        .where(OrganisationUnit.id.in_(roots))
        .cte("tree", recursive=True)
    )
    child = aliased(OrganisationUnit)
    tree = tree.union(select(tree.c.root, child.id).join(tree, child.parent_id == tree.c.id))
    below: dict[int, set[int]] = defaultdict(set)
    for root, unit in session.execute(select(tree.c.root, tree.c.id)):
        below[root].add(unit)
    return {root: frozenset(units) for root, units in below.items()}


def _beat(manager: int, station: int, cells: dict[int, int]) -> Scope:
    return Scope(cells=frozenset(cells), managers=frozenset({manager}), partly=frozenset({station, *cells.values()}))


def _cells_of(session: Session, managers: Collection[int], day: date) -> dict[int, dict[int, int]]:
    """The active cells of each manager on the day with their stations, by way of the manager's own rows."""
    found: dict[int, dict[int, int]] = {manager: {} for manager in managers}
    if managers:
        later = aliased(Ownership)
        passed_on = select(later.id).where(
            later.cell_id == Ownership.cell_id, later.valid_from > Ownership.valid_from, later.valid_from <= day
        )
        statement = (
            select(Ownership.manager_id, Ownership.cell_id, GridCell.station_id)
            .join(GridCell, GridCell.id == Ownership.cell_id)
            .where(
                Ownership.manager_id.in_(managers),
                Ownership.valid_from <= day,
                ~passed_on.exists(),
                GridCell.retired_at.is_(None),
            )
        )
        for manager, cell, station in session.execute(statement):
            found[manager or 0][cell] = station
    return found


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


def user_page(session: Session, scope: Scope, text: str, after: str | None, before: str | None) -> Page:
    """One page of users in the order of their logins."""
    statement = manageable(scope).options(
        selectinload(User.grants).options(joinedload(RoleGrant.unit), joinedload(RoleGrant.manager))
    )
    if text:
        statement = statement.where(
            or_(User.login.contains(text.lower(), autoescape=True), User.name.contains(text, autoescape=True))
        )
    return page_of(session, statement, User.login, after, before)


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
