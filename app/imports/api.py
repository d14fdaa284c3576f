"""Imports in the API: a file goes in, a job does it, the rejected rows come back."""

from typing import Any

from flask import Response, send_file, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope, viewer
from app.core.api.blueprint import Blueprint, linked, tagged
from app.core.api.cursors import PageArgs, after, as_page, listed
from app.core.api.idempotency import once
from app.core.database import current_session
from app.core.errors import NotFound
from app.core.security import takes_files
from app.imports import queries, service, uploads
from app.imports.models import ImportRun
from app.imports.schemas import ImportSchema, NewImportSchema

blueprint = Blueprint("imports_api", "Imports", "Files into the register, as background jobs.")

IMPORT = "/imports/<int:import_id>"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ONWARDS = {
    "job": {"operationId": "get_job", "parameters": {"job_id": "$response.body#/job_id"}},
    "import": {"operationId": "get_import", "parameters": {"import_id": "$response.body#/id"}},
}


@blueprint.post("/imports")
@allow(Permission.IMPORTS_RUN)
@takes_files
@once
@linked(**ONWARDS)
@blueprint.arguments(NewImportSchema, location="multipart")
@blueprint.response(202, ImportSchema)
def post_import(sent: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Import a file.

    The answer comes at once; `job_id` names the job that does the work, and Location says where to follow it.
    """
    session, kind = current_session(), service.kind_by_name(sent["kind"])
    path, name = uploads.keep(sent["file"])
    run = service.begin_run(session, kind, name, path, viewer().user_id)
    options = {name: sent.get(name) for name in ("crs", "encoding", "dry_run")}
    title, link = _("Import of %(filename)s", filename=name), url_for("imports.show", run_id=run.id)
    job = service.start_run(session, run, options, title, page_actor(), link)
    return _as_json(run), {"Location": url_for("jobs_api.get_job", job_id=job.id)}


@blueprint.get("/imports")
@allow(Permission.IMPORTS_RUN)
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, listed(ImportSchema))
def list_imports(args: dict[str, Any]) -> dict[str, Any]:
    """List your imports, the newest first; whoever imports everywhere sees those of all."""
    page = queries.run_page(current_session(), viewer(), scope(), after(args), args["limit"])
    return as_page(page) | {"items": [_as_json(run) for run in page.rows]}


@blueprint.get(IMPORT)
@allow(Permission.IMPORTS_RUN)
@tagged
@blueprint.response(200, ImportSchema)
def get_import(import_id: int) -> dict[str, Any]:
    """Get an import with its figures."""
    return _as_json(queries.run_by_id(current_session(), viewer(), scope(), import_id))


@blueprint.get(f"{IMPORT}/rejected.xlsx")
@allow(Permission.IMPORTS_RUN)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
def get_rejected_rows(import_id: int) -> Response:
    """Get the rejected rows of a file that you brought, with the reasons, to be mended and imported again.

    They are personal data: taking them goes on record.
    """
    run = queries.own_run(current_session(), viewer(), import_id)
    path = uploads.rejected_file(run.outcome)
    if path is None:
        raise NotFound(_("There is no file of rejected rows for this import."))
    service.record_rejected(current_session(), run, page_actor())
    return send_file(path, mimetype=XLSX, as_attachment=True, download_name=f"rejected-{import_id}.xlsx")


def _as_json(run: ImportRun) -> dict[str, Any]:
    columns = ("id", "kind", "filename", "job_id", "created_at", "finished_at")
    return {name: getattr(run, name) for name in columns} | {
        "crs": run.options.get("crs"),
        "dry_run": bool(run.options.get("dry_run")),
        "figures": run.outcome,
        "reasons": run.outcome["codes"] if run.outcome else None,
        "has_rejected_file": uploads.rejected_file(run.outcome) is not None,
    }
