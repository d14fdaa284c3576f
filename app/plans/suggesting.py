"""Single moves that better a plan, and in words what each does to both managers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask_babel import format_percent
from flask_babel import gettext as _

from app.grid.sharing import keep_compiled_code
from app.plans.engine import Case, Ints

SHOWN = 5
"""Keys that a sentence names."""
MOST = 1.5
"""Of the share: whoever would have to carry more is no help."""


@dataclass(frozen=True)
class Move:
    """Cells from one manager, or from nobody, to another."""

    cells: tuple[str, ...]
    giver: str | None
    """Code; None where nobody answers for them, or several do."""
    taker: str
    households: int
    giver_change: tuple[float, float] | None
    """(load - share) / share before and after; None where there is no giver or it leaves."""
    taker_change: tuple[float, float]
    text: str

    def as_json(self) -> dict[str, Any]:
        """As the map takes a single suggestion."""
        before, after = self.giver_change or (None, None)
        return {
            "cell": self.cells[0],
            "from": self.giver,
            "to": self.taker,
            "households": self.households,
            "from_before": before,
            "from_after": after,
            "to_before": self.taker_change[0],
            "to_after": self.taker_change[1],
            "text": self.text,
        }

    def as_remedy(self) -> dict[str, Any]:
        """As a step that the map can take."""
        return {"kind": "move", "cells": list(self.cells), "to": self.taker, "text": self.text}


def suggestions(case: Case, count: int = 10) -> list[Move]:
    """The single moves that better the plan most, the best first."""
    return [move_of(case, np.array([cell]), taker) for cell, _giver, taker in best_moves(case, count)]


def best_moves(case: Case, count: int) -> list[tuple[int, int, int]]:
    """The same as cell, giver and taker, by their positions in the case."""
    part = case.whole
    if not len(part.cells):
        return []
    keep_compiled_code()
    from gis.rebalance import suggest

    manager = case.seat_manager[part.seats]
    return [
        (int(part.cells[found.cell]), int(manager[found.giver]), int(manager[found.taker]))
        for found in suggest(case.given, part.owner, count)
    ]


def move_of(case: Case, cells: Ints, taker: int) -> Move:
    """What giving cells to a manager of some share would do."""
    givers, moved = np.unique(case.present[cells]), int(case.households[cells].sum())
    giver = int(givers[0]) if len(givers) == 1 else -1
    taker_change = _change(case, taker, moved)
    giver_change = _change(case, giver, -moved) if giver >= 0 and case.share[giver] else None
    text = _words(case, cells, (giver, giver_change), (taker, taker_change), moved)
    keys = tuple(case.keys[cell] for cell in cells)
    return Move(keys, case.code(giver), case.managers[taker].code, moved, giver_change, taker_change, text)


def best_taker(case: Case, cells: Ints) -> int | None:
    """Of the managers of their station whose beats border on the cells, the one least loaded with them; None for none.

    Cells that are locked, of several stations, or too many for anybody go nowhere.
    """
    if case.locked[cells].any() or len(np.unique(case.station[cells])) > 1:
        return None
    inside = np.zeros(len(case.keys), dtype=bool)
    inside[cells] = True
    pairs = np.concatenate([case.topology.edges, case.topology.edges[:, ::-1]])
    beside = pairs[inside[pairs[:, 0]] & ~inside[pairs[:, 1]], 1]
    seats = np.unique(case.owner[beside[case.station[beside] == case.station[cells[0]]]])
    seats = seats[(seats >= 0) & ~np.isin(seats, case.owner[cells])]
    takers = case.seat_manager[seats[case.target[seats] > 0]]
    carried = (case.load[takers] + case.households[cells].sum()) / case.share[takers]
    return int(takers[np.argmin(carried)]) if len(takers) and carried.min() <= MOST else None


def in_percent(deviation: float) -> str:
    """A deviation with its sign, in whole per cent."""
    return format_percent(round(deviation, 2) + 0.0, "+#,##0 %;−#,##0 %")


def in_short(keys: Sequence[str]) -> str:
    """The first keys, and how many more there are."""
    shown = ", ".join(keys[:SHOWN])
    more = len(keys) - SHOWN
    return _("%(cells)s and %(count)s more", cells=shown, count=more) if more > 0 else shown


def _change(case: Case, manager: int, moved: int) -> tuple[float, float]:
    load, share = int(case.load[manager]), float(case.share[manager])
    return (load - share) / share, (load + moved - share) / share


def _words(
    case: Case,
    cells: Ints,
    giver: tuple[int, tuple[float, float] | None],
    taker: tuple[int, tuple[float, float]],
    moved: int,
) -> str:
    named = {
        "cells": in_short([case.keys[cell] for cell in cells]),
        "taker": case.managers[taker[0]].name,
        "before": in_percent(taker[1][0]),
        "after": in_percent(taker[1][1]),
        "households": moved,
    }
    if giver[0] < 0:
        return _("%(cells)s to %(taker)s: %(taker)s %(before)s → %(after)s, %(households)s households", **named)
    named["giver"] = case.managers[giver[0]].name
    if giver[1] is None:
        return _(
            "%(cells)s from %(giver)s, who leaves, to %(taker)s: %(taker)s %(before)s → %(after)s, "
            "%(households)s households",
            **named,
        )
    return _(
        "%(cells)s from %(giver)s to %(taker)s: %(giver)s %(giver_before)s → %(giver_after)s, "
        "%(taker)s %(before)s → %(after)s, %(households)s households",
        giver_before=in_percent(giver[1][0]),
        giver_after=in_percent(giver[1][1]),
        **named,
    )
