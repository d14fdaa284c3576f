"""Every reason, every cause, and what is left alone."""

import pytest
import shapely
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.assignment.models import AreaCell
from app.assignment.service import assign, override, release
from app.core.errors import DomainError
from app.core.model import now
from app.customers.models import MeterBox, MeterPoint
from app.grid.models import GridCell
from app.organisation.models import OrganisationUnit, TransformerArea
from tests.factories import make_account, make_area, make_box, make_cell, make_meter_point, make_station, square
from tests.statements import counted

WEST, EAST = square(114.40, 23.10), square(114.41, 23.10)
IN_WEST, IN_EAST, ON_BORDER, FAR_AWAY = (114.405, 23.105), (114.415, 23.105), (114.41, 23.105), (115.0, 23.0)


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    return make_station(session)


@pytest.fixture
def cells(session: Session, station: OrganisationUnit) -> tuple[GridCell, GridCell]:
    """Two neighbours; the eastern one has the lower code and the higher id."""
    west = make_cell(session, station, code="S-WEST", shape=WEST)
    return west, make_cell(session, station, code="S-EAST", shape=EAST)


def outcome(session: Session, point: MeterPoint) -> tuple[str | None, str, str | None]:
    session.refresh(point)
    return point.cell and point.cell.code, point.reason, point.cause


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (IN_WEST, ("S-WEST", "inside", None)),
        (IN_EAST, ("S-EAST", "inside", None)),
        (ON_BORDER, ("S-EAST", "border", None)),
        ((114.3996, 23.105), ("S-WEST", "nearest", None)),  # 41 m west of the border
        ((114.3994, 23.105), (None, "unassigned", "outside")),  # 61 m
        (FAR_AWAY, (None, "unassigned", "outside")),
        (None, (None, "unassigned", "no_position")),
    ],
)
def test_where_a_box_stands_decides(
    session: Session,
    station: OrganisationUnit,
    cells: tuple[GridCell, GridCell],
    at: tuple[float, float] | None,
    expected: tuple[str | None, str, str | None],
) -> None:
    point = make_meter_point(session, make_box(session, station, at))
    assign(session)
    assert outcome(session, point) == expected
    box = session.get_one(MeterBox, point.box_id)
    assert (box.reason, box.cause) == expected[1:]


def test_without_cells_the_cause_says_so(session: Session, station: OrganisationUnit) -> None:
    located = make_meter_point(session, make_box(session, station, IN_WEST))
    unlocated = make_meter_point(session, make_box(session, station))
    assign(session)
    assert outcome(session, located) == outcome(session, unlocated) == (None, "unassigned", "no_cells")


def test_retired_cells_take_nobody(session: Session, station: OrganisationUnit) -> None:
    make_cell(session, station, shape=WEST, retired_at=now())
    point = make_meter_point(session, make_box(session, station, IN_WEST))
    assign(session)
    assert outcome(session, point) == (None, "unassigned", "no_cells")


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([IN_WEST] * 4 + [IN_EAST], ("S-WEST", "transformer_area", None)),
        ([IN_WEST] * 3 + [IN_EAST], (None, "unassigned", "area_divided")),
        ([IN_WEST] * 3 + [FAR_AWAY], (None, "unassigned", "area_divided")),
        ([FAR_AWAY], (None, "unassigned", "no_position")),
        ([], (None, "unassigned", "no_position")),
    ],
)
def test_a_box_without_position_follows_its_area(
    session: Session,
    station: OrganisationUnit,
    cells: tuple[GridCell, GridCell],
    places: list[tuple[float, float]],
    expected: tuple[str | None, str, str | None],
) -> None:
    area = make_area(session, station)
    for place in places:
        make_box(session, station, place, transformer_area_id=area.id)
    lost = make_meter_point(session, make_box(session, station, transformer_area_id=area.id))
    assign(session)
    assert outcome(session, lost) == expected


def test_the_main_cell_of_an_area_is_kept_with_its_share(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    area = make_area(session, station)
    for place in (IN_WEST, IN_WEST, IN_EAST, FAR_AWAY):
        make_box(session, station, place, transformer_area_id=area.id)
    assign(session)
    kept = session.scalars(select(AreaCell)).one()
    assert (kept.transformer_area_id, kept.cell_id, kept.share) == (area.id, cells[0].id, 0.5)


def test_only_the_boxes_concerned_are_looked_at(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    concerned = make_meter_point(session, make_box(session, station, IN_WEST))
    other = make_meter_point(session, make_box(session, station, IN_WEST))
    done = assign(session, select(MeterBox.id).where(MeterBox.id == concerned.box_id))
    assert outcome(session, concerned)[1] == "inside"
    assert outcome(session, other)[1] == "unassigned"
    assert sum(done.counts.values()) == 1


def test_unlocated_boxes_of_the_area_are_concerned_too(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    area = make_area(session, station)
    lost = make_meter_point(session, make_box(session, station, transformer_area_id=area.id))
    stays = make_box(session, station, IN_EAST, transformer_area_id=area.id)
    assign(session)
    assert outcome(session, lost)[0] == "S-EAST"
    moved = make_box(session, station, IN_WEST, transformer_area_id=area.id)
    assign(session, select(MeterBox.id).where(MeterBox.id == moved.id))
    assert outcome(session, lost) == (None, "unassigned", "area_divided")
    session.refresh(stays)
    assert stays.cell_id == cells[1].id


def test_an_area_that_a_box_has_left_is_looked_at_again(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    left, entered = make_area(session, station), make_area(session, station)
    lost = make_meter_point(session, make_box(session, station, transformer_area_id=left.id))
    *_others, moving = (
        make_box(session, station, at, transformer_area_id=left.id) for at in (IN_WEST, IN_WEST, IN_WEST, IN_EAST)
    )
    assign(session)
    assert outcome(session, lost) == (None, "unassigned", "area_divided")
    moving.transformer_area_id = entered.id
    boxes = select(MeterBox.id).where(MeterBox.id == moving.id)
    assign(session, boxes, left_areas=select(TransformerArea.id).where(TransformerArea.id == left.id))
    assert outcome(session, lost) == ("S-WEST", "transformer_area", None)
    assert session.get_one(AreaCell, left.id).share == 1
    assert session.get_one(AreaCell, entered.id).share == 1


def test_households_are_distinct_accounts_and_counted_where_they_come_and_go(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    account = make_account(session)
    box = make_box(session, station, IN_WEST)
    for owner in (account, account, make_account(session)):
        make_meter_point(session, box, owner)
    assign(session)
    assert [(cell.households, cell.boxes) for cell in cells] == [(2, 1), (0, 0)]
    box.position = shapely.Point(IN_EAST)
    assign(session, select(MeterBox.id).where(MeterBox.id == box.id))
    assert [(cell.households, cell.boxes) for cell in cells] == [(0, 0), (2, 1)]


def test_a_persons_word_outlives_every_run(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    west, east = cells
    point = make_meter_point(session, make_box(session, station, IN_WEST))
    assign(session)
    override(session, point, east, "clerk", "served from the other side of the river")
    assert (west.households, east.households) == (0, 1)
    assert assign(session).counts["override"] == 1
    assert outcome(session, point) == ("S-EAST", "override", None)
    release(session, point, "clerk")
    assert outcome(session, point) == ("S-WEST", "inside", None)
    session.refresh(west)
    assert west.households == 1


def test_an_override_wants_a_living_cell_and_a_word_why(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    point = make_meter_point(session)
    with pytest.raises(DomainError, match="Say why"):
        override(session, point, cells[0], "clerk", " ")
    cells[0].retired_at = now()
    with pytest.raises(DomainError, match="no longer in use"):
        override(session, point, cells[0], "clerk", "nearer")


def test_a_second_run_writes_nothing(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    for at in (IN_WEST, ON_BORDER, FAR_AWAY, None):
        make_meter_point(session, make_box(session, station, at))
    assign(session)
    written: dict[str, int] = {}

    def note(_connection: object, cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE meter"):
            written[statement.split()[1]] = cursor.rowcount  # type: ignore[attr-defined]

    event.listen(session.get_bind(), "after_cursor_execute", note)
    assign(session)
    assert written == {"meter_box": 0, "meter_point": 0}


def test_the_number_of_statements_does_not_grow_with_rows(
    session: Session, station: OrganisationUnit, cells: tuple[GridCell, GridCell]
) -> None:
    make_meter_point(session, make_box(session, station, IN_WEST))
    with counted(session) as few:
        assign(session)
    for _number in range(30):
        make_meter_point(session, make_box(session, station, IN_EAST))
    with counted(session) as many:
        assign(session)
    assert len(many) == len(few)
    assert session.scalar(select(func.count()).where(MeterPoint.reason == "inside")) == 31
