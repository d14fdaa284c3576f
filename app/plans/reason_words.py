"""Why somebody cannot be brought within tolerance, in words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

WORDS = {
    "group_total": lazy_gettext("%(name)s: the shares of the station do not add up to its households."),
    "locked": lazy_gettext(
        "%(name)s: the locked cells alone are %(households)s households beyond the tolerance. Unlock some."
    ),
    "cell_too_large": lazy_gettext("%(name)s: cell %(cell)s alone is too large. Split it."),
    "no_cells": lazy_gettext("%(name)s: there are fewer cells that can move than managers. Split or unlock some."),
    "no_neighbours": lazy_gettext("%(name)s: the beat borders on no other of its station."),
    "neighbours_locked": lazy_gettext("%(name)s: every cell beside the beat is locked. Unlock some."),
    "enclosed": lazy_gettext(
        "%(name)s: no cell can leave without tearing the beat, or all at its border are locked. Unlock or split some."
    ),
    "coarse": lazy_gettext(
        "%(name)s: %(households)s households beyond the tolerance are less than any cell at the border that could move "
        "without harm. Split %(cell)s."
    ),
}


def reason_words(kind: str, name: str, households: int, cell: str | None) -> str:
    """One reason of `gis.rebalance`, about a manager of this name."""
    return str(WORDS[kind]) % {"name": name, "households": households, "cell": cell or _("a cell there")}
