"""Large prints, made in the background and kept for download."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.cards import service
from app.cards.layouts import Printing
from app.cards.queries import Selection
from app.core import clock
from app.core.access import Permission, Scope
from app.jobs import service as jobs
from app.jobs.models import Job
from app.jobs.service import Work

KIND = "cards"
KEPT_PRINTS = 30
SHOWN_ISSUES = 200


def init_app(app: Flask) -> None:
    """Let the worker print."""
    jobs.add_handler(app, KIND, run, Permission.CARDS_PRINT)


def enqueue(session: Session, selection: Selection, how: Printing, back: str | None = None) -> Job:
    """Hand a print to the worker; `back` is the address of the page that asked for it, where that is another's."""
    return jobs.enqueue(
        session,
        KIND,
        title_of(selection, how),
        selection=replace(selection, day=selection.on).arguments(),
        layout=how.layout.name,
        start=how.start,
        offset=list(how.offset),
        **({"back": back} if back else {}),
    )


def selection_of(parameters: dict[str, Any]) -> Selection:
    """The selection that a job was given."""
    chosen = parameters["selection"]
    return Selection(
        chosen.get("manager"),
        chosen.get("station"),
        chosen.get("cell"),
        tuple(chosen.get("box", ())),
        date.fromisoformat(chosen["day"]),
        tuple(chosen.get("cells", ())),
    )


def printing_of(parameters: dict[str, Any]) -> Printing:
    """How a job was told to print."""
    return service.printing(parameters["layout"], parameters["start"], *parameters["offset"])


def arguments_of(parameters: dict[str, Any]) -> dict[str, Any]:
    """The same cards from the first place of a fresh sheet, as the cards page's address has them."""
    chosen = selection_of(parameters).arguments()
    chosen.pop("day")
    right, down = parameters["offset"]
    return chosen | {"layout": parameters["layout"], "offset_x": right or None, "offset_y": down or None}


def print_file(job_id: int) -> Path:
    """Where the print of a job is kept."""
    return service.own_folder() / "prints" / f"{job_id}.pdf"


def run(work: Work) -> dict[str, Any]:
    """Print to the kept file; older prints beyond the newest 30 go."""
    selection, out = selection_of(work.parameters), print_file(work.job_id)
    out.parent.mkdir(parents=True, exist_ok=True)
    with work.database.reading() as session:
        how = printing_of(work.parameters)
        mark = service.fingerprint(session, work.scope, selection)
        outcome = service.print_cards(session, work.scope, selection, how, out, work.progress).as_json()
    issues = outcome.pop("issues")[:SHOWN_ISSUES]
    link = f"/cards/prints/{work.job_id}"
    with work.database.transaction() as session:
        result = work.end(session, {**outcome, "issues": issues, "fingerprint": mark, "link": link})
    for old in sorted(out.parent.glob("*.pdf"), key=lambda path: int(path.stem))[:-KEPT_PRINTS]:
        old.unlink(missing_ok=True)
    return result


def is_old(session: Session, scope: Scope, job: Job) -> bool:
    """Whether today's cards of the same cells would say something else."""
    if not job.result:
        return False
    selection = selection_of(job.parameters)
    present = replace(selection, day=max(selection.on, clock.today()))
    return service.fingerprint(session, scope, present) != job.result["fingerprint"]


def title_of(selection: Selection, how: Printing) -> str:
    """What a print is called in lists."""
    several = ", ".join((selection.cells or selection.boxes)[:3])
    whose = selection.manager or selection.station or selection.cell or several
    return _("Cards %(whose)s on %(layout)s", whose=whose, layout=how.layout.title[str(get_locale())])
