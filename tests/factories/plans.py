from datetime import date

from sqlalchemy.orm import Session

from app.organisation.models import OrganisationUnit
from app.plans.models import Plan
from app.plans.service import begin
from tests.factories.grid import NUMBERS, make_cell, make_manager, own, square


def make_row_of_cells(session: Session, station: OrganisationUnit, managers: int = 2, each: int = 2) -> list[str]:
    """Cells of 100 households side by side, so many for each of some managers; the managers' codes."""
    codes = []
    for at in range(managers):
        manager = make_manager(session, station)
        codes.append(manager.code)
        for number in range(each):
            lon = 114.40 + 0.01 * (at * each + number)
            own(session, make_cell(session, station, shape=square(lon), households=100), manager)
    return codes


def make_plan(session: Session, station: OrganisationUnit, base_on: date = date(2026, 1, 1)) -> Plan:
    return begin(session, station, f"方案{next(NUMBERS)}", base_on, "supervisor")
