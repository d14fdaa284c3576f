"""Reads about cells, managers and who answers for what."""

from datetime import date

from sqlalchemy import Subquery, func, select

from app.grid.models import Ownership


def owners_on(day: date) -> Subquery:
    """Cell and manager for every cell that anybody answers for on that day: columns cell_id, manager_id."""
    newest = (
        select(
            Ownership.cell_id,
            Ownership.manager_id,
            func.row_number().over(partition_by=Ownership.cell_id, order_by=Ownership.valid_from.desc()).label("rank"),
        )
        .where(Ownership.valid_from <= day)
        .subquery()
    )
    return (
        select(newest.c.cell_id, newest.c.manager_id)
        .where(newest.c.rank == 1, newest.c.manager_id.is_not(None))
        .subquery("owner")
    )
