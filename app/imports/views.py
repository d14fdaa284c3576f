"""Bringing files in by the browser: upload, columns, progress, result."""

from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope, viewer
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.core.row_ids import row_id
from app.core.security import takes_files
from app.imports import queries, service, uploads
from app.imports.fields import KINDS
from app.imports.issues import describe, sentence
from app.imports.models import ImportRun
from app.imports.readers.encoding import ENCODINGS
from app.imports.readers.open import SUFFIXES
from app.jobs.service import status

blueprint = Blueprint("imports", __name__, template_folder="templates", url_prefix="/imports")

SYSTEMS = ("wgs84", "gcj02", "bd09")


@blueprint.app_context_processor
def _kinds() -> dict[str, Any]:
    return {"import_kinds": KINDS, "describe_issue": describe, "say_issue": sentence}


@blueprint.get("")
@allow(Permission.IMPORTS_RUN)
def index() -> Any:
    """The history of imports."""
    runs = queries.latest_runs(current_session(), viewer(), scope(), request.args.get("before", type=row_id))
    older = runs[queries.PAGE - 1].id if len(runs) > queries.PAGE else None
    return render_template("imports/index.html", runs=runs[: queries.PAGE], older=older)


@blueprint.get("/new")
@allow(Permission.IMPORTS_RUN)
def new() -> Any:
    """Choose what kind of file it is, and the file."""
    chosen = request.args.get("kind", "customers")
    return render_template("imports/new.html", chosen=chosen, suffixes=SUFFIXES)


@blueprint.post("/new")
@allow(Permission.IMPORTS_RUN)
@takes_files
def upload() -> Any:
    """Take the file."""
    kind = service.kind_by_name(request.form.get("kind", ""))
    try:
        path, name = uploads.keep(request.files.get("file"))
    except DomainError as error:
        flash(str(error), "danger")
        return render_template("imports/new.html", chosen=kind.name, suffixes=SUFFIXES), error.status
    run = service.begin_run(current_session(), kind, name, path, viewer().user_id)
    return redirect(url_for("imports.columns", run_id=run.id))


def _upload_of(run: ImportRun) -> Path:
    if run.path is None:
        raise NotFound(_("This file has been imported and is no longer kept. Upload it again."))
    return uploads.folder() / run.path


@blueprint.get("/<int:run_id>/columns")
@allow(Permission.IMPORTS_RUN)
def columns(run_id: int) -> Any:
    """Which column holds what, on the file's first rows."""
    session = current_session()
    run = queries.own_run(session, viewer(), run_id)
    kind = service.kind_by_name(run.kind)
    encoding = request.args.get("encoding") or run.options.get("encoding")
    crs = request.args.get("crs") or run.options.get("crs")
    options = service.Options(encoding=encoding if encoding in ENCODINGS else None, filename=run.filename)
    path = _upload_of(run)
    try:
        seen = service.preview(session, kind, path, options)
    except DomainError as error:
        flash(str(error), "danger")
        return render_template("imports/new.html", chosen=kind.name, suffixes=SUFFIXES), error.status
    return render_template(
        "imports/columns.html", run=run, kind=kind, seen=seen, crs=crs, encodings=ENCODINGS, systems=SYSTEMS
    )


@blueprint.post("/<int:run_id>/start")
@allow(Permission.IMPORTS_RUN)
def start(run_id: int) -> Any:
    """Hand the file over to the worker."""
    session, form = current_session(), request.form
    run = queries.own_run(session, viewer(), run_id)
    kind = service.kind_by_name(run.kind)
    if "again" in form:
        options = {**run.options, "dry_run": False}
    else:
        chosen = dict(zip(form.getlist("field"), form.getlist("heading"), strict=False))
        options = {
            "columns": {field: chosen.get(field, "") for field in kind.names},
            "crs": form.get("epsg", "").strip() or form.get("crs") or None,
            "encoding": form.get("encoding") if form.get("encoding") in ENCODINGS else None,
            "dry_run": "dry_run" in form,
        }
    title = _("Import of %(filename)s", filename=run.filename)
    link = url_for("imports.show", run_id=run.id)
    job = service.start_run(session, run, options, title, page_actor(), link)
    return redirect(url_for("jobs.show", job_id=job.id))


@blueprint.get("/<int:run_id>")
@allow(Permission.IMPORTS_RUN)
def show(run_id: int) -> Any:
    """What became of a file, or how far it is; its rejected rows are shown to whoever brought it."""
    person = viewer()
    run = queries.run_by_id(current_session(), person, scope(), run_id)
    job = queries.job_of(current_session(), run)
    page = max(request.args.get("page", 1, type=int), 1)
    issues = run.issues[(page - 1) * queries.PAGE : page * queries.PAGE]
    more = len(run.issues) > page * queries.PAGE
    return render_template(
        "imports/show.html",
        run=run,
        job=job,
        status=status(job) if job else None,
        issues=issues,
        page=page,
        more=more,
        is_own=run.user_id == person.user_id,
    )


@blueprint.get("/<int:run_id>/rejected")
@allow(Permission.IMPORTS_RUN)
def rejected(run_id: int) -> Any:
    """The rejected rows as a spreadsheet that can be mended and imported."""
    run = queries.own_run(current_session(), viewer(), run_id)
    name = (run.outcome or {}).get("error_file")
    path = uploads.folder() / name if name else None
    if path is None or not path.is_file():
        raise NotFound(_("There is no file of rejected rows for this import."))
    service.record_rejected(current_session(), run, page_actor())
    called = _("%(filename)s rejected.xlsx", filename=Path(run.filename).stem)
    return send_file(path, as_attachment=True, download_name=called)
