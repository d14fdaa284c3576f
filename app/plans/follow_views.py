"""Large files of what follows from a plan: asked for on its page, fetched when they are made."""

from typing import Any

from flask import Blueprint, redirect, request, send_file, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core.access import Permission, allow, viewer
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.customers.service import count_reveal
from app.jobs.queries import own_job
from app.plans import follow_tasks
from app.plans.map_views import asked_plan

blueprint = Blueprint("plan_follow_files", __name__, url_prefix="/plans/<int:plan_id>/files")


@blueprint.post("")
@allow(Permission.PLANS_EDIT)
def start(plan_id: int) -> Any:
    """Let the worker make a file of what follows."""
    plan, file = asked_plan(plan_id), request.form.get("file", "")
    if file not in follow_tasks.FILES:
        raise DomainError(_("There is no such file of what follows from a plan."))
    full = "full" in request.form or file == follow_tasks.SHEETS
    if full:
        count_reveal(viewer())
    job = follow_tasks.start(current_session(), plan, file, full, page_actor())
    return redirect(url_for("jobs.show", job_id=job.id))


@blueprint.get("/<int:job_id>")
@allow(Permission.PLANS_READ)
def fetch(plan_id: int, job_id: int) -> Any:
    """The file that one has asked for, when it is made."""
    asked_plan(plan_id)
    job = own_job(current_session(), viewer().user_id, job_id)
    path = follow_tasks.kept_file(job.id, job.parameters.get("file", ""))
    if job.kind != follow_tasks.KIND or job.parameters["plan"] != plan_id or not path.is_file():
        raise NotFound(_("This file is no longer kept. Make it again from the plan’s page."))
    return send_file(path, as_attachment=True, download_name=job.title)
