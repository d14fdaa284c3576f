"""Acts in words."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

ACTIONS = {
    "account.factor_off": lazy_gettext("second factor removed"),
    "account.factor_on": lazy_gettext("second factor set up"),
    "account.password": lazy_gettext("password changed"),
    "account.sso": lazy_gettext("single sign-on connected"),
    "assignment.override": lazy_gettext("metering point put into a cell by hand"),
    "assignment.release": lazy_gettext("metering point released"),
    "audit.export": lazy_gettext("trail exported"),
    "audit.purge": lazy_gettext("trail purged"),
    "audit.verify": lazy_gettext("trail proven"),
    "cell.give": lazy_gettext("cell given to a manager"),
    "cell.merge": lazy_gettext("cells merged"),
    "cell.reshape": lazy_gettext("cell border moved"),
    "cell.split": lazy_gettext("cell split"),
    "cells.make": lazy_gettext("cells made"),
    "cells.share_out": lazy_gettext("cells shared out"),
    "customers.reveal": lazy_gettext("customer shown in full"),
    "customers.reveal_refused": lazy_gettext("showing a customer in full refused"),
    "imports.import": lazy_gettext("file imported"),
    "imports.rejected": lazy_gettext("rejected rows downloaded"),
    "imports.try": lazy_gettext("file tried, nothing written"),
    "lookup.look": lazy_gettext("customer looked up, masked"),
    "lookup.reveal": lazy_gettext("customer looked up"),
    "manager.change": lazy_gettext("manager’s data changed"),
    "manager.leave": lazy_gettext("manager’s last day noted"),
    "manager.photo": lazy_gettext("manager’s photo changed"),
    "operations.backup": lazy_gettext("backup made"),
    "operations.restore": lazy_gettext("backup restored"),
    "plan.approve": lazy_gettext("plan approved"),
    "plan.back": lazy_gettext("plan sent back to draft"),
    "plan.begin": lazy_gettext("plan begun"),
    "plan.carry": lazy_gettext("plan carried over to the register"),
    "plan.copy": lazy_gettext("plan copied"),
    "plan.import": lazy_gettext("file imported into a plan"),
    "plan.follows": lazy_gettext("list of what follows from a plan taken out"),
    "plan.follows_full": lazy_gettext("list of what follows from a plan taken out in full"),
    "plan.hand_over": lazy_gettext("hand-over sheet taken out"),
    "plan.publish": lazy_gettext("plan published"),
    "plan.rename": lazy_gettext("plan renamed"),
    "plan.submit": lazy_gettext("plan submitted"),
    "plan.withdraw": lazy_gettext("plan withdrawn"),
    "privacy.erase": lazy_gettext("customer’s data erased"),
    "privacy.export": lazy_gettext("customer’s data given out"),
    "role.end": lazy_gettext("role ended"),
    "role.grant": lazy_gettext("role granted"),
    "role.stand_in": lazy_gettext("stand-in named"),
    "role.stand_in_end": lazy_gettext("stand-in ended"),
    "sign_in": lazy_gettext("signed in"),
    "sign_in.refused": lazy_gettext("sign-in refused"),
    "sign_out": lazy_gettext("signed out"),
    "token.add": lazy_gettext("access token made"),
    "token.revoke": lazy_gettext("access token revoked"),
    "user.add": lazy_gettext("user added"),
    "user.disable": lazy_gettext("user disabled"),
    "user.enable": lazy_gettext("user enabled"),
    "user.require_factor": lazy_gettext("second factor required or not"),
    "user.reset_password": lazy_gettext("password reset"),
}

DETAILS = {
    "account": lazy_gettext("account"),
    "action": lazy_gettext("act"),
    "actor": lazy_gettext("person"),
    "accounts": lazy_gettext("accounts"),
    "acts": lazy_gettext("acts"),
    "asked": lazy_gettext("asked for"),
    "address": lazy_gettext("network address"),
    "before": lazy_gettext("before"),
    "care_marks": lazy_gettext("care marks"),
    "cell": lazy_gettext("cell"),
    "cells": lazy_gettext("cells"),
    "created": lazy_gettext("new"),
    "customer_id": lazy_gettext("customer"),
    "day": lazy_gettext("day"),
    "first_day": lazy_gettext("first day"),
    "hash": lazy_gettext("hash"),
    "head": lazy_gettext("head"),
    "kind": lazy_gettext("kind"),
    "last_day": lazy_gettext("last day"),
    "left": lazy_gettext("left as they were"),
    "made_at": lazy_gettext("made at"),
    "managers": lazy_gettext("managers"),
    "method": lazy_gettext("method"),
    "name": lazy_gettext("name"),
    "note": lazy_gettext("note"),
    "permissions": lazy_gettext("permissions"),
    "phones": lazy_gettext("phones"),
    "photo": lazy_gettext("photo"),
    "plan": lazy_gettext("plan"),
    "point": lazy_gettext("metering point"),
    "query": lazy_gettext("typed"),
    "reason": lazy_gettext("reason"),
    "rejected": lazy_gettext("rejected"),
    "rows": lazy_gettext("rows"),
    "since": lazy_gettext("from"),
    "state": lazy_gettext("state"),
    "step": lazy_gettext("step"),
    "target": lazy_gettext("households a cell"),
    "through": lazy_gettext("up to number"),
    "torn": lazy_gettext("places torn"),
    "unit": lazy_gettext("unit"),
    "updated": lazy_gettext("changed"),
    "verified": lazy_gettext("proven"),
    "way": lazy_gettext("way"),
    "why": lazy_gettext("why"),
    "with_key": lazy_gettext("with the key"),
}

VALUES: dict[str, dict[str, Any]] = {
    "step": {
        "password": lazy_gettext("Password"),
        "code": lazy_gettext("Second factor"),
        "sso": lazy_gettext("Single sign-on"),
    },
    "way": {"password": lazy_gettext("Password"), "sso": lazy_gettext("Single sign-on")},
    "why": {
        "own_beat": lazy_gettext("On the own beat"),
        "caller": lazy_gettext("The caller is this customer"),
        "work_order": lazy_gettext("Work order"),
        "visit": lazy_gettext("Visit on site"),
        "correction": lazy_gettext("Correcting the data"),
        "other": lazy_gettext("Another reason"),
    },
}
"""What the trail keeps as a code, by the name of the detail."""


@dataclass(frozen=True)
class Line:
    """One detail of an act in words: a value, or what it was before and after."""

    label: str
    value: str
    former: str | None = None

    def __str__(self) -> str:
        said = self.value if self.former is None else f"{self.former} → {self.value}"
        return _("%(label)s: %(said)s", label=self.label, said=said) if self.label else said


def action_words(action: str) -> str:
    """What was done."""
    return str(ACTIONS.get(action, action))


def lines(details: dict[str, Any]) -> list[Line]:
    """The details of an act, changes first."""
    rest = dict(details)
    changes: list[Line] = []
    if {"before", "after"} <= rest.keys():
        before, after = rest.pop("before"), rest.pop("after")
        former, fresh = (known if isinstance(known, dict) else {"": known} for known in (before, after))
        changes = [Line(_label(key), _said(fresh.get(key)), _said(former.get(key))) for key in {**former, **fresh}]
    return changes + [Line(_label(key), _said(_value(key, value))) for key, value in rest.items()]


def _label(key: str) -> str:
    return str(DETAILS.get(key, key))


def _value(key: str, value: Any) -> Any:
    return VALUES.get(key, {}).get(value, value) if isinstance(value, str) else value


def _said(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):
        return ", ".join(f"{_label(key)} {_said(held)}" for key, held in value.items())
    return str(value)


def break_words(kind: str, number: int, last: int) -> str:
    """Where the chain is torn, in a sentence."""
    known = {
        "changed": _("Act %(number)s was changed.", number=number),
        "moved": _("Act %(number)s does not follow the one before it.", number=number),
        "missing": _("Act %(number)s is missing.", number=number)
        if number == last
        else _("Acts %(number)s to %(last)s are missing.", number=number, last=last),
        "cut_off": _("The newest acts, %(number)s to %(last)s, were cut off.", number=number, last=last),
        "other_head": _("Act %(number)s is not the one that was kept.", number=number),
    }
    return known[kind]
