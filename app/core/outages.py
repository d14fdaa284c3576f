"""When the trouble is neither the user's nor the program's: the database is away, or the disk is full."""

import errno

import psycopg
from flask_babel import lazy_gettext
from sqlalchemy.exc import DBAPIError

from app.core.errors import DomainError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
AWAY = ("08", "57P01", "57P02", "57P03", "53300")
"""SQLSTATEs: connection exceptions, shutting down, crashed, starting up, too many connections."""
SQLITE_AWAY = ("database is locked", "unable to open database file")


class Unavailable(DomainError):
    """The database cannot be reached just now."""

    status = 503
    retry_after = 10
    """Seconds after which asking again makes sense."""

    def __init__(self) -> None:
        super().__init__(
            lazy_gettext("The database cannot be reached at the moment; nothing was changed. Try again in a minute.")
        )


class DiskFull(DomainError):
    """There is no room for what was to be written."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            lazy_gettext(
                "The server's disk is full; nothing was changed. The administrator has to free some space, "
                "then try again."
            )
        )


def outage_of(error: BaseException | None) -> Unavailable | DiskFull | None:
    """The outage that an error tells of, if it does."""
    if isinstance(error, (Unavailable, DiskFull)):
        return error
    if isinstance(error, OSError):
        return DiskFull() if error.errno in FULL else None
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return Unavailable()
        error = error.orig
    if isinstance(error, psycopg.OperationalError):
        return _of_postgres(error)
    text = str(error) if type(error).__module__ == "sqlite3" else ""
    if "database or disk is full" in text:
        return DiskFull()
    return Unavailable() if any(said in text for said in SQLITE_AWAY) else None


def _of_postgres(error: psycopg.OperationalError) -> Unavailable | DiskFull | None:
    if isinstance(error, psycopg.errors.DiskFull):
        return DiskFull()
    return Unavailable() if error.sqlstate is None or error.sqlstate.startswith(AWAY) else None
