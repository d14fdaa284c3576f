"""Changes to customer managers: phone, stand-in, target, leave."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.errors import Conflict
from app.grid.models import CustomerManager
from app.grid.service import leave


def change(session: Session, manager: CustomerManager, changes: Mapping[str, Any], actor: str) -> None:
    """Change what is named: work_phone, backup (a manager), target_households, left_on; all of it goes on record."""
    if changes.get("backup") is manager:
        raise Conflict(_("A customer manager cannot be their own stand-in. Choose another."))
    plain = {name: value for name, value in changes.items() if name != "left_on"}
    before = {name: _noted(getattr(manager, name)) for name in plain}
    for name, value in plain.items():
        setattr(manager, name, value)
    session.flush()
    after = {name: _noted(value) for name, value in plain.items()}
    if after != before:
        record(session, actor, "manager.change", manager.code, before=before, after=after)
    if "left_on" in changes and changes["left_on"] != manager.left_on:
        leave(session, manager, changes["left_on"], actor)


def _noted(value: Any) -> Any:
    """The value as the trail keeps it."""
    return value.code if isinstance(value, CustomerManager) else value
