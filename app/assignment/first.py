"""The cells of an empty register's first boxes, before anything of them is written: what `assign` would say of them."""

from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Column, Integer, MetaData, Select, Table, delete, select, update
from sqlalchemy.orm import Session

from app.assignment.finding import Cells, Floats, Integers, cells_near
from app.assignment.models import MOSTLY, AreaCell
from app.assignment.service import ANY_SHARE, assign
from app.core import staging
from app.core.settings import settings
from app.customers.bulk import Placed
from app.customers.models import REASONS
from app.grid.models import GridCell
from gis.assignment import majority_cells

_counted = Table(
    "counted_cell",
    MetaData(),
    Column("cell_id", Integer, primary_key=True, autoincrement=False),
    Column("households", Integer),
    Column("boxes", Integer),
    prefixes=["TEMPORARY"],
)


class Placer:
    """Gives new boxes their cells while a file is written; `counts` says what became of a first file's points."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.counts: dict[str, int] | None = None

    def place_new(self, boxes: Select[int]) -> None:
        """Boxes (a SELECT of meter_box.id) that stand beside others, and have no points yet."""
        assign(self.session, boxes)

    def place_first(self, area: Integers, lon: Floats, lat: Floats) -> Placed:
        """The very first boxes: by position, and by the main cell of their area (0: none) where they have none."""
        located = np.flatnonzero(np.isfinite(lon))
        cells = cells_near(self.session, None)
        some = bool(len(cells.ids))
        found = cells.find(lon[located], lat[located], some)
        place = np.full(len(area), -1)
        reason, cause = np.full(len(area), "unassigned", object), np.full(len(area), None, object)
        place[located], reason[located], cause[located] = found
        main = _main_cells(area[located], found.place, len(cells.ids))
        self._keep_main_cells(cells, main)
        main_place, share = (main[name].reindex(area).to_numpy() for name in ("cell", "share"))
        unlocated = ~np.isfinite(lon)
        enough = unlocated & (share >= settings().area_share)
        place[enough], reason[enough] = main_place[enough].astype(np.int64), "transformer_area"
        known = np.where(np.isfinite(share), "area_divided", "no_position") if some else np.full(len(area), "no_cells")
        without = unlocated & ~enough
        cause[without] = known[without]
        apart = (share > MOSTLY) & (place >= 0) & (place != main_place)
        ids = pa.array(np.append(cells.ids, 0)[place].astype(np.int32), mask=place < 0)
        return Placed(ids, pa.array(reason, pa.string()), pa.array(cause, pa.string()), pa.array(apart))

    def _keep_main_cells(self, cells: Cells, main: pd.DataFrame) -> None:
        self.session.execute(delete(AreaCell))
        columns = {
            "transformer_area_id": main.index,
            "cell_id": cells.ids[main["cell"]],
            "share": main["share"].to_numpy(),
        }
        staging.fill(self.session, cast(Table, AreaCell.__table__), pd.DataFrame(columns))

    def count_first(self, boxes: Placed, box: Integers, account: Integers) -> None:
        """What every cell has of the first boxes and of their points, of which each has a box and an account."""
        cell_of_box = np.asarray(boxes.cell_id.fill_null(0))
        reasons = boxes.reason.dictionary_encode()
        of_points = np.bincount(np.asarray(reasons.indices)[box], minlength=len(reasons.dictionary)).tolist()
        self.counts = dict.fromkeys(REASONS, 0) | dict(zip(reasons.dictionary.to_pylist(), of_points, strict=True))
        held = np.sort(cell_of_box[box].astype(np.int64) << 32 | account)
        household_cells = held[np.diff(held, prepend=-1) > 0] >> 32
        ids = np.array(self.session.scalars(select(GridCell.id)).all(), np.int64)
        most = int(ids.max(initial=0)) + 1
        households, held_boxes = (np.bincount(of, minlength=most)[ids] for of in (household_cells, cell_of_box))
        self._keep_counts(pd.DataFrame({"cell_id": ids, "households": households, "boxes": held_boxes}))

    def _keep_counts(self, counted: pd.DataFrame) -> None:
        staging.create(self.session, _counted)
        staging.fill(self.session, _counted, counted)
        staging.analyse(self.session, _counted)
        differs = (GridCell.households != _counted.c.households) | (GridCell.boxes != _counted.c.boxes)
        self.session.execute(
            update(GridCell)
            .values(households=_counted.c.households, boxes=_counted.c.boxes)
            .where(GridCell.id == _counted.c.cell_id, differs),
            execution_options={"synchronize_session": False},
        )
        staging.drop(self.session, _counted)


def _main_cells(area: Integers, place: Integers, outside: int) -> pd.DataFrame:
    """By area the cell with most of its located boxes, and their share; boxes outside weigh as one more cell."""
    of_area = area > 0
    weighed = np.where(place < 0, outside, place)[of_area]
    return majority_cells(area[of_area], weighed, share=ANY_SHARE).query("cell < @outside")
