"""What most tests of plans begin with; a file with a scene of its own says so."""

import pytest
from sqlalchemy.orm import Session

from app.organisation.models import OrganisationUnit
from app.plans.models import Plan
from tests.factories import make_plan, make_row_of_cells, make_station


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    return make_station(session)


@pytest.fixture
def managers(session: Session, station: OrganisationUnit) -> list[str]:
    """The codes of two managers with two cells of 100 households each, side by side."""
    return make_row_of_cells(session, station)


@pytest.fixture
def plan(session: Session, station: OrganisationUnit, managers: list[str]) -> Plan:
    return make_plan(session, station)
