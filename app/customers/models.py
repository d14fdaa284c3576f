"""Customers and accounts, meter boxes and metering points, meters from date to date."""

import shapely
from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, false, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.geometry import Geometry
from app.core.model import Base, Code, Day, Moment, Name, Phone, Pk, reference
from app.grid.models import GridCell
from app.organisation.models import OrganisationUnit, TransformerArea

CARE_KINDS = ("lives_alone", "life_support", "important")
REASONS = ("override", "inside", "border", "transformer_area", "nearest", "unassigned")
CAUSES = ("no_position", "outside", "area_divided", "no_cells")


EXCEPTIONAL = "reason <> 'inside'"


def unique_number(table: str) -> Index:
    """Each number once, by an index that can be made after a first import; a constraint's belongs to the table."""
    return Index(f"uq_{table}_number", "number", unique=True)


class Customer(Base):
    """A household or small business (客户)."""

    __tablename__ = "customer"
    __table_args__ = (unique_number("customer"), CheckConstraint("kind in ('household', 'business')", name="kind"))

    id: Mapped[Pk]
    number: Mapped[Code]
    name: Mapped[Name]
    initials: Mapped[str] = mapped_column(default="", index=True)
    kind: Mapped[str] = mapped_column(default="household")

    phones: Mapped[list["CustomerPhone"]] = relationship(order_by="CustomerPhone.rank")
    cares: Mapped[list["SpecialCare"]] = relationship()


class CustomerPhone(Base):
    """One of a customer's phones; rank 0 is tried first."""

    __tablename__ = "customer_phone"
    __table_args__ = (UniqueConstraint("customer_id", "number"),)

    id: Mapped[Pk]
    customer_id: Mapped[int] = reference("customer.id", index=False)
    number: Mapped[Phone] = mapped_column(index=True)
    rank: Mapped[int] = mapped_column(default=0)


class SpecialCare(Base):
    """A special-care mark (特殊关怀). Sensitive: shown only to those who need it."""

    __tablename__ = "special_care"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind"),
        CheckConstraint("kind in ('lives_alone', 'life_support', 'important')", name="kind"),
    )

    id: Mapped[Pk]
    customer_id: Mapped[int] = reference("customer.id", index=False)
    kind: Mapped[str]
    noted_at: Mapped[Moment]


class Account(Base):
    """What a bill is for (户号): text, never a number."""

    __tablename__ = "account"
    __table_args__ = (unique_number("account"),)

    id: Mapped[Pk]
    number: Mapped[Code]
    customer_id: Mapped[int] = reference("customer.id")
    address: Mapped[str] = mapped_column(default="")

    customer: Mapped[Customer] = relationship()


class MeterBox(Base):
    """A meter box (表箱): it has the position, and the card is posted on it."""

    __tablename__ = "meter_box"
    __table_args__ = (
        unique_number("meter_box"),
        Index("ix_meter_box_apart", "station_id", sqlite_where=text("apart = 1"), postgresql_where=text("apart")),
    )

    id: Mapped[Pk]
    number: Mapped[Code]
    station_id: Mapped[int] = reference("organisation_unit.id")
    transformer_area_id: Mapped[int | None] = reference("transformer_area.id")
    address: Mapped[str] = mapped_column(default="")
    position: Mapped[shapely.Geometry | None] = mapped_column(Geometry("POINT"))
    cell_id: Mapped[int | None] = reference("grid_cell.id")
    reason: Mapped[str] = mapped_column(default="unassigned")
    cause: Mapped[str | None] = mapped_column(default="no_cells")
    apart: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether most boxes of its transformer area lie in another cell."""

    station: Mapped[OrganisationUnit] = relationship()
    transformer_area: Mapped[TransformerArea | None] = relationship()
    cell: Mapped[GridCell | None] = relationship()


class MeterPoint(Base):
    """A metering point (计量点), which hangs in a box; its cell, and why that cell."""

    __tablename__ = "meter_point"
    __table_args__ = (
        unique_number("meter_point"),
        CheckConstraint(
            "reason in ('override', 'inside', 'border', 'transformer_area', 'nearest', 'unassigned')",
            name="reason",
        ),
        CheckConstraint("(reason = 'unassigned') = (cell_id is null)", name="cell_has_reason"),
        CheckConstraint("(reason = 'unassigned') = (cause is not null)", name="unassigned_has_cause"),
        Index("ix_meter_point_cell_id", "cell_id"),
        Index(
            "ix_meter_point_exceptional",
            *("reason", "cause", "id"),
            sqlite_where=text(EXCEPTIONAL),
            postgresql_where=text(EXCEPTIONAL),
        ),
    )

    id: Mapped[Pk]
    number: Mapped[Code]
    account_id: Mapped[int] = reference("account.id")
    box_id: Mapped[int] = reference("meter_box.id")
    cell_id: Mapped[int | None] = reference("grid_cell.id", index=False)
    reason: Mapped[str] = mapped_column(default="unassigned")
    cause: Mapped[str | None] = mapped_column(default="no_cells")

    account: Mapped[Account] = relationship()
    box: Mapped[MeterBox] = relationship()
    cell: Mapped[GridCell | None] = relationship()


def is_exceptional() -> ColumnElement[bool]:
    """Whether a metering point does not simply lie inside its cell, as both databases ask their index."""
    return MeterPoint.reason != literal_column("'inside'")


class MeterInstallation(Base):
    """From this day on this meter measures at the point, or none does, until the point's next row."""

    __tablename__ = "meter_installation"
    __table_args__ = (
        UniqueConstraint("meter_point_id", "valid_from"),
        Index("ix_meter_installation_asset_no", "asset_no"),
    )

    id: Mapped[Pk]
    meter_point_id: Mapped[int] = reference("meter_point.id", index=False)
    asset_no: Mapped[str | None]
    valid_from: Mapped[Day]
