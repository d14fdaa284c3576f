"""What happened to the demo city's cells since they were shared out."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.grid.models import Ownership
from app.grid.queries import active_layer
from app.grid.service import give_many
from gis.adjacency import neighbours

SETTLED_DAYS = 90
DAYS_AHEAD = 20


def beginning(today: date) -> date:
    """The first of January since which the cells have been shared out, a quarter ago at the least."""
    new_year = date(today.year, 1, 1)
    return new_year if (today - new_year).days >= SETTLED_DAYS else date(today.year - 1, 1, 1)


def hand_over(session: Session, today: date) -> int:
    """Pass one cell of each station to the neighbouring manager, at different times; the last on a day to come."""
    layer = active_layer(session, EVERYWHERE)
    owners = dict(list(session.execute(select(Ownership.cell_id, Ownership.manager_id))))
    owner = layer["id"].map(owners).fillna(0).to_numpy(dtype=int)
    edges = neighbours(layer.geometry).edges
    moves = _loose_ends(owner, layer["station_id"].to_numpy(), np.concatenate([edges, edges[:, ::-1]]))
    start = beginning(today)
    ahead = today + timedelta(days=DAYS_AHEAD)
    for number, (cell, taker) in enumerate(moves, start=1):
        day = start + (ahead - start) * number // len(moves)
        give_many(session, {int(layer["id"][cell]): taker}, day)
    return len(moves)


def _loose_ends(
    owner: NDArray[np.int64], station: NDArray[np.int64], edges: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """In each station a cell and the manager next to it who takes it.

    The cell has one neighbour in its own beat, so that the beat holds together without it.
    """
    inside = station[edges[:, 0]] == station[edges[:, 1]]
    known = (owner[edges] > 0).all(axis=1)
    same = owner[edges[:, 0]] == owner[edges[:, 1]]
    own_neighbours = np.bincount(edges[inside & same, 0], minlength=len(owner))
    moves = edges[inside & known & ~same & (own_neighbours[edges[:, 0]] == 1)]
    _, first = np.unique(station[moves[:, 0]], return_index=True)
    return [(int(cell), int(owner[other])) for cell, other in moves[first]]
