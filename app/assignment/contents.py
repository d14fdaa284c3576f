"""What a cell holds: transformer areas, and where its meter boxes stand."""

import json
from collections.abc import Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.assignment.boxes import located_boxes
from app.assignment.models import AreaCell
from app.core.access import Scope
from app.customers.models import MeterBox, MeterPoint
from app.customers.scope import within
from app.grid.models import GridCell
from app.organisation.models import TransformerArea

DECIMALS = 6


def areas_of_cell(session: Session, scope: Scope, cell: GridCell) -> Sequence[Row]:
    """The transformer areas of which the cell holds boxes, the largest first: code, name, boxes, households, share.

    `code` is None for boxes of no area; `share` is that of its located boxes, where the cell is its main one.
    """
    statement = (
        select(
            TransformerArea.code,
            TransformerArea.name,
            func.count(MeterBox.id.distinct()).label("boxes"),
            func.count(MeterPoint.account_id.distinct()).label("households"),
            func.max(AreaCell.share).label("share"),
        )
        .select_from(MeterBox)
        .outerjoin(MeterPoint, MeterPoint.box_id == MeterBox.id)
        .outerjoin(TransformerArea, TransformerArea.id == MeterBox.transformer_area_id)
        .outerjoin(
            AreaCell, (AreaCell.transformer_area_id == TransformerArea.id) & (AreaCell.cell_id == MeterBox.cell_id)
        )
        .where(MeterBox.cell_id == cell.id)
        .group_by(TransformerArea.id, TransformerArea.code, TransformerArea.name)
        .order_by(func.count(MeterPoint.account_id.distinct()).desc(), TransformerArea.code)
    )
    return session.execute(within(statement, scope, MeterBox)).all()


def boxes_geojson(session: Session, cell: GridCell) -> str:
    """Where the cell's boxes stand, as a FeatureCollection: `count` households each, and nothing that names them."""
    boxes = located_boxes(session, MeterBox.cell_id == cell.id)
    features = [
        {
            "type": "Feature",
            "properties": {"count": max(1, int(count)), "households": int(count)},
            "geometry": {"type": "Point", "coordinates": [round(x, DECIMALS), round(y, DECIMALS)]},
        }
        for x, y, count in zip(boxes["x"], boxes["y"], boxes["households"], strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})
