"""Moving a cell to another manager, and splitting a cell of the most households there is up to 400, each committed."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cities import City, cities
from figures import Options, Row, alone

from app.assignment.cells import split
from app.core.clock import today
from app.core.database import Database
from app.grid.models import CustomerManager, GridCell
from app.grid.queries import at_work, manager_of
from app.grid.service import give

ACTOR = "bench"
TIMES, LARGEST, CEILING_MS = 12, 400, 100.0
NAKED = "update meter_point set cell_id = :heir where cell_id = :cell"
"""The least that a database does when the households of a cell change theirs."""


def chosen_cells(session: Session) -> list[int]:
    """The cells with the most households up to 400."""
    statement = select(GridCell.id).where(GridCell.retired_at.is_(None), GridCell.households <= LARGEST)
    return list(session.scalars(statement.order_by(GridCell.households.desc()).limit(TIMES)))


def moving(store: Database, cell_id: int) -> float:
    """Seconds to give a cell to a colleague of whoever has it."""
    with store.sessions() as session:
        cell = session.get_one(GridCell, cell_id)
        present = manager_of(session, cell)
        others = select(CustomerManager.id).where(CustomerManager.station_id == cell.station_id, at_work(today()))
        taker = session.scalars(others.where(CustomerManager.id != (present.id if present else 0)).limit(1)).one()
    began = time.perf_counter()
    with store.transaction() as session:
        give(session, session.get_one(GridCell, cell_id), session.get_one(CustomerManager, taker), today(), ACTOR)
    return time.perf_counter() - began


def splitting(store: Database, cell_id: int) -> float:
    """Seconds to halve a cell, with the proof of its surroundings and the households assigned again."""
    began = time.perf_counter()
    with store.transaction() as session:
        split(session, session.get_one(GridCell, cell_id), None, ACTOR)
    return time.perf_counter() - began


def naked(store: Database, cell_id: int) -> float:
    """Seconds to write another cell into a cell's households; it is taken back."""
    with store.session(reads=False) as session:
        heir = session.scalars(select(GridCell.id).where(GridCell.id != cell_id).limit(1)).one()
        began = time.perf_counter()
        session.execute(text(NAKED), {"heir": heir, "cell": cell_id})
        spent = time.perf_counter() - began
        session.rollback()
    return spent


def of_city(city: City) -> Iterator[Row]:
    """The rows of one city, measured on a copy."""
    with city.copy() as copy, copy.register() as store:
        with store.sessions() as session:
            cells = chosen_cells(session)
        there = {"database": city.database, "size": city.size, "at_most": CEILING_MS}
        least = float(np.median([naked(store, cell) for cell in cells])) * 1000
        peer = {"peer": "ms, a bare update of its households", "peer_value": least}
        for what, doing in (("moving a cell to another manager", moving), ("splitting a cell", splitting)):
            doing(store, cells[0])  # imports and caches are not what is measured
            spent = [doing(store, cell) for cell in cells[1:]]
            yield Row(f"{what}, median", float(np.median(spent)) * 1000, "ms", **there, **peer)
            yield Row(f"{what}, worst of {len(spent)}", max(spent) * 1000, "ms", size=city.size, database=city.database)


def rows(options: Options) -> list[Row]:
    with cities(options) as made:
        return [row for city in made for row in of_city(city)]


if __name__ == "__main__":
    sys.exit(alone(__doc__, rows))
