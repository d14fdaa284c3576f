"""Grid cells, customer managers, and who answers for which cell from when on."""

import secrets
from datetime import date, datetime

import shapely
from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.core.geometry import Geometry
from app.core.model import Base, Code, Day, Moment, Name, Phone, Pk, reference
from app.organisation.models import OrganisationUnit

SIDES = ("west", "south", "east", "north")


def bounds_of(shape: shapely.Geometry | None) -> dict[str, float | None]:
    """The bounds of a shape as the columns in which a cell keeps them; None for none."""
    sides = shape.bounds if shape is not None else (None,) * len(SIDES)
    return dict(zip(SIDES, sides, strict=True))


def new_token() -> str:
    """A token for a cell's public card page that nobody can guess."""
    return secrets.token_urlsafe(15)


class CustomerManager(Base):
    """A customer manager (客户经理) of one station."""

    __tablename__ = "customer_manager"
    __table_args__ = (CheckConstraint("backup_id <> id", name="backup_is_another"),)

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    station_id: Mapped[int] = reference("organisation_unit.id")
    work_phone: Mapped[Phone | None] = mapped_column(index=True)
    supervision_phone: Mapped[Phone | None]
    backup_id: Mapped[int | None] = reference("customer_manager.id")
    target_households: Mapped[int | None]
    left_on: Mapped[date | None]
    photo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    station: Mapped[OrganisationUnit] = relationship()
    backup: Mapped["CustomerManager | None"] = relationship(remote_side="CustomerManager.id")


class GridCell(Base):
    """A grid cell (网格): the polygon that moves between managers.

    Its bounds stand beside its shape, so that whatever lies somewhere is found by an index on both databases.
    """

    __tablename__ = "grid_cell"
    __table_args__ = (
        CheckConstraint("households >= 0", name="households"),
        Index("ix_grid_cell_west_east_south_north", "west", "east", "south", "north"),
    )

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str | None]
    station_id: Mapped[int] = reference("organisation_unit.id")
    shape: Mapped[shapely.Geometry] = mapped_column(Geometry("MULTIPOLYGON"))
    west: Mapped[float] = mapped_column(server_default="0")
    south: Mapped[float] = mapped_column(server_default="0")
    east: Mapped[float] = mapped_column(server_default="0")
    north: Mapped[float] = mapped_column(server_default="0")
    households: Mapped[int] = mapped_column(default=0)
    boxes: Mapped[int] = mapped_column(default=0)
    card_token: Mapped[str] = mapped_column(unique=True, default=new_token)
    created_at: Mapped[Moment]
    retired_at: Mapped[datetime | None] = mapped_column(index=True)

    station: Mapped[OrganisationUnit] = relationship()

    @validates("shape")
    def _note_bounds(self, _name: str, shape: shapely.Geometry) -> shapely.Geometry:
        for side, at in bounds_of(shape).items():
            setattr(self, side, at)
        return shape


class FormerShape(Base):
    """What a cell looked like until its border was moved: the days before are answered from it."""

    __tablename__ = "former_shape"
    __table_args__ = (Index("ix_former_shape_west_east_south_north", "west", "east", "south", "north"),)

    id: Mapped[Pk]
    cell_id: Mapped[int] = reference("grid_cell.id")
    shape: Mapped[shapely.Geometry] = mapped_column(Geometry("MULTIPOLYGON"))
    west: Mapped[float]
    south: Mapped[float]
    east: Mapped[float]
    north: Mapped[float]
    replaced_at: Mapped[Moment]


class Ownership(Base):
    """From this day on the cell is this manager's (责任关系), or nobody's, until the cell's next row.

    A row holds no end, so two owners on one day cannot be written at all.
    """

    __tablename__ = "ownership"
    __table_args__ = (UniqueConstraint("cell_id", "valid_from"),)

    id: Mapped[Pk]
    cell_id: Mapped[int] = reference("grid_cell.id", index=False)
    manager_id: Mapped[int | None] = reference("customer_manager.id")
    valid_from: Mapped[Day]
    recorded_at: Mapped[Moment]

    cell: Mapped[GridCell] = relationship()
    manager: Mapped[CustomerManager | None] = relationship()
