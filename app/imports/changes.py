"""Which things an import has made and changed, kept so that its figures lead to them."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.upsert import CREATED, UPDATED, Written
from app.customers.models import Account

MOST_CHANGED = 200
"""So many things are kept by name. New accounts are all kept, as an interval of ids: one import runs at a time."""


def last_account(session: Session) -> int:
    """The id after which an import's new accounts come."""
    return session.scalar(select(func.coalesce(func.max(Account.id), 0))) or 0


def of_accounts(session: Session, touched: Any, last: int) -> dict[str, Any]:
    """The accounts made after `last`, and those changed among `touched` ids."""
    ids = touched.subquery()
    changed = select(ids.c.id).where(ids.c.id <= last).order_by(ids.c.id).limit(MOST_CHANGED)
    newest = last_account(session)
    new = [last + 1, newest] if newest > last else None
    return {"accounts": {CREATED: new, UPDATED: list(session.scalars(changed))}}


def of_things(written: Written) -> dict[str, Any]:
    """The codes of things made and changed; ownership goes by its cell."""
    return {"codes": {state: _codes(written, state) for state in (CREATED, UPDATED)}}


def _codes(written: Written, state: str) -> list[str]:
    codes = (key[0] if isinstance(key, tuple) else key for key in written.keys(state))
    return sorted(set(codes))[:MOST_CHANGED]
