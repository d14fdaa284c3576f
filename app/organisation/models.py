"""The tree of organisation units, the feeders and the transformer areas."""

import shapely
from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.geometry import Geometry
from app.core.model import Base, Code, Name, Phone, Pk, reference

KINDS = ("bureau", "district", "station")


class OrganisationUnit(Base):
    """A bureau (供电局), district bureau (区县局) or supply station (供电所)."""

    __tablename__ = "organisation_unit"
    __table_args__ = (CheckConstraint("kind in ('bureau', 'district', 'station')", name="kind"),)

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    kind: Mapped[str]
    parent_id: Mapped[int | None] = reference("organisation_unit.id")
    supervision_phone: Mapped[Phone | None]
    boundary: Mapped[shapely.Geometry | None] = mapped_column(Geometry("MULTIPOLYGON"), deferred=True)

    parent: Mapped["OrganisationUnit | None"] = relationship(remote_side="OrganisationUnit.id")


class Feeder(Base):
    """A 10 kV line (线路) of a station."""

    __tablename__ = "feeder"

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    station_id: Mapped[int] = reference("organisation_unit.id")


class TransformerArea(Base):
    """A transformer area (台区): about 200 customers behind one transformer."""

    __tablename__ = "transformer_area"

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    station_id: Mapped[int] = reference("organisation_unit.id")
    feeder_id: Mapped[int | None] = reference("feeder.id")

    station: Mapped[OrganisationUnit] = relationship()
