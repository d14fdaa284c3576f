"""Who answers for a cell: today, on past days, on days to come."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core.access import EVERYWHERE
from app.core.errors import DomainError
from app.core.model import now
from app.grid.models import CustomerManager, GridCell, Ownership
from app.grid.queries import cells_frame, manager_loads, manager_of
from app.grid.service import give, give_many, leave
from app.grid.sharing import share_out, share_out_everywhere
from tests.factories import make_cell, make_manager, make_station, own, square
from tests.statements import counted

NEW_YEAR, SPRING, SUMMER = date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)


def cell_and_managers(session: Session) -> tuple[GridCell, CustomerManager, CustomerManager]:
    """A cell and two managers of its station."""
    station = make_station(session)
    return make_cell(session, station), make_manager(session, station), make_manager(session, station)


def test_a_cell_changes_hands_on_a_day_and_keeps_its_past(session: Session) -> None:
    cell, first, second = cell_and_managers(session)
    give(session, cell, first, NEW_YEAR, "test")
    give(session, cell, second, SPRING, "test")
    owners = [manager_of(session, cell, day) for day in (date(2025, 12, 31), NEW_YEAR, date(2026, 3, 31), SPRING)]
    assert owners == [None, first, first, second]
    session.commit()
    assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["cell.give", "cell.give"]


def test_later_changes_stay_and_are_mentioned(session: Session) -> None:
    cell, first, second = cell_and_managers(session)
    own(session, cell, second, SUMMER)
    assert give(session, cell, first, SPRING, "test") == [SUMMER]
    assert manager_of(session, cell, SUMMER) == second


def test_the_same_day_is_written_over(session: Session) -> None:
    cell, first, second = cell_and_managers(session)
    for manager in (first, second, None):
        give(session, cell, manager, SPRING, "test")
    assert manager_of(session, cell, SPRING) is None
    assert len(session.scalars(select(Ownership)).all()) <= 1


def test_who_owns_it_already_gets_no_second_row(session: Session) -> None:
    cell, manager = make_cell(session), make_manager(session)
    own(session, cell, manager, NEW_YEAR)
    assert give_many(session, {cell.id: manager.id}, SPRING) == {}
    assert len(session.scalars(select(Ownership)).all()) == 1


def test_a_manager_who_leaves_and_a_retired_cell_are_refused(session: Session) -> None:
    leaver = make_manager(session, left_on=SPRING)
    with pytest.raises(DomainError, match="leaves on Apr 1, 2026"):
        give(session, make_cell(session), leaver, SPRING, "test")
    with pytest.raises(DomainError, match="no longer in use"):
        give(session, make_cell(session, retired_at=now()), make_manager(session), SPRING, "test")


def test_nobody_answers_for_the_cells_of_a_manager_who_is_away(session: Session) -> None:
    cell, first, second = cell_and_managers(session)
    own(session, cell, first, NEW_YEAR)
    assert leave(session, first, SPRING, "test") == 1
    assert (manager_of(session, cell, date(2026, 3, 31)), manager_of(session, cell, SPRING)) == (first, None)
    give(session, cell, second, SUMMER, "test")
    assert manager_of(session, cell, SUMMER) == second
    leave(session, first, None, "test")
    assert manager_of(session, cell, SPRING) == first


def test_a_manager_of_another_station_is_refused_one_of_the_district_is_not(session: Session) -> None:
    district = make_station(session, kind="district")
    cell = make_cell(session, make_station(session, name="城南供电所", parent_id=district.id))
    sister = make_station(session, name="城北供电所", parent_id=district.id)
    with pytest.raises(DomainError, match=r"belongs to 城北供电所, cell \w+ to 城南供电所"):
        give(session, cell, make_manager(session, sister), SPRING, "test")
    assert manager_of(session, cell, SPRING) is None
    above = make_manager(session, district)
    give(session, cell, above, SPRING, "test")
    assert manager_of(session, cell, SPRING) == above


def test_shared_out_beats_are_near_equal_and_hang_together(session: Session) -> None:
    station = make_station(session)
    managers = [make_manager(session, station) for _number in range(3)]
    make_manager(session, station, left_on=NEW_YEAR)
    for number in range(12):
        make_cell(session, station, shape=square(114.4 + number * 0.01), households=100)
    beats = share_out(session, station, SPRING, "test")
    assert [(beat.manager, beat.cells, beat.households) for beat in beats] == [(m.code, 4, 400) for m in managers]
    frame = cells_frame(session, EVERYWHERE, station.code, day=SPRING)
    parts = frame.dissolve("manager_code").geometry.explode()
    assert len(parts) == 3
    assert cells_frame(session, EVERYWHERE, day=NEW_YEAR)["manager_code"].isna().all()


def test_managers_with_a_smaller_target_get_less(session: Session) -> None:
    station = make_station(session)
    make_manager(session, station, target_households=1000)
    make_manager(session, station, target_households=2000)
    for number in range(12):
        make_cell(session, station, shape=square(114.4 + number * 0.01), households=100)
    assert [beat.households for beat in share_out(session, station, SPRING, "test")] == [400, 800]


def test_sharing_out_everywhere_passes_over_stations_without_managers_or_cells(session: Session) -> None:
    ready, without_managers = make_station(session), make_station(session)
    make_manager(session, make_station(session))
    manager = make_manager(session, ready)
    make_cell(session, ready)
    make_cell(session, without_managers)
    assert [beat.manager for beat in share_out_everywhere(session, SPRING, "test")] == [manager.code]
    with pytest.raises(DomainError, match="no customer managers"):
        share_out(session, without_managers, SPRING, "test")


def test_loads_come_from_cells_alone(session: Session) -> None:
    manager, idle = make_manager(session, target_households=500), make_manager(session)
    for households in (200, 50):
        own(session, make_cell(session, households=households, boxes=3), manager)
    own(session, make_cell(session, households=999, retired_at=now()), manager)
    with counted(session) as statements:
        rows = {
            row.code: (row.households, row.boxes, row.cells, row.target) for row in manager_loads(session, EVERYWHERE)
        }
    assert rows == {manager.code: (250, 6, 2, 500), idle.code: (0, 0, 0, 2000)}
    assert len(statements) == 1


def test_a_frame_without_cells_has_its_columns(session: Session) -> None:
    frame = cells_frame(session, EVERYWHERE)
    assert frame.empty
    assert {"code", "manager_code", "households", "geometry"} <= set(frame.columns)
