"""What rejected rows are called where there is room for a few words: each code of a rejection, named."""

from typing import Any

from flask_babel import lazy_gettext as _

NAMES: dict[str, Any] = {
    "outside_scope": _("not within your units"),
    "missing": _("field empty"),
    "doubled": _("row repeated"),
    "disputed_account": _("account of two customers"),
    "too_long": _("text too long"),
    "overlong_row": _("too many cells"),
    "account_format": _("no account number"),
    "digits_lost": _("digits lost"),
    "bad_phone": _("no phone number"),
    "no_station": _("station not told"),
    "unknown_station": _("station not known"),
    "unknown_unit": _("unit not known"),
    "unknown_area": _("transformer area not known"),
    "unknown_cell": _("cell not known"),
    "unknown_manager": _("manager not known"),
    "unknown_word": _("word not known"),
    "circle": _("unit above itself"),
    "own_backup": _("own backup"),
    "manager_gone": _("manager has left"),
    "other_station": _("manager of another station"),
    "bad_day": _("no day"),
    "reversed_days": _("days reversed"),
    "two_owners": _("two managers at a time"),
    "bad_count": _("no whole number"),
    "not_a_number": _("no coordinate"),
    "half_position": _("half a position"),
    "zero_position": _("position (0, 0)"),
    "swapped": _("longitude and latitude swapped"),
    "impossible_position": _("no such place"),
    "outside_service_area": _("outside the service area"),
    "no_shape": _("no shape"),
    "not_a_polygon": _("no polygon"),
    "self_crossing": _("outline crosses itself"),
    "overlap": _("overlaps a cell"),
    "retired_cell": _("code of a retired cell"),
}


def name_of(code: str) -> str:
    """The name in the reader's language."""
    return str(NAMES[code])
