"""Who sent a request, and what they may see today: asked before every page, so in as few statements as can be.

The statements are built once, of plain tables: putting them together for each request would cost more than the answers.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, literal, null, or_, select, true, union_all
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken, RoleGrant, StandIn, User, UserSession
from app.accounts.queries import hash_of
from app.core.access import EVERYWHERE, Grant, Permission, Role, Scope, Viewer
from app.core.model import now
from app.core.one_of import numbers_given, one_of
from app.grid.models import GridCell, Ownership
from app.organisation.models import OrganisationUnit

user, grant, stand_in = User.__table__, RoleGrant.__table__, StandIn.__table__
user_session, api_token = UserSession.__table__, ApiToken.__table__
unit, cell, ownership = OrganisationUnit.__table__, GridCell.__table__, Ownership.__table__
DAY: BindParameter[date] = bindparam("day")


def _with_grants(me: Select[Any]) -> Select[Any]:
    """One row for each role that `me` holds on the day, those of absent colleagues among them; one without roles."""
    person = me.cte("me")
    absent = (
        select(stand_in.c.user_id)
        .join(person, person.c.user_id == stand_in.c.stand_in_id)
        .join(user, user.c.id == stand_in.c.user_id)
        .where(stand_in.c.valid_from <= DAY, stand_in.c.last_day >= DAY, user.c.disabled_at.is_(None))
    )
    holder = union_all(select(person.c.user_id), absent).cte("holder")
    lasts = or_(grant.c.last_day.is_(None), grant.c.last_day >= DAY)
    held = (
        select(grant.c.role, grant.c.unit_id, grant.c.manager_id)
        .join(holder, holder.c.user_id == grant.c.user_id)
        .where(grant.c.valid_from <= DAY, lasts)
        .distinct()
        .subquery()
    )
    return select(person, held).outerjoin(held, true()).execution_options(prepared=True)


def _me(door: Any, permissions: Any) -> Select[Any]:
    return select(
        user.c.id.label("user_id"), user.c.login, user.c.name, door.label("door"), permissions.label("permissions")
    ).where(user.c.disabled_at.is_(None))


BY_SESSION = _with_grants(
    _me(user_session.c.id, null())
    .join(user_session, user_session.c.user_id == user.c.id)
    .where(
        user_session.c.key_hash == bindparam("key"),
        user_session.c.ended_at.is_(None),
        user_session.c.ends_at > bindparam("now"),
    )
)
BY_TOKEN = _with_grants(
    _me(api_token.c.id, api_token.c.permissions)
    .join(api_token, api_token.c.user_id == user.c.id)
    .where(api_token.c.key_hash == bindparam("key"), api_token.c.revoked_at.is_(None), api_token.c.last_day >= DAY)
)
BY_USER = _with_grants(_me(null(), null()).where(user.c.id == bindparam("user")))

_root = select(unit.c.id.label("root"), unit.c.id).where(one_of(unit.c.id, numbers_given("roots")))
_tree = _root.cte("tree", recursive=True)
_tree = _tree.union(select(_tree.c.root, unit.c.id).join(_tree, unit.c.parent_id == _tree.c.id))
UNITS_BELOW = select(_tree.c.root, _tree.c.id).execution_options(prepared=True)

_later = ownership.alias()
_passed_on = select(literal(1)).where(
    _later.c.cell_id == ownership.c.cell_id, _later.c.valid_from > ownership.c.valid_from, _later.c.valid_from <= DAY
)
BEATS = (
    select(ownership.c.manager_id, cell.c.id.label("cell_id"), cell.c.station_id)
    .join(cell, cell.c.id == ownership.c.cell_id)
    .where(
        one_of(ownership.c.manager_id, numbers_given("managers")),
        ownership.c.valid_from <= DAY,
        ~_passed_on.exists(),
        cell.c.retired_at.is_(None),
    )
    .execution_options(prepared=True)
)


def viewer_of_session(session: Session, key: str, day: date) -> Viewer | None:
    """Whoever signed in with this session, unless it has ended."""
    rows = session.execute(BY_SESSION, {"key": hash_of(key), "now": now(), "day": day}).all()
    return _viewer(session, rows, day, session_id=rows[0].door) if rows else None


def viewer_of_token(session: Session, key: str, day: date) -> Viewer | None:
    """Whoever a bearer token stands for, with what the token is for."""
    rows = session.execute(BY_TOKEN, {"key": hash_of(key), "day": day}).all()
    if not rows:
        return None
    only = frozenset(Permission(name) for name in rows[0].permissions)
    return _viewer(session, rows, day, only=only, token_id=rows[0].door)


def viewer_of(session: Session, user_id: int, day: date) -> Viewer | None:
    """The person with the roles of the day, those of colleagues for whom they stand in among them; None if disabled."""
    rows = session.execute(BY_USER, {"user": user_id, "day": day}).all()
    return _viewer(session, rows, day) if rows else None


def _viewer(session: Session, rows: Sequence[Row[Any]], day: date, **door: Any) -> Viewer:
    held = [row for row in rows if row.role is not None]
    inside = _units_below(session, {row.unit_id for row in held if row.manager_id is None and row.unit_id is not None})
    beats = _beats(session, {row.manager_id for row in held if row.manager_id is not None}, day)
    grants = []
    for row in held:
        if row.manager_id is not None:
            scope = _beat(row.manager_id, row.unit_id, beats[row.manager_id])
        else:
            scope = EVERYWHERE if row.unit_id is None else Scope(stations=inside[row.unit_id])
        grants.append(Grant(Role(row.role), scope))
    return Viewer(rows[0].user_id, rows[0].login, rows[0].name, tuple(grants), **door)


def _beat(manager: int, station: int, cells: dict[int, int]) -> Scope:
    return Scope(cells=frozenset(cells), managers=frozenset({manager}), partly=frozenset({station, *cells.values()}))


def _units_below(session: Session, roots: Iterable[int]) -> dict[int, frozenset[int]]:
    """Each unit with everything below it, itself among them."""
    below: dict[int, set[int]] = defaultdict(set)
    if roots:
        for root, found in session.execute(UNITS_BELOW, {"roots": sorted(roots)}):
            below[root].add(found)
    return {root: frozenset(units) for root, units in below.items()}


def _beats(session: Session, managers: Iterable[int], day: date) -> dict[int, dict[int, int]]:
    """The active cells of each manager on the day with their stations, by way of the manager's own rows."""
    found: dict[int, dict[int, int]] = {manager: {} for manager in managers}
    if found:
        for manager, cell_id, station in session.execute(BEATS, {"managers": sorted(found), "day": day}):
            found[manager][cell_id] = station
    return found
