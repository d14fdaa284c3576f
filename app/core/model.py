"""The declarative base: naming of constraints and the column types that every slice shares."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from sqlalchemy import DateTime, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


Pk = Annotated[int, mapped_column(primary_key=True)]
Code = Annotated[str, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(200))]
Phone = Annotated[str, mapped_column(String(20))]
Day = Annotated[date, mapped_column()]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True), default=now)]


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy reads a plain dict


def reference(target: str, *, index: bool = True, ondelete: str | None = None, **kwargs: Any) -> Any:
    """A foreign key column, indexed unless another index already leads with it."""
    return mapped_column(ForeignKey(target, ondelete=ondelete), index=index, **kwargs)
