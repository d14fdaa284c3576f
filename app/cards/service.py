"""Print cards: to a file, or the first sheet as a picture."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.cards import queries
from app.cards.glyphs import Fonts, fonts
from app.cards.layouts import DEFAULT, Layout, Printing, layout_named, layouts
from app.cards.plan import Issue, Plan, make_plan
from app.cards.press import Press, join
from app.cards.queries import Selection
from app.core.access import Scope
from app.core.errors import DomainError
from app.core.progress import Progress, silent
from app.core.settings import settings


@dataclass(frozen=True)
class Outcome:
    """What was printed, and what was left out and why."""

    cards: int
    sheets: int
    seconds: float
    issues: list[Issue]
    reasons: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The outcome as `--json` prints it."""
        return {
            "cards": self.cards,
            "sheets": self.sheets,
            "seconds": self.seconds,
            "reasons": self.reasons,
            "issues": [issue.as_json() for issue in self.issues],
        }


def own_folder() -> Path:
    """Where the utility keeps its own template, sheets, fonts and pictures."""
    return settings().instance / "cards"


def known_layouts() -> dict[str, Layout]:
    """All sheets by name."""
    return layouts(own_folder() / "layouts.toml")


def printing(name: str = DEFAULT, start: int = 1, offset_x: float = 0.0, offset_y: float = 0.0) -> Printing:
    """How to print, checked."""
    return Printing(layout_named(own_folder() / "layouts.toml", name), start, (offset_x, offset_y))


def _own_fonts() -> Fonts:
    return fonts(own_folder() / "fonts")


def plan(session: Session, scope: Scope, selection: Selection) -> Plan:
    """The cards of a selection and what keeps others from being printed."""
    return make_plan(session, scope, selection, _own_fonts())


def _press(how: Printing) -> Press:
    chosen = settings()
    common = {
        "utility": chosen.utility,
        "hotline": chosen.hotline,
        "hours": chosen.service_hours,
        "public_url": chosen.public_url,
    }
    return Press(own_folder(), _own_fonts(), how, common)


def preview(session: Session, scope: Scope, selection: Selection, how: Printing) -> bytes:
    """The first sheet as SVG: sharp at any size, and a tenth of a picture's weight."""
    planned = _worth_printing(plan(session, scope, selection))
    with _press(how) as press:
        press.add_photos(_photos(session, planned))
        return press.svg(planned.cards())


def print_cards(
    session: Session, scope: Scope, selection: Selection, how: Printing, out: Path, progress: Progress = silent
) -> Outcome:
    """Write the cards to a PDF file, some sheets at a time; the file appears when it is whole."""
    began = time.monotonic()
    planned = _worth_printing(plan(session, scope, selection))
    total, done = len(planned), 0
    parts: list[Path] = []
    with _press(how) as press:
        press.add_photos(_photos(session, planned))
        for part, count in press.parts(planned.cards()):
            parts.append(part)
            done += count
            progress(done, total + 1, _("Setting the cards"))
        fresh = out.with_name(f".{out.name}.part")
        join(parts, fresh)
        fresh.replace(out)
    progress(total + 1, total + 1, "")
    seconds = round(time.monotonic() - began, 2)
    return Outcome(total, how.sheets(total), seconds, planned.issues, planned.reasons())


def _worth_printing(planned: Plan) -> Plan:
    if not len(planned):
        raise DomainError(_("None of the %(boxes)s boxes can have a card. Look at the reasons on the cards page."),
                          boxes=planned.left_out)  # fmt: skip
    return planned


def _photos(session: Session, planned: Plan) -> dict[int, bytes]:
    return queries.photos(session, {placed.card.face.manager_id for group in planned.groups for placed in group})


def fingerprint(session: Session, scope: Scope, selection: Selection) -> str:
    """What the cells' cards say at present, in short: it changes when a printed card becomes wrong or a box is new."""
    said = [tuple(row) for row in queries.faces(session, scope, selection)]
    return hashlib.sha256(repr((queries.count_boxes(session, scope, selection), said)).encode()).hexdigest()
