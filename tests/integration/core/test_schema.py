"""One migration tree for both databases; what must never happen is a named constraint."""

from datetime import date

import pytest
from alembic import command
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import migrate
from app.core.database import make_engine
from app.core.errors import constraint_name
from app.customers.models import Account, MeterInstallation
from app.grid.models import GridCell, Ownership
from tests.factories import make_account, make_cell, make_manager, make_meter_point, make_station, square


def test_migrations_run_up_down_and_up_again(database_url: str) -> None:
    engine = make_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    migrate.downgrade(engine)
    assert "grid_cell" not in inspect(engine).get_table_names()
    migrate.upgrade(engine)
    command.check(migrate.alembic_config(engine))
    engine.dispose()


def violated(session: Session) -> str | None:
    with pytest.raises(IntegrityError) as caught:
        session.flush()
    return constraint_name(caught.value)


def test_a_cell_has_one_owner_a_day(session: Session) -> None:
    cell, first, second = make_cell(session), make_manager(session), make_manager(session)
    for manager in (first, second):
        session.add(Ownership(cell_id=cell.id, manager_id=manager.id, valid_from=date(2026, 3, 1)))
    assert violated(session) == "uq_ownership_cell_id_valid_from"


def test_a_point_has_one_meter_a_day(session: Session) -> None:
    point = make_meter_point(session)
    for asset in ("M1", "M2"):
        session.add(MeterInstallation(meter_point_id=point.id, asset_no=asset, valid_from=date(2026, 3, 1)))
    assert violated(session) == "uq_meter_installation_meter_point_id_valid_from"


def test_an_account_number_is_taken_once(session: Session) -> None:
    account = make_account(session)
    session.add(Account(number=account.number, customer_id=account.customer_id))
    assert violated(session) == "uq_account_number"


def test_a_cell_belongs_to_a_station(session: Session) -> None:
    make_station(session)
    session.add(GridCell(code="X-1", station_id=None, shape=square()))
    with pytest.raises(IntegrityError):
        session.flush()


def test_geometry_comes_back_as_it_went_in(session: Session) -> None:
    cell = make_cell(session, shape=square(114.4, 23.1))
    session.commit()
    session.expire_all()
    assert cell.shape.equals(square(114.4, 23.1))
