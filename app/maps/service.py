"""Coverage maps as files: HTML that needs no network, PDF and PNG for a wall."""

import hashlib
import itertools
import json
import tempfile
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import shapely
import typst
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.errors import DomainError, NotFound
from app.core.fonts import FONT_FOLDER
from app.core.settings import ROOT
from app.grid.queries import manager_by_code
from app.maps import queries
from app.organisation.queries import unit_by_code
from gis.coverage_map import LOAD_COLOURS, LOAD_LIMITS, NOBODY, Coverage, coverage_file, coverage_of, gathered
from gis.wall_map import UNCOVERED, wall_map

VENDOR = ROOT / "app/static/vendor"
SHEET = Path(__file__).with_name("wall.typ")
A3_MAP = (400.0, 240.0)
"""Millimetres that the map has on the A3 sheet; wall.typ leaves that much."""
FORMATS = ("html", "pdf", "png")
EDITION = 2
"""Goes up when the files that a former edition has drawn must not be shown any more."""
KEPT_FILES = 50
"""Drawn maps that stay in the cache folder."""


class Layers(NamedTuple):
    """What is drawn, and what it is called."""

    cells: gpd.GeoDataFrame
    uncovered: gpd.GeoSeries
    title: str


@dataclass(frozen=True)
class Extent:
    """What a map shows, and how it is coloured."""

    station: str | None = None
    manager: str | None = None
    by: str = "manager"


def words() -> dict[str, str]:
    """The map's words in the reader's language."""
    return {
        "by_manager": _("By manager"),
        "by_load": _("By load"),
        "stations": _("Stations"),
        "uncovered": _("Households without a cell"),
        "cell": _("Cell"),
        "manager": _("Customer manager"),
        "phone": _("Phone"),
        "households": _("Households"),
        "load": _("Load"),
        "nobody": _("Nobody"),
        "target": _("Target"),
        "station": _("Station"),
    }


def write(session: Session, scope: Scope, extent: Extent, day: date, path: Path) -> None:
    """Write the map to `path`; its ending says in which format."""
    _draw(_layers(session, scope, extent, day), extent, day, path)


def cached(session: Session, scope: Scope, extent: Extent, day: date, kind: str, folder: Path) -> Path:
    """The map as a file in `folder`, drawn again only when something that it shows has changed."""
    layers = _layers(session, scope, extent, day)
    path = folder / f"{_digest(layers, extent, day)}.{kind}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            fresh = Path(scratch) / f"map.{kind}"
            _draw(layers, extent, day, fresh)
            fresh.replace(path)
        _forget_old(folder, path)
    return path


def unknown(session: Session, scope: Scope, extent: Extent) -> dict[str, str]:
    """What is wrong with the extent, by the name of the field; empty where it is known."""
    problems: dict[str, str] = {}
    for name, code, find in (("station", extent.station, unit_by_code), ("manager", extent.manager, manager_by_code)):
        try:
            if code is not None:
                find(session, scope, code)
        except NotFound as error:
            problems[name] = str(error)
    return problems


def uncovered_geojson(session: Session, scope: Scope, extent: Extent) -> str:
    """The households outside all cells as a FeatureCollection of marks: `count` each, and nothing that names them."""
    _require(session, scope, extent)
    marks = gathered(queries.uncovered(session, scope, extent.station, extent.manager))
    features = [
        {
            "type": "Feature",
            "properties": {"name": _("Households without a cell"), "count": int(count)},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }
        for lon, lat, count in marks.tolist()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _require(session: Session, scope: Scope, extent: Extent) -> None:
    if extent.manager is not None:
        manager_by_code(session, scope, extent.manager)
    if extent.station is not None:
        unit_by_code(session, scope, extent.station)


def _layers(session: Session, scope: Scope, extent: Extent, day: date) -> Layers:
    _require(session, scope, extent)
    cells = queries.cells(session, scope, extent.station, extent.manager, day)
    if not len(cells):
        raise DomainError(_("There are no grid cells here yet. Import cells, or make them on the station's page."))
    uncovered = queries.uncovered(session, scope, extent.station, extent.manager)
    return Layers(cells, uncovered, queries.title(session, scope, extent.station, extent.manager))


def _digest(layers: Layers, extent: Extent, day: date) -> str:
    """A name for exactly this picture: its data, its words and its day."""
    cells, uncovered, title = layers
    about = [EDITION, title, words(), astuple(extent), str(day)]
    sha = hashlib.sha256(json.dumps(about, ensure_ascii=False).encode())
    sha.update(pd.DataFrame(cells.drop(columns=cells.geometry.name)).to_json(force_ascii=False).encode())
    for shapes in (cells.geometry, uncovered):
        sha.update(b"".join(shapely.to_wkb(shapes.to_numpy())))
    return sha.hexdigest()[:32]


def _forget_old(folder: Path, newest: Path) -> None:
    """Let the oldest files go; the newest is told apart by name, as the clock may have been set back."""
    others = (path for path in folder.iterdir() if path.is_file() and path != newest)
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[: 1 - KEPT_FILES]:
        path.unlink(missing_ok=True)


def _draw(layers: Layers, extent: Extent, day: date, path: Path) -> None:
    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise DomainError(_("A map is written as .html, .pdf or .png, not %(ending)s."), ending=path.suffix or "-")
    drawn = coverage_of(layers.cells, layers.uncovered, words())
    if kind == "html":
        path.write_text(coverage_file(drawn, VENDOR, str(get_locale()), extent.by), "utf-8")
    else:
        path.write_bytes(_sheet(drawn, extent, layers.title, day, kind))


def _sheet(drawn: Coverage, extent: Extent, title: str, day: date, kind: str) -> bytes:
    """An A3 sheet with title, map and legend, set by typst."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "map.svg").write_text(wall_map(drawn, *A3_MAP, by=extent.by), "utf-8")
        (root / "wall.typ").write_text(SHEET.read_text("utf-8"), "utf-8")
        facts = {
            "title": title,
            "day": format_date(day, "long"),
            "legend": _legend(drawn, extent.by),
            "figures": _figures(drawn),
        }
        (root / "facts.json").write_text(json.dumps(facts, ensure_ascii=False), "utf-8")
        return typst.compile(
            str(root / "wall.typ"), root=str(root), font_paths=[str(FONT_FOLDER)], format=kind, ppi=150
        )  # type: ignore[call-overload]


def _legend(drawn: Coverage, by: str) -> list[list[str]]:
    rows: list[list[str]] = []
    if by == "load":
        limits = [f"{limit:.0%}" for limit in LOAD_LIMITS]
        texts = [f"< {limits[0]}", *(f"{a} – {b}" for a, b in itertools.pairwise(limits)), f"> {limits[-1]}"]
        rows += [list(pair) for pair in zip(LOAD_COLOURS, texts, strict=True)]
    elif len(drawn.managers) <= 40:
        rows += [[row.colour, f"{row.name} {row.phone or ''}"] for row in drawn.managers.itertuples(index=False)]
    if (drawn.cells["manager"] < 0).any():
        rows.append([NOBODY, _("Nobody")])
    if len(drawn.uncovered):
        rows.append([UNCOVERED, _("Households without a cell")])
    return rows


def _figures(drawn: Coverage) -> list[list[str]]:
    return [
        [_("Grid cells"), f"{len(drawn.cells):,}"],
        [_("Customer managers"), f"{len(drawn.managers):,}"],
        [_("Households"), f"{int(drawn.cells['households'].sum()):,}"],
        [_("Households without a cell"), f"{int(drawn.uncovered[:, 2].sum()) if len(drawn.uncovered) else 0:,}"],
    ]
