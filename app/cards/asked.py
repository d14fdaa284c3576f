"""What the cards page is asked for: whose cards and how they are printed, with what is wrong beside each field."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.cards import queries, service
from app.cards.layouts import DEFAULT, Printing
from app.cards.queries import Selection
from app.core.access import Scope
from app.core.asked import day_in
from app.core.errors import DomainError
from app.grid.queries import cell_by_code, manager_by_code
from app.organisation.queries import unit_by_code

T = TypeVar("T")
CODES = {"manager": manager_by_code, "station": unit_by_code, "cell": cell_by_code}

Values = MultiDict[str, str]


@dataclass
class Asked:
    """The form as it was sent; `problems` has a text for each field that cannot stay as it is."""

    typed: Values
    selection: Selection
    how: Printing
    problems: dict[str, str] = field(default_factory=dict)


def selection_in(values: Values) -> Selection:
    """Whose cards; an error where the day is none."""
    numbers = " ".join(values.getlist("box")).replace(",", " ").replace("，", " ").split()
    manager, station, cell = (values.get(name, "").strip() or None for name in CODES)
    return Selection(manager, station, cell, tuple(dict.fromkeys(numbers)), day_in(values.get("day", "")))


def printing_in(values: Values) -> Printing:
    """How they are printed; an error where that cannot be."""
    offset = _number(values, "offset_x", 0), _number(values, "offset_y", 0)
    return service.printing(values.get("layout") or DEFAULT, int(_number(values, "start", 1)), *offset)


def read(session: Session, scope: Scope, values: Values) -> Asked:
    """All of it, as far as it is right."""
    problems: dict[str, str] = {}

    def tried(name: str, make: Callable[..., T], *given: Any) -> T | None:
        try:
            return make(*given)
        except DomainError as error:
            problems.setdefault(name, str(error))
            return None

    tried("day", day_in, values.get("day", ""))
    right = values.copy()
    for name in problems:
        right.pop(name)
    selection = selection_in(right)
    for name, find in CODES.items():
        if code := getattr(selection, name):
            tried(name, find, session, scope, code)
    if selection and not problems:
        tried("box", queries.require_all, session, scope, selection)
    return Asked(values, selection, _printing(values, tried), problems)


def _printing(values: Values, tried: Callable[..., Any]) -> Printing:
    """As far as it is right; on a sheet with fewer places than the former one the first card comes first again."""
    plain = tried("layout", service.printing, values.get("layout") or DEFAULT) or service.printing()
    start = tried("start", _number, values, "start", 1)
    if start is not None and 1 <= start <= plain.layout.per_sheet:
        plain = Printing(plain.layout, int(start))
    offset = tuple(tried(name, _number, values, name, 0) or 0.0 for name in ("offset_x", "offset_y"))
    return tried("offset_x", Printing, plain.layout, plain.start, offset) or plain


def _number(values: Values, name: str, default: float) -> float:
    text = values.get(name, "").strip() or str(default)
    try:
        return float(text)
    except ValueError:
        raise DomainError(_("%(text)s is no number."), text=text) from None
