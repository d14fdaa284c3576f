"""A city's customers from CSV into the register, against a bare load of the same file into one flat table.

The file is what `gridcrm demo --files` writes: GB18030, with faulty rows at its end. The register already has the
stations, transformer areas and cells; checks, writing, assignment, the text index and the commit all count. The bare
load reads the same file from the disk, parses it and commits all its columns and rows as text in one table with the
metering point's number as its primary key: `executemany` on SQLite, COPY on PostGIS. Each is a process of its own, by
turns in the same empty database; the best of a few counts. The second peer is the database alone, taking up the same
tables finished, which is what remains when all reading, checking and assigning costs nothing: see `restored`.
"""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg
from cities import City, empty
from figures import Options, Row, alone
from flask_babel import force_locale
from restored import seconds_to_restore

from app import create_app
from app.core.access import EVERYWHERE
from app.core.database import database
from app.core.settings import Settings
from app.customers import first_texts
from app.customers.bulk.first import TABLES
from app.demo.files import CUSTOMER_COLUMNS, write
from app.imports.service import Options as How
from app.imports.service import import_file, kind_by_name

REPEATS = 2
CEILING, MEMORY_CEILING_MB = 4.0, 1_500.0
BASICS = (("stations", "stations.geojson"), ("transformer-areas", "areas.csv"), ("cells", "cells.geojson"))
CUSTOMERS = "customers.csv"
ENCODING = "gb18030"
FLAT = ", ".join(f"c{number} text" for number in range(len(CUSTOMER_COLUMNS)))
KEY = list(CUSTOMER_COLUMNS).index("meter_point_no")


def files_of(options: Options, size: int) -> Path:
    """The demo's files, kept; without the last row: its metering point is there twice, which a flat table refuses."""
    folder = options.cities.resolve() / f"files-{size}"
    if not (folder / CUSTOMERS).exists():
        making = folder.with_name(f"{folder.name}-{os.getpid()}")
        write(making, size, seed=1)
        rows = (making / CUSTOMERS).read_bytes()
        (making / CUSTOMERS).write_bytes(rows[: rows.rstrip().rindex(b"\n") + 1])
        making.rename(folder)
    return folder


def bring(url: str, folder: Path, kinds: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Import files as the command does; seconds from the first byte read to the commit."""
    app = create_app(Settings(instance=folder / "instance", database_url=url))
    with app.app_context(), force_locale("en"):
        start = time.perf_counter()
        for kind, name in kinds:
            with database().transaction() as session:
                outcome = import_file(session, kind_by_name(kind), folder / name, How(), "bench", EVERYWHERE)
        seconds = time.perf_counter() - start
        database().engine.dispose()
    return {"seconds": seconds, "assigned": outcome.assigned}


def load_bare(url: str, folder: Path) -> dict[str, float]:
    """Seconds of the bare load."""
    start = time.perf_counter()
    path = folder / CUSTOMERS
    loaded = _executemany(url, path) if url.startswith("sqlite") else _copy(url, path)
    return {"seconds": time.perf_counter() - start, "loaded": loaded}


def _executemany(url: str, path: Path) -> int:
    marks = ", ".join("?" * len(CUSTOMER_COLUMNS))
    with (
        closing(sqlite3.connect(url.removeprefix("sqlite:///").replace(".sqlite3", "-flat.sqlite3"))) as connection,
        path.open(encoding=ENCODING, newline="") as file,
    ):
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.execute(f"create table flat ({FLAT}, primary key (c{KEY}))")
        rows = csv.reader(file)
        next(rows)
        loaded = connection.executemany(f"insert into flat values ({marks})", rows).rowcount
        connection.commit()
    return loaded


def _copy(url: str, path: Path) -> int:
    with psycopg.connect(url) as connection, connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(f"create table flat ({FLAT}, primary key (c{KEY}))")
        with cursor.copy(f"copy flat from stdin (format csv, header, encoding '{ENCODING}')") as copy:
            while piece := file.read(1 << 20):
                copy.write(piece)
        return cursor.rowcount


def apart(what: str, city: City, folder: Path) -> dict[str, float]:
    """What a process of its own says of itself, with the most memory that it held."""
    command = [sys.executable, __file__, what, city.url, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def run_apart(what: str, url: str, folder: Path) -> int:
    """One of the processes."""
    runs = {
        "basics": lambda: bring(url, folder, BASICS),
        "import": lambda: bring(url, folder, [("customers", CUSTOMERS)]),
        "bare": lambda: load_bare(url, folder),
    }
    figures = runs[what]()
    print(json.dumps(figures | {"megabytes": _most_megabytes()}))
    return 0


def _most_megabytes() -> float:
    """The most memory that this program has held; getrusage would count what the one held that started it."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def of_size(options: Options, size: int, name: str) -> list[Row]:
    """The rows of one size on one database."""
    folder, imports, bare, restored = files_of(options, size), [], [], []
    for repeat in range(REPEATS):
        with empty(replace(options, databases=(name,))) as registers:
            for city in registers:
                apart("basics", city, folder)
                bare.append(apart("bare", city, folder))
                imports.append(apart("import", city, folder))
                if not repeat:
                    restored.append(seconds_to_restore(city, (*TABLES, *first_texts.TABLES)))
    whole, flat = (min(run["seconds"] for run in runs) for runs in (imports, bare))
    there = {"database": name, "size": size}
    peer = {"peer": "s, bare load", "peer_value": flat}
    restoring = {"peer": "s, restoring the same tables finished", "peer_value": min(restored)}
    return [
        Row("rows imported and assigned", imports[0]["assigned"], "rows", **there),
        Row("import, assignment and text index", whole, "s", **there, **peer),
        Row("import against bare load", whole / flat, "x", at_most=CEILING, **there),
        Row("import against restoring what it wrote", whole / min(restored), "x", **there, **restoring),
        Row("restoring against bare load", min(restored) / flat, "x", **there),
        Row(
            "most memory of an import", max(run["megabytes"] for run in imports), "MB", None, MEMORY_CEILING_MB, **there
        ),
    ]


def rows(options: Options) -> list[Row]:
    """The figures of every size and database."""
    return [row for size in options.sizes for name in options.databases for row in of_size(options, size, name)]


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(
        run_apart(given[0], given[1], Path(given[2]))
        if given and not given[0].startswith("-")
        else alone(__doc__, rows)
    )
