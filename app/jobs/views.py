"""Following a job in the browser."""

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from app.core.access import Permission, allow, viewer
from app.core.database import current_session
from app.jobs import queries, service
from app.jobs.models import Job

blueprint = Blueprint("jobs", __name__, template_folder="templates", url_prefix="/jobs")


def _own(job_id: int) -> Job:
    """The job, for whoever asked for it and for nobody else."""
    return queries.own_job(current_session(), viewer().user_id, job_id)


@blueprint.get("/<int:job_id>")
@allow(Permission.SIGNED_IN)
def show(job_id: int) -> Any:
    """A job with its progress bar."""
    job = _own(job_id)
    return render_template("jobs/show.html", job=job, status=service.status(job))


@blueprint.get("/<int:job_id>/progress")
@allow(Permission.SIGNED_IN)
def progress(job_id: int) -> Any:
    """The progress bar alone, for the page to replace; JSON on request."""
    job = _own(job_id)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(service.status(job))
    return render_template("jobs/_progress.html", job=job, status=service.status(job))


@blueprint.post("/<int:job_id>/stop")
@allow(Permission.SIGNED_IN)
def stop(job_id: int) -> Any:
    """Ask the job to stop."""
    service.stop(_own(job_id))
    return redirect(url_for("jobs.show", job_id=job_id))
