"""Following long work in the browser."""

from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for

from app.core.access import Permission, allow, viewer
from app.core.database import current_session
from app.jobs import queries, service
from app.jobs.models import WAITING, Job

blueprint = Blueprint("jobs", __name__, template_folder="templates", url_prefix="/jobs")


@blueprint.app_context_processor
def _waiting() -> dict[str, Any]:
    return {"waiting_states": WAITING, "job_status": service.status, "jobs_before": _jobs_before}


def _jobs_before(job: Job) -> int:
    return queries.jobs_before(current_session(), job)


def _own(job_id: int) -> Job:
    """The job, for whoever asked for it and for nobody else."""
    return queries.own_job(current_session(), viewer().user_id, job_id)


@blueprint.get("")
@allow(Permission.SIGNED_IN)
def index() -> Any:
    """The long work that one has asked for."""
    args = request.args
    state = args.get("state", "")
    page = queries.own_jobs(current_session(), viewer().user_id, state, args.get("after"), args.get("before"))
    return render_template("jobs/index.html", page=page, state=state)


@blueprint.get("/<int:job_id>")
@allow(Permission.SIGNED_IN)
def show(job_id: int) -> Any:
    """A job with its progress bar."""
    job = _own(job_id)
    return render_template("jobs/show.html", job=job, status=service.status(job))


@blueprint.get("/<int:job_id>/progress")
@allow(Permission.SIGNED_IN)
def progress(job_id: int) -> Any:
    """The progress bar alone, for the page to replace; JSON on request. Once the work has ended the page loads anew."""
    job = _own(job_id)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(service.status(job))
    answer = make_response(render_template("jobs/_progress.html", job=job, status=service.status(job)))
    if job.state not in WAITING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/<int:job_id>/stop")
@allow(Permission.SIGNED_IN)
def stop(job_id: int) -> Any:
    """Ask the job to stop."""
    job = _own(job_id)
    service.stop(job)
    if "HX-Request" in request.headers:
        return render_template("jobs/_progress.html", job=job, status=service.status(job))
    return redirect(url_for("jobs.show", job_id=job_id))
