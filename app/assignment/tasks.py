"""Making and proving cells as background work."""

from typing import Any

from flask import Flask

from app.assignment.cells import make_cells
from app.assignment.proofs import prove
from app.core.access import Permission
from app.jobs.service import Work, add_handler
from app.organisation.queries import stations, unit_by_code

MAKE = "cells.make"
PROVE = "layer.prove"


def init_app(app: Flask) -> None:
    """Let the worker make cells, and prove the layer."""
    add_handler(app, MAKE, run_make, Permission.GRID_EDIT)
    add_handler(app, PROVE, run_prove, Permission.GRID_EDIT)


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


def run_prove(work: Work) -> dict[str, Any]:
    """Prove all cells that whoever asked for it may change."""
    work.progress(0, 1)
    with work.database.transaction() as session:
        proof = prove(session, work.scope.whole)
        work.progress(1, 1)
        return work.end(session, {**proof.figures, "link": "/layer"})
