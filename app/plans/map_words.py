"""What the map of a plan needs to be told by its page: addresses, and words in the reader's language."""

from flask import url_for
from flask_babel import gettext as _

from app.plans.models import Plan

ADDRESSES = {
    "map": "plan_map.whole",
    "shapes": "plan_map.layer",
    "changes": "plan_map.changes",
    "move": "plan_map.take",
    "lock": "plan_map.take",
    "unlock": "plan_map.take",
    "undo": "plan_map.undo",
    "redo": "plan_map.redo",
    "split": "plan_edits.split",
    "merge": "plan_edits.merge",
    "reshape": "plan_edits.reshape",
    "propose": "plan_engine.start_proposal",
    "proposal": "plan_engine.proposal",
    "accept": "plan_engine.take_over",
    "suggestions": "plan_engine.best_single_moves",
}
"""Kinds of steps, and what else is asked for, by the endpoints that answer."""
A_CELL = "CELL"
"""Stands for a cell's code in an address."""


def plan_addresses(plan: Plan) -> dict[str, str]:
    """Where the map of a plan asks and tells."""
    own = {name: url_for(endpoint, plan_id=plan.id) for name, endpoint in ADDRESSES.items()}
    return {**own, "homes": url_for("assignment.boxes", code=A_CELL)}


def map_words() -> dict[str, str]:
    """What the scripts of the map say; `{braces}` are filled by them."""
    return {
        "accept": _("Accept"),
        "acceptAll": _("Accept all"),
        "alone": _("{count} households of nobody"),
        "apart": _("The beat of {name} falls into {pieces} parts."),
        "apartMore": _("… and {count} more beats that fall apart."),
        "away": _("not at work"),
        "cells": _("{count} cells"),
        "chooseFirst": _("Choose cells on the map to give them to somebody else."),
        "closed": _("{count} not saved: you are signed out, or the page is too old. They are kept on this device."),
        "closedHere": _(
            "{count} not saved: you are signed out, or the page is too old. This device cannot keep them: sign in "
            "in another window, then try again here."
        ),
        "foreign": _("A cell never leaves its station: {name} belongs to another one."),
        "give": _("Give"),
        "giveTo": _("Give the chosen cells to {name} ({code})"),
        "hint-border": _("Drag the border between two beats. Esc takes it back."),
        "hint-box": _("Draw a box around cells."),
        "hint-brush": _("Pass over cells; with Ctrl they are taken away."),
        "hint-choose": "",
        "hint-lasso": _("Draw around cells."),
        "hint-shape": "",
        "hint-line": _("Click the corners of the line across the cell; a double click or Enter ends it."),
        "households": _("{count} households"),
        "isLocked": _("{cells}: locked. Unlock first what is to move."),
        "lock": _("Lock"),
        "lockBeat": _("Lock all cells of {name}"),
        "lockToggle": _("Lock or unlock"),
        "locked": _("{count} locked"),
        "lookOnly": _("Choose cells on the map to see whose they are."),
        "moved": _("{count} households change manager"),
        "noLine": _("A line has two ends at least. Click where it begins and where it ends."),
        "nobody": _("nobody"),
        "nothingBetter": _("There is nothing better within the tolerance and the locks."),
        "offer": _("{from} → {to}, {count} households"),
        "offersFailed": _("The program could not answer"),
        "ofMany": _("{first} and {count} more"),
        "oneCell": _("Choose the one cell that is to be changed."),
        "otherManager": _("Another manager …"),
        "overtaken": _("Somebody else has changed {cells} meanwhile, so your change was not made. See it now."),
        "proposal": _("{cells} moves, {count} households change manager, worst deviation {worst}"),
        "propose": _("Propose"),
        "refused": _("The server refused the step."),
        "right": _("{right} of {all} within 5 %"),
        "saved": _("All saved"),
        "saving": _("Saving {count} …"),
        "suggest": _("Suggest the next move"),
        "unlock": _("Unlock"),
        "unlockBeat": _("Unlock all cells of {name}"),
        "unsaved": _("{count} not saved: the server does not answer. They are kept on this device and sent again."),
        "unsavedHere": _(
            "{count} not saved: the server does not answer. This device cannot keep them: leave this page open until "
            "they are sent."
        ),
        "working": _("The program is working it out …"),
        "worst": _("worst {worst}"),
        "zoomTo": _("Show"),
    }
