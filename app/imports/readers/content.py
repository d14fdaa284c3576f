"""What a file really is, and whether it can be read in bounded time and memory: asked before any parser sees it."""

import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from flask_babel import gettext as _

from app.core.errors import DomainError
from app.imports.readers import trial

ZIP, OLE, SQLITE, SHAPEFILE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"SQLite format 3\0", b"\x00\x00\x27\x0a"
BEGINNINGS = {
    ".xlsx": (ZIP, OLE),  # OLE: a workbook under a password
    ".xlsm": (ZIP, OLE),
    ".xlsb": (ZIP, OLE),
    ".ods": (ZIP,),
    ".xls": (OLE,),
    ".zip": (ZIP,),
    ".gpkg": (SQLITE,),
    ".shp": (SHAPEFILE,),
}
JSON_SUFFIXES = (".geojson", ".json")
FOREIGN = (ZIP, OLE, SQLITE, SHAPEFILE, b"%PDF", b"\x7fELF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")
"""What no text file begins with."""
OFFICE_PARTS = {".xlsx": "[Content_Types].xml", ".xlsm": "[Content_Types].xml", ".xlsb": "[Content_Types].xml"}
OFFICE_PARTS |= {".ods": "content.xml"}
MOST_MEMBERS = 10_000
MOST_UNPACKED = 4 * 2**30
SMALL_UNPACKED = 64 * 2**20
MOST_RATIO = 200
"""Spreadsheets shrink to a tenth or so, never to a two-hundredth; deflate can reach a thousandth."""
LARGEST_SHAPES = 256 * 2**20
MEGABYTES = {"sheet": 3072, "shapes": 3072}
SECONDS = 120


def require_kind(path: Path, suffix: str) -> None:
    """Refuse a file that is not what its name says."""
    with path.open("rb") as file:
        head = file.read(512)
    if suffix in BEGINNINGS:
        sound = head.startswith(BEGINNINGS[suffix])
    elif suffix in JSON_SUFFIXES:
        sound = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    else:
        sound = not head.startswith(FOREIGN)
    if not sound:
        text = _("The file ends in “%(suffix)s”, but it is something else inside. Save it in that format again.")
        raise DomainError(text, suffix=suffix)
    if head.startswith(ZIP):
        _require_sound_archive(path, suffix)
    if suffix == ".gpkg":
        _require_plain_tables(path)


def _require_sound_archive(path: Path, suffix: str) -> None:
    """By what the archive says of itself, which is all that Python's unpacking goes by."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _require_small(members, path.stat().st_size)
            wanted = OFFICE_PARTS.get(suffix)
            if wanted is None:
                return
            if wanted not in archive.namelist():
                raise DomainError(_not_a_sheet())
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    _require_no_definitions(archive, member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise DomainError(_("The .zip is damaged. Pack it again.") if suffix == ".zip" else _not_a_sheet()) from error


def _not_a_sheet() -> str:
    return _("The file is no spreadsheet that can be read. Open it in Excel or WPS and save it as .xlsx again.")


def _require_small(members: list[zipfile.ZipInfo], packed: int) -> None:
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > max(SMALL_UNPACKED, min(MOST_UNPACKED, MOST_RATIO * packed)):
        text = _("Unpacked, the file would have %(size)s MB in %(count)s parts. Split it into several smaller files.")
        raise DomainError(text, size=f"{unpacked / 1e6:,.0f}", count=len(members))


def _require_no_definitions(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """No spreadsheet program writes a document type; it is there to make a parser swell, or read other files."""
    with archive.open(member) as part:
        if b"<!DOCTYPE" in part.read(4096).replace(b"\0", b"").upper():
            raise DomainError(_not_a_sheet())


def _require_plain_tables(path: Path) -> None:
    """Layers must be tables of data: views, computed columns and foreign modules run what somebody else has written."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("pragma trusted_schema = off")
            kinds = dict(database.execute("select name, type from sqlite_master where type in ('table', 'view')"))
            made = [sql for (sql,) in database.execute("select sql from sqlite_master where sql is not null")]
            layers = [name for (name,) in database.execute("select table_name from gpkg_contents")]
            hidden = [
                column
                for name in layers
                if kinds.get(name) == "table"
                for (column,) in database.execute("select hidden from pragma_table_xinfo(?)", [name])
                if column
            ]
    except sqlite3.Error as error:
        raise DomainError(_("The GeoPackage is damaged, or holds no layers. Export it again.")) from error
    modules = [sql.lower().split("using", 1)[-1].split("(")[0].strip() for sql in made if _is_virtual(sql)]
    if hidden or any(kinds.get(name) == "view" for name in layers) or any(module != "rtree" for module in modules):
        text = _("The GeoPackage has views or computed columns. Export the layer as a plain table into a new file.")
        raise DomainError(text)


def _is_virtual(sql: str) -> bool:
    return sql.lower().split()[:2] == ["create", "virtual"]


def require_bounded(path: Path, kind: str, source: str | None = None) -> None:
    """Read the file in a process that may take so much memory and time and no more; refuse it where that fails."""
    state = path.stat()
    _require_bounded(source or str(path), kind, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=256)
def _require_bounded(source: str, kind: str, _state: tuple[int, int, int]) -> None:
    """Once for each state of a file, for its page is looked at again and again."""
    command = [sys.executable, trial.__file__, kind, source, str(MEGABYTES[kind]), str(SECONDS)]
    try:
        run = subprocess.run(command, capture_output=True, timeout=2 * SECONDS, check=False)  # noqa: S603 - our own script
        code = run.returncode
    except subprocess.TimeoutExpired:
        code = None
    if code == trial.WIDE:
        raise DomainError(too_wide())
    if code not in (trial.SOUND, trial.NOT_READ):
        text = _(
            "To read the file takes more memory or time than this installation gives. Delete what stands far outside "
            "the table, or split the file, and save it again."
        )
        raise DomainError(text)


def require_small_shapes(size: int) -> None:
    """Refuse geometry that would not fit into memory."""
    if size > LARGEST_SHAPES:
        text = _("The shapes take %(size)s MB; %(most)s MB are the most. Simplify them, or split the file.")
        raise DomainError(text, size=f"{size / 2**20:,.0f}", most=LARGEST_SHAPES // 2**20)


def too_wide() -> str:
    """What is said of too many columns."""
    return _("The file has more than %(most)s columns. Delete those that are not needed.", most=trial.MOST_COLUMNS)
