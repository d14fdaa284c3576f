"""What follows from a plan, as files: the households as a table, the beats as a GeoPackage."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import geopandas as gpd
import shapely
from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.access import Scope
from app.core.errors import DomainError
from app.core.progress import Progress, silent
from app.customers.words import care_words
from app.imports.sheets_out import writer_for
from app.plans.follows import Move, Person, households, sheets_of
from app.plans.models import Plan
from app.plans.queries import cells_of, managers_of, planned_day, shapes_of
from app.plans.service import plan_subject

NOBODY = "0"
"""Instead of a manager's code in the name of a file."""
MOST_IN_WORKBOOK = 1_048_575
"""Rows that a worksheet holds below its head."""
REPORTED = 1_000
"""Households after which it is said how far a list is."""


def write_households(
    session: Session, scope: Scope, moves: Sequence[Move], path: Path, full: bool, progress: Progress = silent
) -> int:
    """Who gets another manager, as CSV or XLSX by the ending; masked unless in full. Returns how many households."""
    total = sum(move.households for move in moves)
    if path.suffix == ".xlsx" and total > MOST_IN_WORKBOOK:
        raise DomainError(_("These are %(count)s households. Take the CSV file.", count=total))
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
        if count % REPORTED == 0:
            progress(count, total)
    writer.close()
    return count


def note_households(session: Session, plan: Plan, actor: str, rows: int, full: bool) -> None:
    """Note in the trail that a list was taken out."""
    if full:
        record(session, actor, "plan.follows_full", plan_subject(plan), name=plan.name, rows=rows)
    else:
        record(session, actor, "plan.follows", plan_subject(plan), name=plan.name, rows=rows)


def write_sheets(
    session: Session,
    plan: Plan,
    moves: Sequence[Move],
    path: Path,
    scope: Scope,
    cares: Scope,
    progress: Progress = silent,
) -> int:
    """The hand-over sheets, a page to print for each pair of managers, in a ZIP. Returns how many households."""
    page = current_app.jinja_env.get_template("plans/handover_file.html")
    style = (Path(current_app.root_path) / "static" / "plans" / "handover.css").read_text("utf-8")
    count, total = 0, sum(move.households for move in moves)
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        for each in sheets_of(session, scope, cares, moves):
            text = page.render(
                plan=plan,
                day=planned_day(plan),
                each=each,
                cares=not cares.is_empty,
                care_words=care_words,
                style=Markup(style),  # noqa: S704 - the product's own
                language=str(get_locale()).replace("_", "-"),
            )
            file.writestr(
                "-".join(_name_and_code(person)[1] or "0" for person in (each.former, each.fresh)) + ".html", text
            )
            count += len(each.households)
            progress(count, total)
    return count


def note_sheets(session: Session, plan: Plan, actor: str, rows: int, asked: Mapping[str, str]) -> None:
    """Note in the trail that hand-over sheets were taken out, of a pair of managers or of all."""
    record(session, actor, "plan.hand_over", plan_subject(plan), name=plan.name, rows=rows, asked=dict(asked))


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
