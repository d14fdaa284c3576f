"""Sharing out cells as background work."""

from datetime import date
from typing import Any

from flask import Flask

from app.core.access import Permission
from app.grid.sharing import share_out
from app.jobs.service import Work, add_handler
from app.organisation.queries import unit_by_code

SHARE_OUT = "cells.share_out"


def init_app(app: Flask) -> None:
    """Let the worker share out cells."""
    add_handler(app, SHARE_OUT, run_share_out, Permission.GRID_EDIT)


def run_share_out(work: Work) -> dict[str, Any]:
    """Share out one station's cells."""
    asked = work.parameters
    with work.database.transaction() as session:
        station = unit_by_code(session, work.scope.whole, asked["station"])
        beats = share_out(session, station, date.fromisoformat(asked["since"]), asked["actor"])
        return work.end(session, {"managers": len(beats), "link": f"/stations/{asked['station']}"})
