"""What pages are asked for in the same words everywhere."""

from datetime import date

from flask import request
from flask_babel import gettext as _

from app.core import clock
from app.core.errors import DomainError


def day_asked(field: str = "on") -> date:
    """The day in the address or the form; today where none is given."""
    asked = request.values.get(field, "")
    try:
        return date.fromisoformat(asked) if asked else clock.today()
    except ValueError:
        raise DomainError(_("“%(text)s” is no day. Write it as 2026-03-14.", text=asked)) from None
