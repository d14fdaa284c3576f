"""Where most of a transformer area lies."""

from sqlalchemy.orm import Mapped, mapped_column

from app.core.model import Base, reference


class AreaCell(Base):
    """The cell that holds most located boxes of a transformer area, and their share."""

    __tablename__ = "area_cell"

    transformer_area_id: Mapped[int] = reference("transformer_area.id", index=False, primary_key=True)
    cell_id: Mapped[int] = reference("grid_cell.id")
    share: Mapped[float] = mapped_column()
