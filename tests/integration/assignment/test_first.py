"""The cells that the first boxes get before they are written are those that they would get afterwards."""

from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.assignment.first import Placer
from app.assignment.service import assign
from app.customers.bulk import store
from app.grid.models import GridCell
from tests.factories import make_area, make_cell, make_station, square

WEST, EAST = square(114.40, 23.10), square(114.41, 23.10)
IN_WEST, IN_EAST, ON_BORDER, NEAR, FAR = (
    (114.405, 23.105),
    (114.415, 23.105),
    (114.41, 23.105),
    (114.3996, 23.105),
    (115.0, 23.0),
)
NOWHERE = (float("nan"), float("nan"))
PLACES = {
    "clear": [IN_WEST] * 4 + [IN_EAST, NOWHERE, NEAR],
    "divided": [IN_EAST, IN_EAST, IN_WEST, ON_BORDER, NOWHERE],
    "lost": [FAR, NOWHERE],
    "unknown": [NOWHERE],
    None: [IN_WEST, FAR, NOWHERE],
}


def rows() -> pd.DataFrame:
    """A row of a customer for each place, two accounts to a customer, with the areas in which they are."""
    places = [(area, place) for area, several in PLACES.items() for place in several]
    numbers = [f"{number:03}" for number in range(len(places))]
    return pd.DataFrame(
        {
            "account_no": numbers,
            "customer_no": [f"K{int(number) // 2}" for number in numbers],
            "station": "S1",
            "area": [area for area, _place in places],
            "lon": [lon for _area, (lon, _lat) in places],
            "lat": [lat for _area, (_lon, lat) in places],
        }
    )


def placed(session: Session) -> list[Any]:
    """All that assignment writes."""
    tables = {
        "meter_point": "number, cell_id, reason, cause",
        "meter_box": "number, cell_id, reason, cause, apart",
        "area_cell": "transformer_area_id, cell_id, share",
        "grid_cell": "id, households, boxes",
    }
    return [sorted(map(str, session.execute(text(f"select {wanted} from {name}")))) for name, wanted in tables.items()]


@pytest.mark.parametrize("cells", [{"S-B": WEST, "S-A": EAST}, {}], ids=["cells", "no cells"])
def test_the_first_boxes_are_placed_as_all_others_are(session: Session, cells: dict[str, Any]) -> None:
    station = make_station(session, code="S1")
    for code in filter(None, PLACES):
        make_area(session, station, code=code)
    for code, shape in cells.items():
        make_cell(session, station, code=code, shape=shape, households=7)
    placer = Placer(session)
    store(session, [rows()], placer=placer)
    first = placed(session)
    again = assign(session)
    assert placed(session) == first
    assert placer.counts == again.counts
    assert sum(session.scalars(select(GridCell.boxes))) == (12 if cells else 0)
