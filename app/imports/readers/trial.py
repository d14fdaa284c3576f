"""Reads a file once, with little memory and time, before the application does: a file that kills, kills this alone.

A script of its own, which must not import the application: `python trial.py sheet|shapes PATH MEGABYTES SECONDS`.
"""

import resource
import sys

SOUND, WIDE, NOT_READ = 0, 3, 4
MOST_COLUMNS = 1000


def sheet(path: str) -> int:
    """Every sheet of a workbook; a parser lays its cells out from the first to the last, however far apart they are."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(path)
        widths = [book.get_sheet_by_name(name).width for name in book.sheet_names]
    except (CalamineError, PasswordError, OSError):
        return NOT_READ
    return WIDE if max(widths, default=0) > MOST_COLUMNS else SOUND


def shapes(path: str) -> int:
    """The first layer of a geometry file."""
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyogrio.raw import read

    try:
        columns = read(path)[0]["fields"]
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError):
        return NOT_READ
    return WIDE if len(columns) > MOST_COLUMNS else SOUND


if __name__ == "__main__":
    kind, path, megabytes, seconds = sys.argv[1:]
    most = int(megabytes) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit({"sheet": sheet, "shapes": shapes}[kind](path))
