"""Customer managers, and who answers for which cell."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.progress import Progress
from app.core.upsert import Written
from app.grid.bulk import store_managers, store_ownership
from app.grid.models import CustomerManager, GridCell
from app.imports.checks import keys, phones, words
from app.imports.fields import MANAGERS, OWNERSHIP
from app.imports.kinds.base import Importer, Result, by_code_and_name, lookup, records, station_lookup
from app.imports.rows import Issue, Mask, Rows, absent, as_array
from app.organisation.queries import in_one_line, parents

PARTIES = ("cell", "manager")


class ManagerImporter(Importer):
    """Managers with their phones and backups."""

    kind = MANAGERS

    def check(self, rows: Rows) -> Iterator[Issue]:
        """Codes, stations, phones and backups."""
        for name in ("code", "name", "station"):
            yield from keys.required(rows, name)
        yield from keys.code(rows, "code")
        rows.values["name"] = rows.text("name")
        yield from keys.length(rows, "name", 200)
        yield from words.known(rows, "station", station_lookup(self.session), "unknown_station")
        for name in ("work_phone", "supervision_phone"):
            yield from phones.phone(rows, name)
        yield from words.day(rows, "left_on")
        yield from words.count(rows, "target")
        rows.values["target_households"] = rows.values["target"]
        yield from self.territory.unit(rows, "station")
        yield from self.territory.thing(rows, "code", CustomerManager)
        codes = rows.codes("code")
        yield from keys.Seen().doubled(rows, "code", codes)
        accepted = ~rows.rejected
        of_file = by_code_and_name(codes[accepted], rows.text("name")[accepted])
        yield from words.known(rows, "backup", of_file | lookup(self.session, CustomerManager), "unknown_manager")
        yield from self.territory.thing(rows, "backup", CustomerManager)
        yield Issue("own_backup", "backup", rows.values["backup"] == codes)

    def frame(self, rows: Rows) -> pd.DataFrame:
        """The columns that the register takes."""
        phones_and_days = ("work_phone", "supervision_phone", "target_households", "left_on")
        return rows.frame(("code", "name", "station", *phones_and_days, "backup"))

    def store(self, frames: Iterable[pd.DataFrame], progress: Progress) -> Result:
        """Write them."""
        return Result.of(store_managers(self.session, records(frames)))


class OwnershipImporter(Importer):
    """Cell to manager, from day to day."""

    kind = OWNERSHIP

    def __init__(self, session: Session, crs: str, scope: Scope) -> None:
        super().__init__(session, crs, scope)
        gone = select(CustomerManager.code, CustomerManager.left_on).where(CustomerManager.left_on.is_not(None))
        self._left_on = dict(session.execute(gone).all())

    def check(self, rows: Rows) -> Iterator[Issue]:
        """Cells, managers and days; one manager for a cell on a day."""
        for name in ("cell", "valid_from"):
            yield from keys.required(rows, name)
        in_use = lookup(self.session, GridCell, GridCell.retired_at.is_(None))
        yield from words.known(rows, "cell", in_use, "unknown_cell")
        yield from words.known(rows, "manager", lookup(self.session, CustomerManager), "unknown_manager")
        yield from self.territory.thing(rows, "cell", GridCell)
        yield from self.territory.thing(rows, "manager", CustomerManager)
        for name in ("valid_from", "valid_to"):
            yield from words.day(rows, name)
        since, last = rows.values["valid_from"], rows.values["valid_to"]
        known = ~absent(since) & ~absent(last)
        reversed_days = known.copy()
        reversed_days[known] = last[known] < since[known]
        yield Issue("reversed_days", "valid_to", reversed_days)
        yield Issue("manager_gone", "manager", self._gone(rows), {"value": rows.values["manager"]})
        yield Issue("other_station", "manager", self._elsewhere(rows), {name: rows.values[name] for name in PARTIES})
        yield from _two_owners(rows)

    def _gone(self, rows: Rows) -> Any:
        given = zip(rows.values["manager"], rows.values["valid_from"], strict=True)
        never = date.max
        return np.array(
            [day is not None and self._left_on.get(manager, never) <= day for manager, day in given], dtype=bool
        )

    def _elsewhere(self, rows: Rows) -> Mask:
        """Rows whose manager's unit is neither the cell's, nor above or below it."""
        above = parents(self.session)
        of_cell, of_manager = (
            dict(list(self.session.execute(select(model.code, model.station_id))))
            for model in (GridCell, CustomerManager)
        )
        pairs = zip(*(rows.values[name] for name in PARTIES), strict=True)
        return np.array(
            [
                None not in (cell, manager) and not in_one_line(above, of_cell[cell], of_manager[manager])
                for cell, manager in pairs
            ],
            dtype=bool,
        )

    def frame(self, rows: Rows) -> pd.DataFrame:
        """The columns that the register takes."""
        return rows.frame(("cell", "manager", "valid_from", "valid_to"))

    def store(self, frames: Iterable[pd.DataFrame], progress: Progress) -> Result:
        """Write them."""
        written: Written = store_ownership(self.session, records(frames))
        return Result.of(written)


def _two_owners(rows: Rows) -> Iterator[Issue]:
    """A later row for the same cell may begin only after the last day of the former, and on another day."""
    accepted = np.flatnonzero(~rows.rejected)
    cells, since, last = rows.values["cell"], rows.values["valid_from"], rows.values["valid_to"]
    order = sorted(accepted.tolist(), key=lambda place: (cells[place], since[place], place))
    other, mask = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
    former = None
    for place in order:
        same_cell = former is not None and cells[former] == cells[place]
        if same_cell and (since[place] == since[former] or (last[former] is not None and since[place] <= last[former])):
            mask[place], other[place] = True, rows.numbers[former]
        else:
            former = place
    days = as_array([day.isoformat() if day is not None else "" for day in since])
    yield Issue("two_owners", "valid_from", mask, {"other": other, "since": days})
