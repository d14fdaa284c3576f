"""The list of a plan's steps as people read it: who, when, which cells from what to what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.plans.models import PlanStep
from app.plans.queries import names_of_managers
from app.plans.words import step_words

FEW = 12
"""Cells that take each other's place and are still named one by one."""


@dataclass(frozen=True)
class Change:
    """Cells of a step that changed alike: keys, and in words what they were and what they became."""

    keys: Sequence[str]
    former: str
    fresh: str


@dataclass(frozen=True)
class Entry:
    """A step as the log shows it."""

    number: int
    at: datetime
    actor: str
    what: str
    undone: bool
    changes: Sequence[Change]


def entries(session: Session, steps: Sequence[PlanStep]) -> list[Entry]:
    """The steps in words, in their order; the managers' names are read at once."""
    codes = {
        fields["manager"]
        for step in steps
        for side in (step.before, step.after)
        for fields in side.values()
        if fields.get("manager")
    }
    names = names_of_managers(session, codes)
    return [
        Entry(
            step.number,
            step.at,
            step.actor,
            step_words(step.kind, step.details.get("step")),
            step.undone,
            _changes(step, names),
        )
        for step in steps
    ]


def _changes(step: PlanStep, names: Mapping[str, str]) -> list[Change]:
    """The cells of a step, those together that changed from the same to the same; a split or merge as one change."""
    came = sorted(key for key, fields in step.after.items() if fields.get("gone") is False)
    went = sorted(key for key, fields in step.after.items() if fields.get("gone"))
    if came and went and len(came) + len(went) <= FEW:
        replaced = Change(went, ", ".join(went), ", ".join(came))
        drawn = {key for key, fields in step.after.items() if fields.keys() == {"shape"}}
        rest = step.after.keys() - drawn - {*came, *went}  # a neighbour that only gained a corner is no news
        return [replaced, *_alike(step, sorted(rest), names)]
    return _alike(step, sorted(step.after), names)


def _alike(step: PlanStep, keys: Sequence[str], names: Mapping[str, str]) -> list[Change]:
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in keys:
        before = step.before.get(key, {})
        pairs = [_pair(field, before.get(field), value, names) for field, value in step.after[key].items()]
        said = [pair for pair in pairs if pair[0] != pair[1]]
        alike[", ".join(pair[0] for pair in said), ", ".join(pair[1] for pair in said)].append(key)
    return [Change(each, former, fresh) for (former, fresh), each in alike.items() if fresh]


def _pair(field: str, before: Any, after: Any, names: Mapping[str, str]) -> tuple[str, str]:
    """What a field was and is, in words."""
    if field in ("manager", "base"):
        return _person(before, names), _person(after, names)
    if field == "locked":
        return tuple(_("locked") if value else _("open") for value in (before, after))
    if field == "gone":
        return tuple(_("left out") if value else _("there") for value in (before, after))
    if field == "households":
        return tuple(_("%(count)s households", count=value or 0) for value in (before, after))
    if field == "shape":
        return (_("former border"), _("new border")) if before != after else ("", "")
    return "", ""


def _person(code: str | None, names: Mapping[str, str]) -> str:
    return f"{names.get(code, code)} ({code})" if code else _("nobody")
