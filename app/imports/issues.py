"""What can be wrong with a row or a file, and how it is mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

REJECTS, WARNS = "rejected", "warning"


@dataclass(frozen=True)
class Code:
    """A kind of issue: whether it keeps the row out, what it says, and how it is mended."""

    severity: str
    message: Any
    remedy: Any


def _rejects(message: Any, remedy: Any) -> Code:
    return Code(REJECTS, message, remedy)


def _warns(message: Any, remedy: Any) -> Code:
    return Code(WARNS, message, remedy)


CODES = {
    "outside_scope": _rejects(
        _("“%(value)s” does not lie within the units for which you may import."),
        _("Correct it, or leave the row to whoever imports for all of its units."),
    ),
    "missing": _rejects(_("“%(label)s” is empty."), _("Fill it in.")),
    "doubled": _rejects(_("“%(value)s” stands in row %(first)s already."), _("Keep one row for each.")),
    "disputed_account": _rejects(
        _("“%(value)s” stands in row %(first)s with another customer already."),
        _("Correct the account number or the customer of one of the rows."),
    ),
    "too_long": _rejects(_("“%(label)s” has more than %(most)s characters."), _("Shorten it.")),
    "overlong_row": _rejects(
        _("The row has more cells than there are headings."),
        _("Put quotation marks around cells that contain the separator."),
    ),
    "account_format": _rejects(
        _("“%(value)s” is not an account number of this utility."),
        _("Correct it; which numbers are valid is a setting (GRIDCRM_ACCOUNT_PATTERN)."),
    ),
    "digits_lost": _rejects(
        _("A spreadsheet has shortened the number to %(value)s."),
        _("Format the column as text in the spreadsheet, fill in the full number and save again."),
    ),
    "bad_phone": _rejects(
        _("“%(value)s” is not a phone number."),
        _("Write mobiles with 11 digits and land lines with area code; put ; or / between several."),
    ),
    "no_station": _rejects(
        _("Which supply station the row belongs to cannot be told."),
        _("Fill in the station, or a transformer area that is known."),
    ),
    "unknown_station": _rejects(
        _("No supply station has the code or name “%(value)s”."), _("Correct it, or import the stations first.")
    ),
    "unknown_unit": _rejects(
        _("Neither the file nor the register has a unit “%(value)s”."), _("Correct it, or add the unit to the file.")
    ),
    "unknown_area": _rejects(
        _("No transformer area has the code or name “%(value)s”."),
        _("Correct it, or import the transformer areas first."),
    ),
    "unknown_cell": _rejects(_("No cell has the code “%(value)s”."), _("Correct it, or import the cells first.")),
    "unknown_manager": _rejects(
        _("No customer manager has the code “%(value)s”."), _("Correct it, or import the managers first.")
    ),
    "unknown_word": _rejects(_("“%(value)s” is not known here."), _("Use one of: %(known)s.")),
    "circle": _rejects(_("“%(value)s” stands above itself."), _("Correct what the unit belongs to.")),
    "own_backup": _rejects(_("A manager cannot be the own backup."), _("Name somebody else, or nobody.")),
    "manager_gone": _rejects(_("Manager %(value)s has left by then."), _("Name another manager, or correct the day.")),
    "other_station": _rejects(
        _("Manager %(manager)s belongs to another supply station than cell %(cell)s."),
        _("Name a manager of the cell's station, or correct the manager's station first."),
    ),
    "bad_day": _rejects(_("“%(value)s” is not a day."), _("Write days as 2026-03-01.")),
    "reversed_days": _rejects(_("The last day lies before the first."), _("Correct one of the days.")),
    "two_owners": _rejects(
        _("From %(since)s on, row %(other)s names another manager for this cell."),
        _("Let one end before the other begins."),
    ),
    "bad_count": _rejects(_("“%(value)s” is not a whole number above 0."), _("Correct it, or leave it empty.")),
    "not_a_number": _rejects(_("“%(value)s” is not a coordinate."), _("Write degrees as a decimal number: 114.41251.")),
    "half_position": _rejects(
        _("Only one of longitude and latitude is given."), _("Fill in both, or leave both empty.")
    ),
    "zero_position": _rejects(_("The position is (0, 0)."), _("Leave both empty where the position is not known.")),
    "swapped": _rejects(
        _("Longitude and latitude seem to be swapped: %(lon)s, %(lat)s."),
        _("Put the longitude where the latitude is, and the other way round."),
    ),
    "impossible_position": _rejects(
        _("There is no such place as %(lon)s, %(lat)s."),
        _("Correct it, or choose the coordinate system that the file is in."),
    ),
    "outside_service_area": _rejects(
        _("%(lon)s, %(lat)s lies outside the service area."),
        _("Correct the position, or leave it empty; it may be in another coordinate system."),
    ),
    "no_position": _warns(
        _("%(rows)s rows have no position."),
        _("They are accepted; their cell follows from the transformer area where most of its boxes lie in one cell."),
    ),
    "shared_position": _warns(
        _("%(boxes)s boxes lie at exactly %(lon)s, %(lat)s, first in row %(first)s."),
        _("Look whether that is a village's default point instead of the boxes' own positions."),
    ),
    "wrong_crs": _warns(
        _("The file lies about %(metres)s m off the known boundaries; in %(crs)s it would fit."),
        _("Import it again with the coordinate system %(crs)s."),
    ),
    "wrong_crs_of_boxes": _warns(
        _("The boxes lie about %(metres)s m off those already stored; in %(crs)s they would fit."),
        _(
            "Look at a few of them on the map. Unless the stored ones are wrong, import the file again as %(crs)s "
            "(%(option)s)."
        ),
    ),
    "crs_of_boxes_changed": _warns(
        _("The boxes lie about %(metres)s m off those already stored; in %(crs)s they would fit."),
        _("If this mends an earlier import, all is well; else import the file again as %(crs)s (%(option)s)."),
    ),
    "swapped_layer": _warns(
        _("In the whole file, latitude stands before longitude."),
        _("Export it again with the longitude first."),
    ),
    "no_shape": _rejects(_("The row has no shape."), _("Draw it, or give it as WKT.")),
    "not_a_polygon": _rejects(_("The shape is no polygon: %(value)s."), _("Export polygons, not points or lines.")),
    "self_crossing": _rejects(
        _("The outline crosses itself near %(lon)s, %(lat)s."), _("Repair the shape in the drawing program.")
    ),
    "overlap": _rejects(
        _("The cell overlaps cell %(other)s by %(area)s m²."), _("Draw a common border for both cells.")
    ),
    "retired_cell": _rejects(
        _("The code “%(value)s” belonged to a cell that is no longer in use."), _("Choose a code that is free.")
    ),
}


def describe(code: str, details: Mapping[str, Any]) -> tuple[str, str]:
    """The message and the remedy in the reader's language."""
    known, values = CODES[code], {name: _shown(value) for name, value in details.items()}
    return str(known.message) % values, str(known.remedy) % values


CRS_NAMES = {
    "gcj02": "GCJ-02",
    "bd09": "BD-09",
    "wgs84": "WGS 84",
}


def _shown(value: Any) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(CRS_NAMES.get(value, value))


def sentence(code: str, details: Mapping[str, Any]) -> str:
    """Message and remedy as one text."""
    return gettext("%(message)s %(remedy)s", **dict(zip(("message", "remedy"), describe(code, details), strict=True)))
