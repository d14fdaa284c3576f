"""Roles and permissions in words."""

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext

from app.core.access import Permission, Role

ROLE_WORDS = {
    Role.MANAGER: lazy_gettext("customer manager"),
    Role.SUPERVISOR: lazy_gettext("supervisor"),
    Role.HOTLINE: lazy_gettext("hotline agent"),
    Role.CLERK: lazy_gettext("print clerk"),
    Role.ADMINISTRATOR: lazy_gettext("administrator"),
    Role.AUDITOR: lazy_gettext("auditor"),
}

PERMISSION_WORDS = {
    Permission.LOOKUP: lazy_gettext("look customers up"),
    Permission.CUSTOMERS_LIST: lazy_gettext("list customers, masked"),
    Permission.CUSTOMERS_SHOW: lazy_gettext("open one customer, masked"),
    Permission.CUSTOMERS_REVEAL: lazy_gettext("see a customer in full, on record"),
    Permission.CARE_SHOW: lazy_gettext("see care marks"),
    Permission.GRID_READ: lazy_gettext("read stations, cells, managers and maps"),
    Permission.GRID_EDIT: lazy_gettext("make, edit and give cells"),
    Permission.PLANS_READ: lazy_gettext("read plans and what follows from them"),
    Permission.PLANS_EDIT: lazy_gettext("plan, submit and publish who answers for which cells"),
    Permission.PLANS_APPROVE: lazy_gettext("approve plans that others have submitted"),
    Permission.ASSIGNMENT_DECIDE: lazy_gettext("work through unassigned metering points"),
    Permission.IMPORTS_RUN: lazy_gettext("import files"),
    Permission.CARDS_PRINT: lazy_gettext("print cards"),
    Permission.USERS_MANAGE: lazy_gettext("manage people and roles"),
    Permission.AUDIT_READ: lazy_gettext("read the trail"),
}


def init_app(app: Flask) -> None:
    """Give the templates the words."""

    @app.context_processor
    def _words() -> dict[str, Any]:
        return {
            "role_words": lambda role: ROLE_WORDS[Role(role)],
            "permission_words": lambda permission: PERMISSION_WORDS[Permission(permission)],
        }
