"""Making cells as background work."""

from typing import Any

from flask import Flask

from app.assignment.cells import make_cells
from app.core.access import Permission
from app.jobs.service import Work, add_handler
from app.organisation.queries import stations, unit_by_code

MAKE = "cells.make"


def init_app(app: Flask) -> None:
    """Let the worker make cells."""
    add_handler(app, MAKE, run_make, Permission.GRID_EDIT)


def run_make(work: Work) -> dict[str, Any]:
    """Make the cells of one or all stations."""
    asked, code = work.parameters, work.parameters["station"]
    with work.database.transaction() as session:
        inside = work.scope.whole
        chosen = [unit_by_code(session, inside, code)] if code else list(stations(session, inside))
        replace = asked["replace"]
        made = make_cells(session, asked["method"], asked["target"], chosen, asked["actor"], replace, work.progress)
        link = f"/stations/{code}" if code else "/layer"
        result = {"cells": made.cells, "retired": made.retired, "left_out": made.left_out, "link": link}
        return work.end(session, result)
