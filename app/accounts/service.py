"""People and their roles: added, granted, ended. Every change goes on record with before and after."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.models import ApiToken, InstallationNote, RoleGrant, StandIn, User, UserSession
from app.accounts.queries import hash_of, tokens_of, user_by_login
from app.audit.service import record
from app.core.access import Permission, Role, Viewer
from app.core.errors import Conflict, DomainError, NotFound
from app.core.model import now
from app.core.settings import settings
from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
TOKEN_DAYS = 366
"""No token is good for longer than that."""


@dataclass(frozen=True)
class Beginning:
    """A role to grant: where, or for whose beat, and from when to when."""

    role: Role
    unit: OrganisationUnit | None = None
    manager: CustomerManager | None = None
    valid_from: date | None = None
    last_day: date | None = None

    def words(self) -> str:
        """Role and place, as the trail records them."""
        place = self.manager.code if self.manager else self.unit.code if self.unit else "*"
        return f"{self.role}@{place}"


def add_user(session: Session, login: str, name: str, actor: str) -> tuple[User, str]:
    """Add somebody; returns a password for the first sign-in, which must then be changed."""
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise DomainError(
            _("A login has 2 to 64 of a-z, 0-9, dot, hyphen, underscore and @: “%(login)s” has not.", login=login)
        )
    if not name.strip():
        raise DomainError(_("Give the person’s name."))
    if user_by_login(session, login):
        raise Conflict(_("There is a user %(login)s already. Choose another login.", login=login))
    user = User(login=login, name=name.strip(), grants=[])
    session.add(user)
    session.flush()
    record(session, actor, "user.add", f"user:{login}", name=user.name)
    return user, _give_password(user)


def reset_password(session: Session, user: User, actor: str) -> str:
    """A new password for the next sign-in; sessions, tokens and the second factor end."""
    password = _give_password(user)
    user.factor_secret, user.recovery_hashes = None, []
    end_sessions(session, user)
    _revoke_tokens(session, user)
    record(session, actor, "user.reset_password", f"user:{user.login}")
    return password


def _give_password(user: User) -> str:
    password = passwords.new_password()
    user.password_hash, user.must_change_password = passwords.hashed(password), True
    return password


def change_password(session: Session, user: User, new: str) -> None:
    """Take a password of the user's own choice; all other sessions end."""
    passwords.require_good(new, user.login, user.name, "gridcrm", settings().utility)
    if passwords.is_right(new, user.password_hash):
        raise DomainError(_("That is the present password. Choose another."))
    user.password_hash, user.must_change_password = passwords.hashed(new), False
    end_sessions(session, user)
    record(session, user.login, "account.password", f"user:{user.login}")


def disable(session: Session, user: User, actor: str) -> None:
    """Let the user sign in no more; sessions and tokens end at once."""
    if user.disabled_at is None:
        user.disabled_at = now()
        end_sessions(session, user)
        _revoke_tokens(session, user)
        record(session, actor, "user.disable", f"user:{user.login}")


def enable(session: Session, user: User, actor: str) -> None:
    """Let the user sign in again; tokens that have ended stay so."""
    if user.disabled_at is not None:
        user.disabled_at = None
        record(session, actor, "user.enable", f"user:{user.login}")


def require_factor(session: Session, user: User, required: bool, actor: str) -> None:
    """Ask for a second factor at every sign-in, or ask no more."""
    if user.factor_required != required:
        user.factor_required = required
        record(session, actor, "user.require_factor", f"user:{user.login}", before=not required, after=required)


def end_sessions(session: Session, user: User) -> None:
    """Sign the user out everywhere."""
    session.flush()
    session.execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .values(ended_at=now()),
        execution_options={"synchronize_session": False},
    )


def _revoke_tokens(session: Session, user: User) -> None:
    for token in tokens_of(session, user.id):
        _revoke(token)


def _revoke(token: ApiToken) -> None:
    """End a token; its name is free for another."""
    token.revoked_at, token.name = now(), f"{token.name} ({token.id})"


def needs_beat() -> DomainError:
    """What is said of a role whose place is none."""
    return DomainError(_("A customer manager’s role needs the manager’s code, and no other role takes one."))


def grant(session: Session, user: User, wanted: Beginning, actor: str, today: date) -> RoleGrant:
    """Give a role; a manager's names the beat, all others a unit or, without one, everything."""
    if (wanted.role == Role.MANAGER) != (wanted.manager is not None):
        raise needs_beat()
    since = wanted.valid_from or today
    if wanted.last_day and wanted.last_day < since:
        raise DomainError(_("The last day lies before the first."))
    unit = wanted.manager.station_id if wanted.manager else wanted.unit.id if wanted.unit else None
    given = RoleGrant(
        user_id=user.id,
        role=wanted.role.value,
        unit_id=unit,
        manager_id=wanted.manager.id if wanted.manager else None,
        valid_from=since,
        last_day=wanted.last_day,
    )
    session.add(given)
    session.flush()
    days: dict[str, Any] = {"since": since.isoformat(), "last_day": wanted.last_day and wanted.last_day.isoformat()}
    record(session, actor, "role.grant", f"user:{user.login}", before=None, after=wanted.words(), **days)
    return given


def end_grant(session: Session, user: User, grant_id: int, actor: str, today: date) -> None:
    """End a role with yesterday; one that has not begun is taken back."""
    given = session.scalar(select(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.user_id == user.id))
    if given is None:
        raise gone()
    yesterday = today - timedelta(days=1)
    before = {"role": given.role, "last_day": given.last_day and given.last_day.isoformat()}
    if given.valid_from > yesterday:
        session.delete(given)
    else:
        given.last_day = min(given.last_day or yesterday, yesterday)
    session.flush()
    record(session, actor, "role.end", f"user:{user.login}", before=before, after=yesterday.isoformat())


def stand_in(session: Session, user: User, other: User, since: date, last_day: date, actor: str) -> StandIn:
    """Let somebody have the roles of a colleague who is away."""
    if user.id == other.id:
        raise DomainError(_("Nobody can stand in for themselves."))
    if last_day < since:
        raise DomainError(_("The last day lies before the first."))
    leave = StandIn(user_id=user.id, stand_in_id=other.id, valid_from=since, last_day=last_day)
    session.add(leave)
    session.flush()
    days: dict[str, Any] = {"since": since.isoformat(), "last_day": last_day.isoformat()}
    record(session, actor, "role.stand_in", f"user:{user.login}", before=None, after=other.login, **days)
    return leave


def end_stand_in(session: Session, user: User, leave_id: int, actor: str) -> None:
    """The colleague is back."""
    leave = session.scalar(select(StandIn).where(StandIn.id == leave_id, StandIn.user_id == user.id))
    if leave is None:
        raise gone()
    other = session.get_one(User, leave.stand_in_id)
    session.delete(leave)
    record(session, actor, "role.stand_in_end", f"user:{user.login}", before=other.login, after=None)


def make_token(
    session: Session, owner: Viewer, name: str, permissions: Collection[Permission], last_day: date, today: date
) -> str:
    """A bearer token for some of what its owner may do; it is shown this once."""
    if not name.strip():
        raise DomainError(_("Give the token a name that says which program uses it."), field="name")
    if name.strip() in {token.name for token in tokens_of(session, owner.user_id)}:
        raise Conflict(_("There is a token of that name. Revoke it first, or choose another name."), field="name")
    if not permissions or not all(owner.may(permission) for permission in permissions):
        text = _("Choose at least one permission, and only such as you have yourself.")
        raise DomainError(text, field="permission")
    if not today <= last_day <= today + timedelta(days=TOKEN_DAYS):
        raise DomainError(_("A token ends within %(days)s days from today.", days=TOKEN_DAYS), field="last_day")
    key = f"gridcrm_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        key_hash=hash_of(key),
        user_id=owner.user_id,
        name=name.strip(),
        permissions=sorted(permissions),
        last_day=last_day,
    )
    session.add(token)
    session.flush()
    more: dict[str, Any] = {"permissions": sorted(permissions), "last_day": last_day.isoformat()}
    record(session, owner.actor, "token.add", f"user:{owner.login}", name=token.name, **more)
    return key


def revoke_token(session: Session, owner_id: int, token_id: int, actor: str) -> None:
    """Make a token worthless at once."""
    token = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == owner_id))
    if token is None or token.revoked_at is not None:
        raise gone()
    _revoke(token)
    record(session, actor, "token.revoke", f"token:{token.id}")


def gone() -> NotFound:
    """Said alike of what has ended and of what is somebody else's."""
    return NotFound(_("There is no such thing here. It may have ended already."))


def write_note(session: Session, name: str, value: object) -> None:
    """Note something that is true of this installation."""
    session.merge(InstallationNote(name=name, value=value))
