"""Geometry files: GeoJSON, GeoPackage, Shapefile (bare or zipped)."""

import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from flask_babel import gettext as _
from pyogrio.errors import DataLayerError, DataSourceError

from app.core.errors import DomainError
from app.imports.readers.content import JSON_SUFFIXES, require_bounded, require_kind, require_small_shapes
from app.imports.readers.encoding import detect
from app.imports.readers.table import BLOCK_ROWS, Block, Table

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".zip")
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""Of an archive nothing else is unpacked."""


def open_shapes(path: Path, encoding: str | None = None) -> Table:
    """Read all features of the first layer."""
    if path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory() as folder:
            frame = _read(_unpacked(path, Path(folder)), encoding)
    else:
        frame = _read(path, encoding)
    crs = frame.crs.to_wkt() if frame.crs is not None else None
    text = _as_text(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    geometry = frame.geometry.to_numpy()
    return Table(list(text.columns), _blocks(text, geometry), "shapes", encoding, crs, has_geometry=True)


def _unpacked(path: Path, folder: Path) -> Path:
    """The shapefile of an archive, unpacked beside its parts under plain names."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            shapes = [Path(member.filename) for member in members if member.filename.lower().endswith(".shp")]
            if len(shapes) != 1:
                raise DomainError(_("A .zip must hold exactly one shapefile (.shp, .shx, .dbf, .prj)."))
            for member in members:
                name = Path(member.filename)
                if name.stem == shapes[0].stem and name.suffix.lower() in PARTS:
                    require_small_shapes(member.file_size)
                    (folder / f"layer{name.suffix.lower()}").write_bytes(archive.read(member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DomainError(_("The .zip is damaged. Pack it again.")) from error
    require_kind(folder / "layer.shp", ".shp")
    return folder / "layer.shp"


def _read(path: Path, encoding: str | None) -> gpd.GeoDataFrame:
    require_small_shapes(path.stat().st_size)
    source = _source(path)
    require_bounded(path, "shapes", source)
    options = {"encoding": encoding} if encoding else _dbf_encoding(path)
    try:
        frame = pyogrio.read_dataframe(source, force_2d=True, **options)
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError) as error:
        text = _("The file holds no geometry that can be read. Export it again as GeoJSON, GeoPackage or Shapefile.")
        raise DomainError(text) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DomainError(_("The file has rows but no shapes. Choose the layer that has the polygons."))
    return frame


def _source(path: Path) -> str:
    """What GDAL is asked for. It goes by content: JSON and XML that tell it to read other files must not reach it."""
    return f"GeoJSON:{path}" if path.suffix.lower() in JSON_SUFFIXES else str(path)


def _dbf_encoding(path: Path) -> dict[str, str]:
    """A shapefile without a .cpg does not say its encoding; Chinese ones are seldom Latin-1."""
    table = path.with_suffix(".dbf")
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists() or not table.exists():
        return {}
    first_record = struct.unpack("<H", table.read_bytes()[8:10])[0]
    return {"encoding": detect(table, start=first_record)}


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """All attributes as text; nested ones, which no field can hold, are left out."""
    nested = [
        name for name in frame.columns if frame[name].map(lambda v: isinstance(v, dict | list | np.ndarray)).any()
    ]
    plain = frame.drop(columns=nested)
    text = pd.DataFrame({str(name): plain[name].map(_text).astype(object) for name in plain.columns})
    text.index = pd.RangeIndex(1, len(frame) + 1)
    return text


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list | np.ndarray)


def _text(value: Any) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return str(value)


def _blocks(text: pd.DataFrame, geometry: Any) -> Iterator[Block]:
    for start in range(0, len(text), BLOCK_ROWS):
        part = text.iloc[start : start + BLOCK_ROWS]
        done = (start + len(part)) / len(text)
        yield Block(part, np.fromiter(((),) * len(part), dtype=object), done, geometry[start : start + BLOCK_ROWS])
