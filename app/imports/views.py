"""Bringing files in by the browser: upload, columns, progress, result."""

from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope, viewer
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.core.security import takes_files
from app.core.settings import settings
from app.imports import queries, service, uploads
from app.imports.fields import KINDS, Kind
from app.imports.issue_names import name_of
from app.imports.issues import CRS_NAMES, describe, sentence
from app.imports.mending import FORMATS, MOST_ROWS, rejected_rows
from app.imports.models import ImportRun
from app.imports.readers.encoding import ENCODINGS
from app.imports.readers.open import SUFFIXES
from app.jobs.service import status

blueprint = Blueprint("imports", __name__, template_folder="templates", url_prefix="/imports")

SYSTEMS = ("wgs84", "gcj02", "bd09")
PLACED = {"lon", "geometry"}
ROWS = 25
"""Rejected rows on a page."""


@blueprint.app_context_processor
def _kinds() -> dict[str, Any]:
    issues = {"describe_issue": describe, "name_issue": name_of, "say_issue": sentence}
    return {"import_kinds": KINDS, "state_words": _state_words, **issues}


def _state_words(run: ImportRun) -> str:
    """What to say of an import in a list."""
    if run.outcome is None:
        return _("Not finished")
    if run.outcome.get("dry_run"):
        return _("Trial run")
    return _("Mended") if run.outcome.get("mended_in") else _("Done")


def _needs(kind: Kind) -> str:
    """What a kind of file must have, and what it may have besides."""
    words = _("; ")
    must = words.join(str(field.label) for field in kind.fields if field.required)
    further = words.join(str(field.label) for field in kind.fields if not field.required)
    return _("Must have: %(must)s. Further: %(further)s.", must=must, further=further)


def _said(kind: Kind, issue: dict[str, Any]) -> dict[str, Any]:
    """The issue, naming its field in the reader's language: the job may have been asked for in another."""
    if not issue["field"]:
        return issue
    return {**issue, "details": {**issue["details"], "label": kind.field(issue["field"]).label}}


@blueprint.get("")
@allow(Permission.IMPORTS_RUN)
def index() -> Any:
    """The history of imports."""
    args = request.args
    wanted = queries.RunFilter(*(args.get(name, "").strip() for name in ("kind", "file", "person", "state")))
    page = queries.history(current_session(), viewer(), scope(), wanted, args.get("after"), args.get("before"))
    everybody = scope().everywhere
    kinds = [(kind.name, kind.label) for kind in KINDS.values()]
    figures = ((_("Rows"), "rows"), (_("New"), "created"), (_("Changed"), "updated"), (_("As before"), "unchanged"))
    return render_template(
        "imports/index.html",
        page=page,
        wanted=wanted,
        everybody=everybody,
        kinds=kinds,
        figures=figures,
        narrowed=any(args.values()),
    )


@blueprint.get("/new")
@allow(Permission.IMPORTS_RUN)
def new() -> Any:
    """Choose what kind of file it is, and the file."""
    return _form(request.args.get("kind", "customers"))


@blueprint.post("/new")
@allow(Permission.IMPORTS_RUN)
@takes_files
def upload() -> Any:
    """Take the file."""
    kind = service.kind_by_name(request.form.get("kind", ""))
    try:
        path, name = uploads.keep(request.files.get("file"))
    except DomainError as error:
        return _form(kind.name, str(error)), error.status
    run = service.begin_run(current_session(), kind, name, path, viewer().user_id)
    return redirect(url_for("imports.columns", run_id=run.id))


def _form(chosen: str, problem: str | None = None) -> str:
    return render_template(
        "imports/new.html",
        chosen=chosen,
        suffixes=SUFFIXES,
        problem=problem,
        needs=_needs,
        most_megabytes=settings().upload_megabytes,
    )


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
    kind = service.kind_by_name(request.args.get("kind") or run.kind)
    encoding = request.args.get("encoding") or run.options.get("encoding")
    crs = request.args.get("crs") or run.options.get("crs")
    options = service.Options(
        crs=crs if crs in SYSTEMS else None,
        encoding=encoding if encoding in ENCODINGS else None,
        filename=run.filename,
        columns=run.options.get("columns", {}) if kind.name == run.kind else {},
    )
    try:
        seen = service.preview(session, kind, _upload_of(run), options)
    except NotFound:
        raise
    except DomainError as error:
        return _form(kind.name, str(error)), error.status
    shown = crs or (seen.hint.best if seen.hint and seen.hint.best in SYSTEMS else None)
    return render_template(
        "imports/columns.html",
        run=run,
        kind=kind,
        seen=seen,
        crs=shown or ("" if seen.crs else SYSTEMS[0]),
        encoding_options=[(name, name.upper()) for name in ENCODINGS],
        has_places=seen.has_geometry or PLACED & set(kind.names),
        system_names=CRS_NAMES,
        systems=SYSTEMS,
        rather=None if not seen.missing(kind) else service.fitting_kind(seen.headings),
    )


@blueprint.post("/<int:run_id>/start")
@allow(Permission.IMPORTS_RUN)
def start(run_id: int) -> Any:
    """Hand the file over to the worker."""
    session, form = current_session(), request.form
    run = queries.own_run(session, viewer(), run_id)
    kind = service.kind_by_name(form.get("kind") or run.kind)
    if "again" in form:
        options = {**run.options, "dry_run": False}
    else:
        chosen = dict(zip(form.getlist("field"), form.getlist("heading"), strict=False))
        options = {name: run.options[name] for name in ("source", "mends") if name in run.options} | {
            "columns": {field: chosen.get(field, "") for field in kind.names},
            "crs": form.get("epsg", "").strip() or form.get("crs") or None,
            "encoding": form.get("encoding") if form.get("encoding") in ENCODINGS else None,
            "dry_run": "dry_run" in form,
        }
    run.kind = kind.name
    link = url_for("imports.show", run_id=run.id)
    title = _("Import of %(filename)s", filename=run.filename)
    service.start_run(session, run, options, title, page_actor(), link)
    return redirect(link)


@blueprint.get("/<int:run_id>")
@allow(Permission.IMPORTS_RUN)
def show(run_id: int) -> Any:
    """What became of a file, or how far it is; its rejected rows are shown to whoever brought it."""
    session, person = current_session(), viewer()
    run = queries.run_by_id(session, person, scope(), run_id)
    job = queries.job_of(session, run)
    is_own = run.user_id == person.user_id
    code = request.args.get("code", "")
    issues = [issue for issue in run.issues if not code or issue["code"] == code] if is_own else []
    page = max(request.args.get("page", 1, type=int), 1)
    numbers = list(dict.fromkeys(issue["row"] for issue in issues))
    shown = set(numbers[(page - 1) * ROWS : page * ROWS])
    path = uploads.rejected_file(run.outcome)
    few = (run.outcome or {}).get("rejected", 0) <= MOST_ROWS
    rejected = rejected_rows(path, shown) if is_own and path is not None and few else None
    return render_template(
        "imports/show.html",
        run=run,
        job=job,
        status=status(job) if job else None,
        issues=[_said(service.kind_by_name(run.kind), issue) for issue in issues if issue["row"] in shown],
        rejected=rejected,
        page=page,
        pages=-(-len(numbers) // ROWS),
        code=code,
        is_own=is_own,
        person=queries.person_of(session, run),
        formats=FORMATS if path is not None else (),
    )
