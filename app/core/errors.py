"""Errors that a user can mend, and what each means over HTTP."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from app.core.model import Base


class DomainError(Exception):
    """Something the user asked for cannot be done; the message says why and how to mend it."""

    status = 422
    retry_after: int | None = None
    """In how many seconds it can be asked again, where waiting helps."""

    def __init__(self, message: Any, *, field: str = "", **details: Any) -> None:
        """`field` is the name of the field that it is about, where it is about one of a form."""
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details

    @property
    def headers(self) -> dict[str, str]:
        """What an answer that tells of it says besides."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}

    def __str__(self) -> str:
        return str(self.message) % self.details if self.details else str(self.message)


class NotFound(DomainError):
    """There is no such thing."""

    status = 404


class Conflict(DomainError):
    """It collides with what is stored."""

    status = 409


MESSAGES = {
    "uq_ownership_cell_id_valid_from": lazy_gettext("This cell already changes hands on that day."),
    "uq_meter_installation_meter_point_id_valid_from": lazy_gettext(
        "Another meter was put in at this metering point on that day."
    ),
    "uq_account_number": lazy_gettext("This account number is taken."),
    "uq_grid_cell_code": lazy_gettext("This cell code is taken."),
    "uq_idempotency_key_user_id_key": lazy_gettext(
        "The first request with this Idempotency-Key is still under way. Ask again in a moment."
    ),
}


def constraint_name(error: IntegrityError) -> str | None:
    """The name of the violated constraint, on either database."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name
    kind, colon, what = str(error.orig).partition(" constraint failed: ")
    if not colon:  # a trigger says the name alone
        return kind
    if kind == "UNIQUE":
        return _unique_name(what)
    return what if kind == "CHECK" else None


def _unique_name(columns: str) -> str | None:
    """SQLite names the columns (`table.column, ...`) where PostgreSQL names the constraint."""
    wanted = {part.strip() for part in columns.split(",")}
    for table in Base.metadata.tables.values():
        keepers: list[UniqueConstraint | Index] = [index for index in table.indexes if index.unique]
        keepers += [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
        for keeper in keepers:
            if wanted == {str(column) for column in keeper.columns}:
                return str(keeper.name)
    return None


def from_integrity_error(error: IntegrityError) -> Conflict:
    """The domain error that a violated constraint stands for."""
    name = constraint_name(error)
    message = MESSAGES.get(name or "") or _("The change contradicts what is stored; nothing was changed.")
    return Conflict(message)
