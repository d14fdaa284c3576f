"""The rows of an import: the rejected ones, mended and brought again, and those behind its figures."""

import secrets
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope, viewer
from app.core.clock import today
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.core.row_ids import row_id
from app.core.upsert import CREATED, UPDATED
from app.imports import mending, queries, service, uploads
from app.imports.changes import MOST_CHANGED
from app.imports.models import ImportRun

blueprint = Blueprint("import_rows", __name__, template_folder="templates", url_prefix="/imports/<int:run_id>")


def _rejected_file(run: ImportRun) -> Path:
    path = uploads.rejected_file(run.outcome)
    if path is None:
        raise NotFound(_("There is no file of rejected rows for this import."))
    return path


@blueprint.get("/rejected")
@allow(Permission.IMPORTS_RUN)
def rejected(run_id: int) -> Any:
    """The rejected rows as a file that can be mended and imported: a spreadsheet, or text in either encoding."""
    run = queries.own_run(current_session(), viewer(), run_id)
    path, kind = _rejected_file(run), request.args.get("format", "xlsx")
    service.record_rejected(current_session(), run, page_actor())
    if kind not in mending.FORMATS or kind == "xlsx":
        called = _("%(filename)s rejected.xlsx", filename=Path(run.filename).stem)
        return send_file(path, as_attachment=True, download_name=called)
    called = _("%(filename)s rejected.csv", filename=Path(run.filename).stem)
    with tempfile.TemporaryDirectory(dir=uploads.folder()) as scratch:
        text = Path(scratch) / "rejected.csv"
        mending.as_csv(path, kind, text)
        opened = text.open("rb")  # what is open stays readable when its name has gone
    return send_file(opened, mimetype="text/csv", as_attachment=True, download_name=called)


@blueprint.post("/mend")
@allow(Permission.IMPORTS_RUN)
def mend(run_id: int) -> Any:
    """Bring the rejected rows again, as they were mended on the page."""
    session = current_session()
    run = queries.own_run(session, viewer(), run_id)
    here = url_for("imports.show", run_id=run.id)
    target = uploads.folder() / f"{secrets.token_hex(16)}.xlsx"
    try:
        count = mending.write_mended(_rejected_file(run), _changes(), target, "everywhere" in request.form)
    except DomainError as error:
        flash(str(error), "warning")
        return redirect(here)
    name = _("%(filename)s mended.xlsx", filename=mending.source_name(run))
    again = service.begin_run(session, service.kind_by_name(run.kind), name, target, viewer().user_id)
    link, title = url_for("imports.show", run_id=again.id), _("Import of %(filename)s", filename=name)
    service.start_run(session, again, mending.options_again(run), title, page_actor(), link)
    service.note_mended(session, run, again)
    flash(ngettext("%(num)d row mended and brought again.", "%(num)d rows mended and brought again.", count), "success")
    return redirect(link)


def _changes() -> mending.Changes:
    """What was typed on the page, in fields named cell-ROW-PLACE."""
    changes: dict[int, dict[int, str]] = defaultdict(dict)
    for name, text in request.form.items():
        mark, _dash, place = name.partition("-")
        row, _dash, column = place.partition("-")
        if mark == "cell" and row.isdecimal() and column.isdecimal():
            changes[row_id(row)][int(column)] = text
    return changes


def _address_of(kind: str, code: str) -> str:
    """Where a thing of a kind of file is shown."""
    pages = {"managers": "beats.manager", "stations": "beats.station", "cells": "grid.cell", "ownership": "grid.cell"}
    return url_for(pages[kind], code=code) if kind in pages else url_for("customers.index", area=code)


@blueprint.get("/rows/<any(created, updated):state>")
@allow(Permission.IMPORTS_RUN)
def behind(run_id: int, state: str) -> Any:
    """What the import has made, or changed."""
    session, after = current_session(), request.args.get("after", 0, type=row_id)
    run = queries.run_by_id(session, viewer(), scope(), run_id)
    found = queries.rows_behind(session, scope(), run, state, after, today())
    words = {CREATED: _("New"), UPDATED: _("Changed")}
    return render_template(
        "imports/behind.html", run=run, found=found, state=state, words=words, most=MOST_CHANGED, address_of=_address_of
    )
