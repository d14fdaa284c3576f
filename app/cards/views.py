"""Cards for the meter boxes in the browser."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from app.cards import asked, queries, service, tasks
from app.cards.plan import REASONS
from app.core.access import Permission, allow, scope, viewer
from app.core.database import current_session
from app.core.errors import NotFound
from app.grid.listing import managers_to_choose
from app.jobs.models import Job
from app.jobs.queries import latest, own_job
from app.jobs.service import status
from app.organisation.queries import stations

blueprint = Blueprint("cards", __name__, template_folder="templates", url_prefix="/cards")

SHOWN_ISSUES = 100
SHOWN_PRINTS = 10


@blueprint.get("/")
@allow(Permission.CARDS_PRINT)
def index() -> Any:
    """Choose whose cards and on what sheet; see the first sheet, what is left out, and what was printed."""
    session, seen = current_session(), scope()
    wanted = asked.read(session, seen, request.args)
    plan = service.plan(session, seen, wanted.selection) if wanted.selection and not wanted.problems else None
    return render_template(
        "cards/index.html",
        asked=wanted,
        selection=wanted.selection,
        how=wanted.how,
        layouts=service.known_layouts().values(),
        managers=managers_to_choose(session, seen),
        stations=[(each.code, each.name) for each in stations(session, seen)],
        plan=plan,
        reasons=REASONS,
        shown=SHOWN_ISSUES,
        prints=latest(session, viewer().user_id, tasks.KIND, SHOWN_PRINTS),
    )


@blueprint.get("/preview.svg")
@allow(Permission.CARDS_PRINT)
def preview() -> Response:
    """The first sheet as a drawing."""
    selection, how = asked.selection_in(request.values), asked.printing_in(request.values)
    return Response(service.preview(current_session(), scope(), selection, how), mimetype="image/svg+xml")


@blueprint.post("/prints")
@allow(Permission.CARDS_PRINT)
def start_print() -> Any:
    """Hand a print to the worker."""
    session, selection = current_session(), asked.selection_in(request.values)
    queries.require_all(session, scope(), selection)
    job = tasks.enqueue(session, selection, asked.printing_in(request.values))
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
        again=job.parameters.get("back") or url_for("cards.index", **tasks.arguments_of(job.parameters)),
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
