"""Cards for the meter boxes in the browser."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.cards import queries, service, tasks
from app.cards.layouts import DEFAULT, Printing
from app.cards.plan import REASONS, Plan
from app.cards.queries import Selection
from app.core.access import Permission, allow, scope, viewer
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.jobs.models import Job
from app.jobs.queries import latest, own_job
from app.jobs.service import status
from app.organisation.queries import stations

blueprint = Blueprint("cards", __name__, template_folder="templates", url_prefix="/cards")

AT_ONCE = 300
"""Prints of up to so many cards need no worker."""
SHOWN_ISSUES = 100


def _selection() -> Selection:
    numbers = " ".join(request.values.getlist("box")).replace(",", " ").replace("，", " ").split()
    text = request.values.get("day", "")
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise DomainError(_("%(day)s is no day. Write it as 2026-03-01."), day=text) from None
    codes = {name: request.values.get(name, "").strip() or None for name in ("manager", "station", "cell")}
    return Selection(codes["manager"], codes["station"], codes["cell"], tuple(dict.fromkeys(numbers)), day)


def _number(name: str, default: float) -> float:
    text = request.values.get(name, "").strip() or str(default)
    try:
        return float(text)
    except ValueError:
        raise DomainError(_("%(text)s is no number."), text=text) from None


def _printing() -> Printing:
    name = request.values.get("layout") or DEFAULT
    return service.printing(name, int(_number("start", 1)), _number("offset_x", 0), _number("offset_y", 0))


@blueprint.get("/")
@allow(Permission.CARDS_PRINT)
def index() -> Any:
    """Choose whose cards, see the first sheet and what is left out."""
    session, selection = current_session(), _selection()
    how = _printing()
    plan, problem = _plan(session, selection)
    return render_template(
        "cards/index.html",
        selection=selection,
        how=how,
        layouts=service.known_layouts().values(),
        managers=queries.managers(session, scope()),
        stations=stations(session, scope()),
        plan=plan,
        problem=problem,
        reasons=REASONS,
        shown=SHOWN_ISSUES,
        at_once=AT_ONCE,
        prints=latest(session, viewer().user_id, tasks.KIND, 10),
    )


def _plan(session: Session, selection: Selection) -> tuple[Plan | None, str]:
    """The cards of what was asked for, or what about it is unknown."""
    try:
        return (service.plan(session, scope(), selection) if selection else None), ""
    except NotFound as unknown:
        return None, str(unknown)


@blueprint.get("/preview.png")
@allow(Permission.CARDS_PRINT)
def preview() -> Response:
    """The first sheet as a picture."""
    return Response(service.preview(current_session(), scope(), _selection(), _printing()), mimetype="image/png")


@blueprint.get("/cards.pdf")
@allow(Permission.CARDS_PRINT)
def pdf() -> Response:
    """A small print, made at once."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "cards.pdf"
        service.print_cards(current_session(), scope(), _selection(), _printing(), out)
        made = out.read_bytes()
    return Response(
        made, mimetype="application/pdf", headers={"Content-Disposition": 'attachment; filename="cards.pdf"'}
    )


@blueprint.post("/prints")
@allow(Permission.CARDS_PRINT)
def start_print() -> Any:
    """Hand a large print to the worker."""
    session, selection = current_session(), _selection()
    queries.require_all(session, scope(), selection)
    job = tasks.enqueue(session, selection, _printing())
    return redirect(url_for("cards.show_print", job_id=job.id))


@blueprint.get("/prints/<int:job_id>")
@allow(Permission.CARDS_PRINT)
def show_print(job_id: int) -> Any:
    """How far a print is; when it is done, the file, and whether it is old."""
    session = current_session()
    job = _print(job_id)
    kept = tasks.print_file(job_id)
    return render_template(
        "cards/print.html",
        job=job,
        status=status(job),
        kept=kept.exists(),
        old=tasks.is_old(session, scope(), job),
        reasons=REASONS,
        again=tasks.selection_of(job.parameters).arguments() | {"layout": job.parameters["layout"]},
    )


@blueprint.get("/prints/<int:job_id>/cards.pdf")
@allow(Permission.CARDS_PRINT)
def kept_print(job_id: int) -> Any:
    """The finished PDF."""
    path = tasks.print_file(_print(job_id).id)
    if not path.exists():
        raise NotFound(_("This print is no longer kept. Make it again from the cards page."))
    return send_file(path, as_attachment=True, download_name=f"cards-{job_id}.pdf")


def _print(job_id: int) -> Job:
    """A print that the reader asked for, and may still ask for."""
    session = current_session()
    job = own_job(session, viewer().user_id, job_id)
    if job.kind != tasks.KIND:
        raise NotFound(_("This print is no longer kept. Make it again from the cards page."))
    queries.require_all(session, scope(), tasks.selection_of(job.parameters))
    return job
