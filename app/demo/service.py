"""Load the demo city into an empty register, by the product's own services."""

import time
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment.cells import make_cells
from app.assignment.proofs import prove
from app.assignment.service import assign
from app.core.access import EVERYWHERE
from app.core.clock import today
from app.core.errors import Conflict
from app.core.progress import Progress, silent
from app.customers.bulk import store
from app.customers.models import MeterBox
from app.demo import dirt, history, people, queries, register, staff
from app.demo.city import build
from app.demo.network import AREA_HOUSEHOLDS
from app.grid.models import CustomerManager, GridCell
from app.grid.sharing import share_out
from app.organisation.models import OrganisationUnit, TransformerArea

ACTOR = "demo"
STEPS = 5


@dataclass(frozen=True)
class Loaded:
    """What was loaded, how long it took, and an example to look up."""

    households: int
    cells: int
    managers: int
    seconds: float
    phone: str
    manager: str


def load(session: Session, households: int, seed: int = 1, progress: Progress = silent) -> Loaded:
    """Build the city and write it with its cells, beats, assignment and index; refuses where anything is stored."""
    if not queries.is_empty(session):
        raise Conflict(
            _("The register already holds data. The demo city needs an empty one: set GRIDCRM_DATABASE_URL to another.")
        )
    started = time.perf_counter()
    progress(0, STEPS, _("Laying out streets and villages"))
    city = build(households, seed)
    dirt.spoil_positions(city)
    register.add_organisation(session, city)
    register.add_network(session, city)
    register.add_managers(session, city)
    progress(1, STEPS, _("Writing the customers"))
    stored = store(session, people.customer_frames(city))
    progress(2, STEPS, _("Making grid cells and assigning households"))
    _make_and_share_cells(session)
    progress(3, STEPS, _("Passing some cells on"))
    history.hand_over(session, today())
    progress(4, STEPS, _("Booking some boxes on wrong transformer areas"))
    wrong = register.book_on_wrong_areas(session, city)
    assign(session, select(MeterBox.id).where(MeterBox.id.in_(wrong)), left_areas=select(TransformerArea.id))
    prove(session, EVERYWHERE)
    phone, manager = queries.example(session)
    staff.add_staff(session, manager)
    progress(STEPS, STEPS)
    cells, managers = (queries.number_of(session, table.id) for table in (GridCell, CustomerManager))
    return Loaded(stored.created, cells, managers, time.perf_counter() - started, phone, manager)


def _make_and_share_cells(session: Session) -> None:
    """A cell for each transformer area; a station's cells shared out among its managers."""
    statement = select(OrganisationUnit).where(OrganisationUnit.kind == "station").order_by(OrganisationUnit.code)
    stations = session.scalars(statement).all()
    make_cells(session, "transformer-areas", AREA_HOUSEHOLDS, stations, ACTOR)
    since = history.beginning(today())
    for station in stations:
        share_out(session, station, since, ACTOR)
