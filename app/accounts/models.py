"""People, what they may do and where, their sessions and the tokens of their programs."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.model import Base, Code, Day, Moment, Name, Pk, reference
from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit


class User(Base):
    """Somebody who signs in."""

    __tablename__ = "app_user"

    id: Mapped[Pk]
    login: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    password_hash: Mapped[str | None]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    factor_required: Mapped[bool] = mapped_column(default=False)
    factor_secret: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    factor_step: Mapped[int] = mapped_column(default=0)
    """The time step of the last code taken: no code is taken twice."""
    recovery_hashes: Mapped[list[str]] = mapped_column(JSON, default=list)
    sso_subject: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[Moment]
    disabled_at: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]

    grants: Mapped[list["RoleGrant"]] = relationship(back_populates="user", order_by="RoleGrant.valid_from")


class RoleGrant(Base):
    """A role in a unit of the organisation (None: everywhere), from day to last day; a manager's names the beat."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            "role in ('manager', 'supervisor', 'hotline', 'clerk', 'administrator', 'auditor')", name="role"
        ),
        CheckConstraint("(role = 'manager') = (manager_id is not null)", name="manager_has_beat"),
        CheckConstraint("last_day is null or last_day >= valid_from", name="last_day"),
    )

    id: Mapped[Pk]
    user_id: Mapped[int] = reference("app_user.id")
    role: Mapped[str]
    unit_id: Mapped[int | None] = reference("organisation_unit.id")
    manager_id: Mapped[int | None] = reference("customer_manager.id")
    valid_from: Mapped[Day]
    last_day: Mapped[date | None]

    user: Mapped[User] = relationship(back_populates="grants")
    unit: Mapped[OrganisationUnit | None] = relationship()
    manager: Mapped[CustomerManager | None] = relationship()


class StandIn(Base):
    """From day to last day somebody has, besides the own roles, those of a colleague who is away."""

    __tablename__ = "stand_in"
    __table_args__ = (
        CheckConstraint("stand_in_id <> user_id", name="another"),
        CheckConstraint("last_day >= valid_from", name="last_day"),
    )

    id: Mapped[Pk]
    user_id: Mapped[int] = reference("app_user.id")
    stand_in_id: Mapped[int] = reference("app_user.id")
    valid_from: Mapped[Day]
    last_day: Mapped[Day]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    stand_in: Mapped[User] = relationship(foreign_keys=[stand_in_id])


class UserSession(Base):
    """One sign-in of a browser; only a hash of its key is kept."""

    __tablename__ = "user_session"

    id: Mapped[Pk]
    key_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = reference("app_user.id")
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Moment]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class ApiToken(Base):
    """A program's bearer token: some of its owner's permissions, until a day; only a hash of it is kept."""

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[Pk]
    key_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = reference("app_user.id", index=False)
    name: Mapped[Name]
    permissions: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[Moment]
    last_day: Mapped[Day]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class InstallationNote(Base):
    """Something that is true of this installation as a whole, such as that it is a demo."""

    __tablename__ = "installation_note"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
