"""What is wrong with a plan, or might be: each finding with the cells it is about and, where there is one, a remedy.

What the plan makes worse is a fault and keeps it from being approved; what was so before is a warning. That somebody is
out of tolerance is always a warning: a plan can be better than today and not perfect.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.i18n import day_in_words
from app.plans.collisions import BEFORE_ITS_DAY
from app.plans.drawing import faults_of_drawing
from app.plans.engine import Case, Ints, case_of, reasons_of
from app.plans.ground import adrift
from app.plans.models import Plan
from app.plans.reason_words import reason_words
from app.plans.suggesting import Move, best_moves, best_taker, in_percent, in_short, move_of
from gis.adjacency import components

Severity = Literal["fault", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing to look at."""

    kind: str
    severity: Severity
    text: str
    cells: tuple[str, ...] = ()
    manager: str | None = None
    remedy: Move | None = None

    def as_json(self) -> dict[str, Any]:
        """As the map takes it."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "text": self.text,
            "cells": list(self.cells),
            "manager": self.manager,
            "remedy": self.remedy and self.remedy.as_remedy(),
        }


def findings(session: Session, plan: Plan) -> list[Finding]:
    """All of them, faults first; a plan with faults is not to be approved."""
    case = case_of(session, plan)
    drawn = [Finding(fault.kind, "fault", fault.text, fault.cells) for fault in faults_of_drawing(session, plan)]
    look = _Look(case)
    found = [
        *look.out_of_line(), *look.without_manager(), *drawn, *look.of_those_who_leave(), *look.in_pieces(),
        *look.without_phone(), *look.empty(), *look.out_of_tolerance(), *_adrift(session, plan),
    ]  # fmt: skip
    return sorted(found, key=lambda finding: finding.severity != "fault")


def _adrift(session: Session, plan: Plan) -> Iterator[Finding]:
    """Cells that a plan draws anew so that households without a position fall out of the register's cells."""
    for cell, count in sorted(adrift(session, plan).items() if plan.state in BEFORE_ITS_DAY else ()):
        text = _(
            "%(count)s households of %(cell)s have no position, and their transformer area will be divided: published, "
            "the plan leaves them in no cell. Note where they are first.",
            count=format_decimal(count),
            cell=cell,
        )
        yield Finding("adrift", "warning", text, (cell,))


def faults(found: list[Finding]) -> list[Finding]:
    """Those that keep a plan from being approved."""
    return [finding for finding in found if finding.severity == "fault"]


class _Look:
    """One look at a plan."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.cells = np.bincount(case.present[case.present >= 0], minlength=len(case.managers))

    @cached_property
    def moves(self) -> list[tuple[int, int, int]]:
        """Every single move that betters the plan, the best first: cell, giver, taker."""
        return best_moves(self.case, count=2 * len(self.case.topology.edges))

    def out_of_line(self) -> Iterator[Finding]:
        """Cells with a manager of another station."""
        case = self.case
        astray = (case.present >= 0) & (case.owner < 0)
        for manager, station in sorted(set(zip(case.present[astray], case.station[astray], strict=True))):
            cells = np.flatnonzero(astray & (case.present == manager) & (case.station == station))
            text = _(
                "%(name)s is of another station than %(cells)s. A cell never leaves its station.",
                name=case.managers[manager].name,
                cells=self._keys(cells),
            )
            yield self._finding("station", "fault", text, cells, int(manager), self._given_away(cells))

    def without_manager(self) -> Iterator[Finding]:
        """Cells for which nobody answers, as far as they lie together."""
        case = self.case
        for cells in self._together(case.present < 0):
            had = case.base[cells] >= 0
            text = _(
                "Nobody answers for %(cells)s: %(households)s households.",
                cells=self._keys(cells),
                households=format_decimal(int(case.households[cells].sum())),
            )
            yield self._finding("nobody", _severity(had.any()), text, cells, None, self._given_away(cells))

    def of_those_who_leave(self) -> Iterator[Finding]:
        """Cells of managers who are gone by the day that the plan is for."""
        for manager, row in enumerate(self.case.managers):
            if row.at_work or not self.cells[manager]:
                continue
            text = _(
                "%(name)s leaves on %(day)s and still has %(count)s cells. Let the program propose, or give them away.",
                name=row.name,
                day=day_in_words(row.left_on),
                count=int(self.cells[manager]),
            )
            cells = np.flatnonzero(self.case.present == manager)
            yield self._finding("leaves", "fault", text, cells, manager, self._best(giver=manager))

    def in_pieces(self) -> Iterator[Finding]:
        """Every piece of a beat but its largest; over water, where land allows no more, is no piece."""
        case, part = self.case, self.case.whole
        if not len(part.cells):
            return
        before = np.bincount(_pieces(self._pairs, part.home)[1] + 1, minlength=len(part.seats) + 1)[1:]
        number, seat = _pieces(self._pairs, part.owner)
        count = np.bincount(seat + 1, minlength=len(part.seats) + 1)[1:]
        size = np.bincount(number, weights=case.households[part.cells], minlength=len(seat))
        largest_first = np.lexsort((-size, seat))
        loose = largest_first[np.diff(seat[largest_first], prepend=-2) == 0]
        for piece in loose[seat[loose] >= 0].tolist():
            cells = part.cells[number == piece]
            manager = int(case.seat_manager[part.seats[seat[piece]]])
            text = _(
                "%(cells)s lie apart from the rest of %(name)s's beat.",
                cells=self._keys(cells),
                name=case.managers[manager].name,
            )
            torn = count[seat[piece]] > before[seat[piece]]
            yield self._finding("pieces", _severity(torn), text, cells, manager, self._given_away(cells))

    def without_phone(self) -> Iterator[Finding]:
        """Managers of some cells whom nobody can call."""
        case = self.case
        gains = case.load > case.load_of(case.base)
        for manager, row in enumerate(case.managers):
            if self.cells[manager] and not row.work_phone:
                text = _("%(name)s has no work phone: the cards would name none.", name=row.name)
                cells = np.flatnonzero(case.present == manager)
                yield self._finding("phone", _severity(gains[manager]), text, cells, manager)

    def empty(self) -> Iterator[Finding]:
        """Managers at work at one of the stations who have no cell."""
        case = self.case
        had = np.bincount(case.base[case.base >= 0], minlength=len(case.managers))
        for manager, row in enumerate(case.managers):
            if row.at_work and row.station_id in case.stations and row.target and not self.cells[manager]:
                text = (
                    _("%(name)s keeps no cell.", name=row.name)
                    if had[manager]
                    else _("%(name)s has no cell. Let the program propose a beat.", name=row.name)
                )
                yield self._finding("empty", "warning", text, np.flatnonzero(case.base == manager), manager)

    def out_of_tolerance(self) -> Iterator[Finding]:
        """Loads too far from the share, with the move that helps most, or why none does."""
        case = self.case
        for why in reasons_of(case):
            manager = why.manager
            name, load, share = case.managers[manager].name, int(case.load[manager]), float(case.share[manager])
            if not share or not self.cells[manager]:
                continue
            text = _(
                "%(name)s has %(households)s households, %(deviation)s against the share of %(share)s.",
                name=name,
                households=format_decimal(load),
                deviation=in_percent((load - share) / share),
                share=format_decimal(round(share)),
            )
            remedy = self._best(giver=manager) if load > share else self._best(taker=manager)
            if why.kind != "coarse":
                reason = reason_words(why.kind, name, why.households, why.cell)
                text = _("%(finding)s %(reason)s", finding=text, reason=reason)
            elif remedy is None:
                text = _("%(finding)s No single move helps; let the program propose.", finding=text)
            cells = np.flatnonzero(case.present == manager)
            yield self._finding("tolerance", "warning", text, cells, manager, remedy)

    @cached_property
    def _pairs(self) -> Ints:
        """Which cells of the part hang together, over water too where a station is on both sides."""
        given = self.case.given
        return np.column_stack([np.repeat(np.arange(len(given.group)), np.diff(given.starts)), given.near])

    def _together(self, chosen: np.ndarray) -> Iterator[Ints]:
        """The chosen cells, as far as they touch within their station."""
        case, edges = self.case, self.case.topology.edges
        inside = chosen[edges].all(axis=1) & (case.station[edges[:, 0]] == case.station[edges[:, 1]])
        label = components(len(case.keys), edges[inside])
        for number in np.unique(label[chosen]).tolist():
            yield np.flatnonzero(label == number)

    def _best(self, giver: int | None = None, taker: int | None = None) -> Move | None:
        """The best single move of this giver, or to this taker."""
        for cell, one, other in self.moves:
            if giver in (one, None) and taker in (other, None):
                return move_of(self.case, np.array([cell]), other)
        return None

    def _given_away(self, cells: Ints) -> Move | None:
        taker = best_taker(self.case, cells)
        return None if taker is None else move_of(self.case, cells, taker)

    def _keys(self, cells: Ints) -> str:
        return in_short([self.case.keys[cell] for cell in cells])

    def _finding(
        self, kind: str, severity: Severity, text: str, cells: Ints, manager: int | None, remedy: Move | None = None
    ) -> Finding:
        keys = tuple(self.case.keys[cell] for cell in cells)
        return Finding(kind, severity, text, keys, None if manager is None else self.case.code(manager), remedy)


def _severity(made_worse: Any) -> Severity:
    return "fault" if made_worse else "warning"


def _pieces(pairs: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """The piece of each cell, and the seat of each piece."""
    number = components(len(owner), pairs[owner[pairs[:, 0]] == owner[pairs[:, 1]]])
    return number, owner[np.unique(number, return_index=True)[1]]
