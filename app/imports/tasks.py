"""Imports as background jobs."""

from pathlib import Path
from typing import Any

from flask import Flask

from app.core.access import Permission
from app.imports.queries import run_of_job
from app.imports.service import Options, end_run, import_file, kind_by_name
from app.imports.uploads import folder
from app.jobs.service import Work, add_handler

JOB = "import"


def run_import(work: Work) -> dict[str, Any]:
    """Import an uploaded file; the register and the history change together or not at all."""
    asked = work.parameters
    with work.database.transaction() as session:
        run = run_of_job(session, asked["run"])
        if run.path is None:  # asked for twice before the first job had begun
            return {"link": asked["link"], **(run.outcome or {})}
        path, errors = folder() / run.path, folder() / f"{Path(run.path).stem}-rejected.xlsx"
        options = Options(
            crs=run.options.get("crs"),
            columns=run.options.get("columns", {}),
            encoding=run.options.get("encoding"),
            dry_run=run.options.get("dry_run", False),
            errors=errors,
            filename=run.filename,
        )
        outcome = import_file(session, kind_by_name(run.kind), path, options, asked["actor"], work.scope, work.progress)
        rejected = {"error_file": errors.name} if outcome.rejected else {}
        end_run(session, run, outcome, dry_run=options.dry_run, **rejected)
        result = work.end(session, {"link": asked["link"], **outcome.figures()})
    if not options.dry_run:
        path.unlink(missing_ok=True)
    return result


def init_app(app: Flask) -> None:
    """Say who does imports."""
    add_handler(app, JOB, run_import, Permission.IMPORTS_RUN)
