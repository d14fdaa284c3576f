"""What follows from a plan, as files: the households as a table, the beats as a GeoPackage."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import shapely
from flask_babel import gettext as _
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.imports.sheets_out import writer_for
from app.plans.follows import Move, Person, households
from app.plans.models import Plan
from app.plans.queries import cells_of, managers_of, shapes_of


def write_households(session: Session, scope: Scope, moves: Sequence[Move], path: Path, full: bool) -> int:
    """Who gets another manager, as CSV or XLSX by the ending; masked unless in full. Returns how many households."""
    writer, count = writer_for(path), 0
    writer.write(
        [
            _("Account number"),
            _("Customer’s name"),
            _("Address"),
            _("Meter box"),
            _("Cell"),
            _("Former manager"),
            _("Former manager’s code"),
            _("New manager"),
            _("New manager’s code"),
            _("New manager’s work phone"),
        ]
    )
    for household in households(session, scope, moves):
        move, named = household.move, (household.account_no, household.name, household.address)
        former, fresh = _name_and_code(move.former), _name_and_code(move.fresh)
        phone = (move.fresh and move.fresh.phone) or ""
        writer.write([*(named if full else household.masked()), household.box, household.cell, *former, *fresh, phone])
        count += 1
    writer.close()
    return count


def _name_and_code(person: Person | None) -> tuple[str, str]:
    return (person.name, person.code) if person else (_("nobody"), "")


def write_beats(session: Session, plan: Plan, path: Path) -> None:
    """The beats as a plan has them, and their cells, as two layers of a GeoPackage (EPSG:4326)."""
    people = {row.id: row for row in managers_of(session, plan)}
    rows = cells_of(session, plan)
    shapes = shapely.from_wkb([bytes(row.shape) for row in shapes_of(session, plan)])
    columns = {
        "cell": [row.key for row in rows],
        "households": [row.households for row in rows],
        "manager": [_code(people, row.manager_id) for row in rows],
        "former_manager": [_code(people, row.base_manager_id) for row in rows],
    }
    cells = gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")
    owned = cells[cells["manager"].notna()].assign(cells=1)
    beats = owned.dissolve("manager", aggfunc={"households": "sum", "cells": "sum"}, as_index=False)
    names = {row.code: row.name for row in people.values()}
    beats.insert(1, "name", beats["manager"].map(names))
    for layer, frame in (("beats", beats), ("cells", cells)):
        frame.to_file(path, layer=layer, driver="GPKG")


def _code(people: Mapping[int, Row], manager: int | None) -> str | None:
    return people[manager].code if manager else None
