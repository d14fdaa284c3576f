"""Prove the layer of cells against the stations' boundaries and the households."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from app.assignment.boxes import located_boxes
from app.core.access import EVERYWHERE, Scope
from app.customers.models import MeterBox
from app.grid.edits import Edit
from app.grid.models import GridCell
from app.grid.queries import active_layer
from app.organisation.models import OrganisationUnit
from app.organisation.queries import boundaries
from app.organisation.scope import in_stations
from gis.coverage import CoverageReport, check


@dataclass(frozen=True)
class LayerCheck:
    """The proof, or where it fails; `codes` are those of the cells that the report counts by position."""

    report: CoverageReport
    codes: Sequence[str]
    shapes: gpd.GeoSeries

    @property
    def is_proven(self) -> bool:
        """No gap, no overlap, no broken cell."""
        return self.report.is_proven

    def figures(self) -> dict[str, Any]:
        """What `gridcrm cells check --json` prints."""
        report = self.report
        return {
            "cells": report.cells,
            "gaps": len(report.gaps),
            "gap_m2": round(report.gap_m2, 2),
            "overlaps": len(report.overlaps),
            "overlap_m2": round(report.overlap_m2, 2),
            "empty": len(report.empty),
            "multipart": len(report.multipart),
            "households_outside": int(report.households_outside or 0),
        }

    def places(self) -> gpd.GeoDataFrame:
        """The offending places: kind, area_m2, cells (codes) and shape."""
        report = self.report
        tables = [self._named(report.gaps, "gap"), self._named(report.overlaps, "overlap")]
        for kind, positions in (("invalid", report.invalid), ("multipart", report.multipart)):
            cells = [(int(position),) for position in positions]
            shapes = self.shapes.iloc[positions]
            columns = {"area_m2": 0.0, "cells": cells}
            tables.append(self._named(gpd.GeoDataFrame(columns, geometry=list(shapes), crs=shapes.crs), kind))
        return pd.concat(tables, ignore_index=True)

    def _named(self, places: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
        names = [" ".join(self.codes[position] for position in cells) for cells in places["cells"]]
        return places.assign(kind=kind, cells=names, area_m2=places["area_m2"].astype(float).round(2))


def check_layer(session: Session, scope: Scope, station: OrganisationUnit | None = None) -> LayerCheck:
    """Look for gaps, overlaps and households outside, in one station's cells or all that may be seen."""
    layer = active_layer(session, scope, *([GridCell.station_id == station.id] if station else []))
    inside = [] if scope.everywhere else [in_stations(scope, MeterBox.station_id)]
    boxes = located_boxes(session, *inside, *([MeterBox.station_id == station.id] if station else []))
    area = _area_to_fill(layer, boundaries(session))
    report = check(layer.geometry, area, (boxes["x"], boxes["y"]), boxes["households"])
    return LayerCheck(report, layer["code"].tolist(), layer.geometry)


def check_edit(session: Session, edit: Edit) -> LayerCheck:
    """Look for gaps and overlaps among the cells that an edit made or changed and those around them."""
    ids = {*edit.changed, *edit.around, *(cell.id for cell in edit.made)}
    layer = active_layer(session, EVERYWHERE, GridCell.id.in_(ids))
    return LayerCheck(check(layer.geometry), layer["code"].tolist(), layer.geometry)


def _area_to_fill(layer: gpd.GeoDataFrame, known: gpd.GeoSeries) -> gpd.GeoSeries | None:
    """Boundaries of the stations that have cells; among stations without a boundary, the layer without its holes."""
    with_boundary = layer["station_id"].isin(known.index)
    given = known[known.index.isin(layer["station_id"])]
    if not with_boundary.any():
        return None
    others = layer.geometry[~with_boundary]
    if others.empty:
        return given
    rings = shapely.get_exterior_ring(shapely.get_parts(others.union_all()))
    return pd.concat([given, gpd.GeoSeries(list(shapely.polygons(rings)), crs=known.crs)])
