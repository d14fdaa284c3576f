"""What pages are asked for in the same words everywhere."""

from datetime import date

from flask import request
from flask_babel import gettext as _

from app.core import clock
from app.core.errors import DomainError


def day_asked(field: str = "on") -> date:
    """The day in the address or the form; today where none is given."""
    return day_in(request.values.get(field, ""), field) or clock.today()


def day_in(text: str, field: str = "") -> date | None:
    """The day that was typed, into a field of that name; None where none was."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise DomainError(_("“%(text)s” is no day. Write it as 2026-03-14.", text=text), field=field) from None
