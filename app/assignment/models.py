"""Where most of a transformer area lies, and what the last proof of the layer found."""

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.core.model import Base, Moment, reference

MOSTLY = 0.5
"""An area lies mostly in a cell that holds more than this share of its located boxes."""


class AreaCell(Base):
    """The cell that holds most located boxes of a transformer area, and their share."""

    __tablename__ = "area_cell"

    transformer_area_id: Mapped[int] = reference("transformer_area.id", index=False, primary_key=True)
    cell_id: Mapped[int] = reference("grid_cell.id")
    share: Mapped[float] = mapped_column()


class LayerProof(Base):
    """What the last proof of a part of the layer found, kept because a city's takes seconds.

    An edit of cells proves its own surroundings and is counted; new cells from elsewhere make the proof outdated.
    """

    __tablename__ = "layer_proof"

    place: Mapped[str] = mapped_column(primary_key=True)
    """The ids of the stations whose cells were proven, or `everywhere`."""
    proven_at: Mapped[Moment]
    edits: Mapped[int] = mapped_column(default=0)
    is_outdated: Mapped[bool] = mapped_column(default=False)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    places: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The offending places as GeoJSON."""
