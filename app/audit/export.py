"""The trail as a CSV file that a spreadsheet opens."""

import csv
import io
from collections.abc import Iterator

from flask_babel import gettext as _

from app.audit import queries
from app.audit.queries import Filter
from app.audit.words import action_words, lines
from app.core.database import Database
from app.core.formulas import harmless

BOM = "\ufeff"
"""By this spreadsheets know UTF-8."""


def csv_of(store: Database, wanted: Filter) -> Iterator[str]:
    """The acts that are meant, oldest first, a line at a time; it reads in a session of its own."""
    names = [_("Number"), _("Time"), _("Person"), _("Act"), _("Subject"), _("Customer"), _("Details"), _("Hash")]
    yield BOM + _line(names)
    with store.reading() as session:
        for entry in queries.entries(session, wanted):
            moment = queries.in_zone(entry.at).isoformat(sep=" ", timespec="seconds")
            details = "; ".join(map(str, lines(entry.details)))
            customer = "" if entry.customer_id is None else str(entry.customer_id)
            said = [entry.actor, action_words(entry.action), entry.subject, customer, details, entry.hash]
            yield _line([str(entry.id), moment, *said])


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()
