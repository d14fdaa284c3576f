"""Why a customer belongs to a cell, in words."""

from typing import Any

from flask_babel import lazy_gettext

REASON_WORDS = {
    "override": lazy_gettext("set by hand"),
    "inside": lazy_gettext("inside the cell"),
    "border": lazy_gettext("on the border of several cells; the lowest code takes it"),
    "transformer_area": lazy_gettext("by its transformer area, for the meter box has no position"),
    "nearest": lazy_gettext("just outside all cells; this one is nearest"),
    "unassigned": lazy_gettext("in no cell yet"),
}
REASON_SENTENCES = {
    "override": lazy_gettext("Somebody put the metering point into this cell by hand; no assignment changes that."),
    "inside": lazy_gettext("The meter box stands inside this cell."),
    "border": lazy_gettext("The meter box stands on a border of several cells; the lowest code takes it."),
    "transformer_area": lazy_gettext(
        "The meter box has no position; most boxes of its transformer area stand in this cell."
    ),
    "nearest": lazy_gettext("The meter box stands just outside all cells; this one is nearest."),
}
REASON_NAMES = {
    "override": lazy_gettext("by hand"),
    "inside": lazy_gettext("box inside the cell"),
    "border": lazy_gettext("box on a border"),
    "transformer_area": lazy_gettext("by transformer area"),
    "nearest": lazy_gettext("nearest cell"),
    "unassigned": lazy_gettext("no cell"),
}
CAUSE_WORDS = {
    "no_position": lazy_gettext("The meter box has no position, and its transformer area tells nothing."),
    "outside": lazy_gettext("The meter box stands too far outside all cells."),
    "area_divided": lazy_gettext("The meter box has no position, and its transformer area lies in several cells."),
    "no_cells": lazy_gettext("There are no cells yet, or nothing has been assigned."),
}
REVEAL_WORDS = {
    "caller": lazy_gettext("The caller is this customer"),
    "work_order": lazy_gettext("Work order"),
    "visit": lazy_gettext("Visit on site"),
    "correction": lazy_gettext("Correcting the data"),
    "other": lazy_gettext("Another reason"),
}
CARE_WORDS = {
    "lives_alone": lazy_gettext("lives alone"),
    "life_support": lazy_gettext("on life support at home"),
    "important": lazy_gettext("important customer"),
}


def reason_words(reason: str) -> Any:
    """The reason of an assignment as a phrase."""
    return REASON_WORDS.get(reason, reason)


def reason_sentence(reason: str) -> Any:
    """Why a metering point belongs to its cell, as a sentence."""
    return REASON_SENTENCES.get(reason, "")


def reason_name(reason: str) -> Any:
    """The reason of an assignment as it stands in charts and filters."""
    return REASON_NAMES.get(reason, reason)


def cause_words(cause: str | None) -> Any:
    """Why nothing could be assigned, as a sentence; empty where something was."""
    return CAUSE_WORDS.get(cause or "", "")


def care_words(kind: str) -> Any:
    """A special-care mark as a phrase."""
    return CARE_WORDS.get(kind, kind)


def reveal_words(reason: str) -> Any:
    """Why somebody wants to see a customer in full, as on a button."""
    return REVEAL_WORDS.get(reason, reason)
