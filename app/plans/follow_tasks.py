"""Large files of what follows from a plan, made in the background and kept for whoever asked for them."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE, Permission, Scope
from app.core.settings import settings
from app.jobs.models import Job
from app.jobs.service import Work, add_handler, enqueue
from app.plans import follow_files
from app.plans.follows import moves_of
from app.plans.models import Plan
from app.plans.queries import plan_by_id

KIND = "plan.follows"
SHEETS, BEATS = "hand-over.zip", "beats.gpkg"
FILES = ("households.csv", "households.xlsx", SHEETS, BEATS)
KEPT = 20
"""Files; they hold what is known of customers, and the older ones go."""


def init_app(app: Flask) -> None:
    """Let the worker make them."""
    add_handler(app, KIND, run, Permission.PLANS_EDIT)


def start(session: Session, plan: Plan, file: str, full: bool, actor: str) -> Job:
    """Hand the making of one of FILES to the worker; households `full` or masked, sheets always in full."""
    title = _("%(plan)s – %(file)s", plan=plan.name, file=file)
    back = f"/plans/{plan.id}/follows"
    return enqueue(session, KIND, title, plan=plan.id, file=file, full=full, actor=actor, link=back)


def kept_file(job_id: int, file: str) -> Path:
    """Where the file of a job is kept."""
    return settings().instance / "plans" / f"{job_id}-{file}"


def run(work: Work) -> dict[str, Any]:
    """Make the file; it is kept whole or not at all, and noted in the trail where it tells of customers."""
    asked = work.parameters
    path = kept_file(work.job_id, asked["file"])
    path.parent.mkdir(parents=True, exist_ok=True)
    began = path.with_name(f"began-{path.name}")
    try:
        with work.database.reading() as session:
            rows = _write(session, work, began)
        began.replace(path)
    finally:
        began.unlink(missing_ok=True)
    with work.database.transaction() as session:
        plan = plan_by_id(session, work.scope, asked["plan"])
        if asked["file"] == SHEETS:
            follow_files.note_sheets(session, plan, asked["actor"], rows, {})
        elif asked["file"] != BEATS:
            follow_files.note_households(session, plan, asked["actor"], rows, asked["full"])
        link = f"/plans/{plan.id}/files/{work.job_id}"
        result = work.end(session, {"rows": rows, "link": link})
    kept = [each for each in path.parent.iterdir() if each.name.partition("-")[0].isdecimal()]
    for old in sorted(kept, key=lambda each: int(each.name.partition("-")[0]))[:-KEPT]:
        old.unlink(missing_ok=True)
    return result


def _write(session: Session, work: Work, path: Path) -> int:
    """Write what was asked for; returns how many households it names."""
    file, full = work.parameters["file"], work.parameters["full"]
    plan = plan_by_id(session, work.scope, work.parameters["plan"])
    if file == BEATS:
        follow_files.write_beats(session, plan, path)
        return 0
    moves = moves_of(session, plan)
    if file == SHEETS:
        revealed, cares = _reach(work, Permission.CUSTOMERS_REVEAL), _reach(work, Permission.CARE_SHOW)
        return follow_files.write_sheets(session, plan, moves, path, revealed, cares, work.progress)
    reach = _reach(work, Permission.CUSTOMERS_REVEAL if full else Permission.CUSTOMERS_LIST)
    return follow_files.write_households(session, reach, moves, path, full, work.progress)


def _reach(work: Work, permission: Permission) -> Scope:
    return work.viewer.scope(permission) if work.viewer else EVERYWHERE
