"""Grid cells as polygons."""

from collections.abc import Iterable, Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Column, Integer, MetaData, Select, Table, select
from sqlalchemy.orm import Session

from app.assignment.boxes import located_boxes
from app.assignment.proofs import outdate
from app.core import staging
from app.core.access import Scope
from app.core.geometry import as_wkb
from app.core.progress import Progress
from app.core.upsert import CREATED, UPDATED
from app.customers.models import MeterBox
from app.grid.bulk import store_cells
from app.grid.models import GridCell
from app.imports.checks import keys, words
from app.imports.checks.boundaries import misplaced
from app.imports.checks.polygons import overlaps, polygons
from app.imports.checks.positions import FileIssue
from app.imports.checks.service_area import ServiceArea
from app.imports.fields import CELLS
from app.imports.kinds.base import Importer, Result, records, station_lookup
from app.imports.rows import Issue, Rows, absent, as_array
from app.organisation.models import OrganisationUnit
from app.organisation.queries import boundaries
from gis.assignment import assign_points

AROUND_DEGREES = 0.001
"""About 100 m: boxes so near may have had another nearest cell."""

concerned = Table(
    "box_near_cell",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


class CellImporter(Importer):
    """Cells; the boxes in and around those that changed are assigned again."""

    kind = CELLS

    def __init__(self, session: Session, crs: str, scope: Scope) -> None:
        super().__init__(session, crs, scope)
        self._area = ServiceArea.of(session)
        self._shapes = np.empty(0, dtype=object)

    def check(self, rows: Rows) -> Iterator[Issue]:
        """Codes, stations and shapes; last of all, overlaps."""
        yield from keys.required(rows, "code")
        yield from keys.code(rows, "code")
        rows.values["name"] = rows.text("name")
        yield from keys.length(rows, "name", 200)
        yield from words.known(rows, "station", station_lookup(self.session), "unknown_station")
        yield from polygons(rows, self.crs, required=True)
        self._fill_stations(rows)
        yield Issue("no_station", "station", (rows.text("station") == "") & absent(rows.values["station"]))
        yield from self.territory.unit(rows, "station")
        yield from self.territory.thing(rows, "code", GridCell)
        yield Issue("outside_scope", "geometry", self.territory.beyond(self._around), {"value": self._around})
        codes = rows.codes("code")
        yield from keys.Seen().doubled(rows, "code", codes)
        retired = set(self.session.scalars(select(GridCell.code).where(GridCell.retired_at.is_not(None))))
        yield Issue("retired_cell", "code", np.array([code in retired for code in codes], dtype=bool), {"value": codes})
        shapes = rows.values["geometry"]
        self._shapes = shapes[~absent(shapes)]
        yield from overlaps(rows, codes, self._staying_cells(codes[~rows.rejected]))

    def _fill_stations(self, rows: Rows) -> None:
        """A cell without a station belongs to the one in whose boundary it lies, or to which it belongs already.

        `self._around` keeps in whose boundary each lies.
        """
        codes = rows.codes("code")
        joined = select(GridCell.code, OrganisationUnit.code).join(GridCell.station)
        stored = dict(self.session.execute(joined).all())
        areas = boundaries(self.session)
        inner = shapely.point_on_surface(rows.values["geometry"])
        found = np.full(len(rows), -1)
        if len(areas):
            found = assign_points(shapely.get_x(inner), shapely.get_y(inner), gpd.GeoSeries(areas))
        pairs = self.session.execute(select(OrganisationUnit.id, OrganisationUnit.code)).all()
        code_of = dict(pairs)
        around = self._around = as_array([code_of[areas.index[place]] if place >= 0 else None for place in found])
        given = zip(rows.values["station"], rows.text("station"), codes, around, strict=True)
        rows.values["station"] = as_array(
            [station or (None if text else stored.get(code) or near) for station, text, code, near in given]
        )

    def _staying_cells(self, replaced: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Codes and shapes of the stored cells that the file does not speak of."""
        rows = self.session.execute(select(GridCell.code, as_wkb(GridCell.shape)).where(GridCell.retired_at.is_(None)))
        spoken_of = set(replaced)
        kept = [(code, bytes(wkb)) for code, wkb in rows.all() if code not in spoken_of]
        return as_array([code for code, _wkb in kept]), shapely.from_wkb(as_array([wkb for _code, wkb in kept]))

    def frame(self, rows: Rows) -> pd.DataFrame:
        """The columns that the register takes."""
        return rows.frame(("code", "name", "station", "geometry")).rename(columns={"geometry": "shape"})

    def finish(self) -> Iterator[FileIssue]:
        """Whether the cells lie where the boundaries are."""
        return misplaced(self._shapes, self._area.boundaries) if len(self._shapes) else iter(())

    def store(self, frames: Iterable[pd.DataFrame], progress: Progress) -> Result:
        """Write them, and find the boxes that they concern: in them before or now, or near them."""
        cells = records(frames)
        written = store_cells(self.session, cells)
        touched = set(written.keys(CREATED, UPDATED))
        if touched:
            outdate(self.session)
        shapes = [row["shape"] for row in cells if row["code"] in touched]
        return Result.of(written, self._concerned(shapes, touched) if touched else None)

    def _concerned(self, shapes: list[shapely.Geometry], touched: set[str]) -> Select:
        west, south, east, north = shapely.bounds(shapes).T
        margin = AROUND_DEGREES
        around = gpd.GeoSeries(shapely.box(west - margin, south - margin, east + margin, north + margin))
        boxes = located_boxes(self.session)
        near = boxes["id"][assign_points(boxes["x"], boxes["y"], around) >= 0]
        rows = self.session.execute(select(MeterBox.id, GridCell.code).join(GridCell, GridCell.id == MeterBox.cell_id))
        before = [box for box, code in rows if code in touched]
        staging.create(self.session, concerned)
        ids = pd.DataFrame({"id": sorted({*near.tolist(), *before})}, dtype="int64")
        staging.fill(self.session, concerned, ids)
        return select(concerned.c.id)
