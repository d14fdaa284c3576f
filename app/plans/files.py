"""A plan as a file, and a file into a plan: which cell goes to which manager."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.audit.service import record
from app.core.errors import DomainError
from app.core.formulas import harmless
from app.imports.readers import Table, open_table
from app.organisation.queries import in_one_line, parents
from app.plans import queries, steps
from app.plans.models import Plan, PlanStep
from app.plans.service import plan_subject

BOM = "\ufeff"
"""By this spreadsheets know UTF-8."""
CELL_HEADINGS = frozenset({"cell", "cell code", "code", "key", "网格", "网格编码", "网格编号"})
MANAGER_HEADINGS = frozenset({"manager", "manager code", "客户经理", "客户经理编码", "客户经理编号"})


@dataclass(frozen=True)
class Wrong:
    """A row of a file that was not taken, and why."""

    row: int
    text: str


@dataclass(frozen=True)
class Taken:
    """What a file did: the step (None where it changed nothing), its cells, and the rows that were not taken."""

    step: PlanStep | None
    cells: int
    wrong: Sequence[Wrong]


def csv_of(session: Session, plan: Plan) -> Iterator[str]:
    """Cell and manager, with what helps to read them, a line at a time; a spreadsheet knows it for UTF-8."""
    names = [_("cell code"), _("manager code"), _("manager name"), _("households"), _("manager code before")]
    yield BOM + _line(names)
    for row in queries.owners_of(session, plan):
        yield _line([row.key, row.manager or "", row.name or "", str(row.households), row.before or ""])


def geojson_of(session: Session, plan: Plan) -> str:
    """The cells with their shapes (EPSG:4326): cell, manager, name, households, before."""
    shapes = {row.key: bytes(row.shape) for row in queries.shapes_of(session, plan)}
    rows = queries.owners_of(session, plan)
    drawn = shapely.to_geojson(shapely.from_wkb([shapes[row.key] for row in rows]))
    features = []
    for row, shape in zip(rows, drawn, strict=True):
        said = {
            "cell": row.key,
            "manager": row.manager,
            "name": row.name,
            "households": row.households,
            "before": row.before,
        }
        features.append(f'{{"type":"Feature","properties":{json.dumps(said, ensure_ascii=False)},"geometry":{shape}}}')
    return '{"type":"FeatureCollection","features":[' + ",\n".join(features) + "]}"


def take_file(session: Session, plan: Plan, path: Path, name: str, actor: str) -> Taken:
    """Give the cells that a file names to the managers that it names, as one step; shapes in it are not read.

    Rows that cannot be taken are left out and told; an empty manager means nobody.
    """
    steps.editable(session, plan)
    asked = list(_rows(open_table(path, _score, name=name)))
    wanted, wrong = _checked(session, plan, asked)
    if not wanted:
        return Taken(None, 0, wrong)
    step = steps.take(session, plan, "import", wanted, actor, plan.version, {"file": name})
    record(session, actor, "plan.import", plan_subject(plan), cells=len(wanted), rejected=len(wrong), step=step.number)
    return Taken(step, len(wanted), wrong)


def _rows(table: Table) -> Iterator[tuple[int, str, str]]:
    """Number, cell and manager of every row."""
    headings = {_plain(heading): heading for heading in reversed(table.headings)}
    cell = next((headings[each] for each in headings if each in CELL_HEADINGS), None)
    manager = next((headings[each] for each in headings if each in MANAGER_HEADINGS), None)
    if cell is None or manager is None:
        text = _("The file needs two columns: “%(cell)s” and “%(manager)s”.")
        raise DomainError(text, cell=_("cell code"), manager=_("manager code"))
    for block in table.blocks:
        pairs = block.text[[cell, manager]].itertuples(name=None)
        yield from ((int(number), str(key).strip(), str(code).strip()) for number, key, code in pairs)


def _score(headings: Sequence[str]) -> int:
    return sum(_plain(heading) in CELL_HEADINGS | MANAGER_HEADINGS for heading in headings)


def _plain(heading: str) -> str:
    return heading.strip().lower().replace("_", " ")


def _checked(
    session: Session, plan: Plan, asked: Sequence[tuple[int, str, str]]
) -> tuple[dict[str, dict[str, str | None]], list[Wrong]]:
    """What changes, and the rows that cannot be taken."""
    cells = {row.key: row for row in queries.owners_of(session, plan)}
    stations = queries.stations_of_managers(session, {code for _row, _key, code in asked if code})
    names = queries.names_of_managers(session, stations)
    units = parents(session)
    seen: dict[str, int] = {}
    wanted: dict[str, dict[str, str | None]] = {}
    wrong: list[Wrong] = []
    for number, key, code in asked:
        cell = cells.get(key)
        if cell is None:
            wrong.append(Wrong(number, _no_cell(plan, key)))
        elif key in seen:
            wrong.append(Wrong(number, _("Cell %(cell)s stands in row %(row)s already.", cell=key, row=seen[key])))
        elif code and code not in stations:
            wrong.append(Wrong(number, _("There is no customer manager %(code)s.", code=code)))
        elif code and not in_one_line(units, stations[code], cell.station_id):
            wrong.append(Wrong(number, _elsewhere(key, code, names)))
        elif code == (cell.manager or ""):
            seen[key] = number
        elif cell.locked:
            wrong.append(Wrong(number, _("%(cells)s: locked. Unlock first what is to move.", cells=key)))
        else:
            seen[key], wanted[key] = number, {"manager": code or None}
    return wanted, wrong


def _no_cell(plan: Plan, key: str) -> str:
    if not key:
        return _("The row names no cell.")
    return _("Plan “%(name)s” has no cell %(key)s.", name=plan.name, key=key)


def _elsewhere(key: str, code: str, names: Mapping[str, str]) -> str:
    text = _("%(cells)s: of another station than %(name)s. A cell never leaves its station.")
    return text % {"cells": key, "name": names[code]}


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()
