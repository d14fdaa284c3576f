"""Customers in the trail: by id alone; a slice that knows accounts says whose an account number is."""

import re
from collections.abc import Callable

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.errors import NotFound

Finder = Callable[[Session, str], int | None]
FINDER = "gridcrm.audit.customer_of_account"
_BY_ID = re.compile(r"customer:(\d{1,18})")


def let_find_customers(app: Flask, finder: Finder) -> None:
    """Say who knows the customer's id of an account number."""
    app.extensions[FINDER] = finder


def customer_asked_for(session: Session, asked: str) -> int | None:
    """The customer's id of `customer:12` or of an account number; None where nothing is asked."""
    asked = asked.strip()
    by_id = _BY_ID.fullmatch(asked)
    if by_id or not asked:
        return int(by_id[1]) if by_id else None
    found: int | None = current_app.extensions[FINDER](session, asked)
    if found is None:
        raise NotFound(_("There is no account with this number. A customer who was erased is found as customer:ID."))
    return found
