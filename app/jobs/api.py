"""Long work in the API: how far it is, how it ended, and stopping it."""

from typing import Any

from app.core.access import Permission, allow, viewer
from app.core.api.blueprint import Blueprint, linked, tagged
from app.core.api.cursors import PageArgs, after, as_page, listed
from app.core.api.idempotency import once
from app.core.database import current_session
from app.jobs import queries, service
from app.jobs.models import Job
from app.jobs.schemas import JobSchema

blueprint = Blueprint("jobs_api", "Jobs", "Long work that the token's owner asked for: imports and prints.")

JOB = "/jobs/<int:job_id>"


def as_json(job: Job) -> dict[str, Any]:
    """The job as its schema wants it."""
    note = service.status(job)
    progress = {name: note.get(name, "" if name == "message" else 0) for name in ("done", "total", "message")}
    columns = ("id", "kind", "title", "state", "result", "error", "created_at", "started_at", "finished_at")
    return {name: getattr(job, name) for name in columns} | {"progress": progress if "done" in note else None}


@blueprint.get("/jobs")
@allow(Permission.SIGNED_IN)
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, listed(JobSchema))
def list_jobs(args: dict[str, Any]) -> dict[str, Any]:
    """List your jobs, the newest first."""
    page = queries.job_page(current_session(), viewer().user_id, after(args), args["limit"])
    return as_page(page) | {"items": [as_json(job) for job in page.rows]}


@blueprint.get(JOB)
@allow(Permission.SIGNED_IN)
@tagged
@blueprint.response(200, JobSchema)
def get_job(job_id: int) -> dict[str, Any]:
    """Follow a job."""
    return as_json(queries.own_job(current_session(), viewer().user_id, job_id))


@blueprint.post(f"{JOB}/stop")
@allow(Permission.SIGNED_IN)
@once
@linked(job={"operationId": "get_job", "parameters": {"job_id": "$response.body#/id"}})
@blueprint.response(202, JobSchema)
def stop_job(job_id: int) -> dict[str, Any]:
    """Ask a job to stop.

    It does so at its next step and leaves nothing half-done; one that has ended stays as it is.
    """
    job = queries.own_job(current_session(), viewer().user_id, job_id)
    service.stop(job)
    return as_json(job)
