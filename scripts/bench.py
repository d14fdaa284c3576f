"""Run every bench_*.py beside this file, print their figures beside their peers', and fail when one misses its bound.

The figures also go to a JSON file and, from runs of everything at all sizes, to docs/figures.md; where only some are
run again, the others stay there as they were measured, each with its own date.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from figures import DATABASES, ROOT, SIZES, Options, Row, add_options, as_json, missed, options_from, table

HERE = Path(__file__).resolve().parent
REPORT = ROOT / "docs" / "figures.md"
PACKAGES = ("sqlalchemy", "psycopg", "numpy", "shapely", "geopandas", "sedonadb", "pyarrow", "typst", "folium")


def names() -> list[str]:
    """The benchmarks there are."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def machine() -> dict[str, str]:
    """What it was measured on."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processor": f"{os.cpu_count()} x {cpu or platform.machine()}",
        "memory": f"{memory / 2**20:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        **_database_versions(),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []


def _database_versions() -> dict[str, str]:
    import sqlite3

    from tests.postgis import find_programs

    programs = find_programs()
    return {"SQLite": sqlite3.sqlite_version, "PostgreSQL": programs.parent.name if programs else "none"}


def report(options: Options, measured: dict[str, dict[str, Any]]) -> str:
    """The page of figures."""
    sizes = ", ".join(f"{size:,}" for size in options.sizes)
    parts = [
        "# Figures",
        "Written by `make bench`; every figure stands beside its peer of the same run. "
        f"Demo cities of {sizes} households; bounds hold for the largest. The exponent is the slope of the figure over "
        "the size (both as logarithms): 0 stays the same, 1 grows as the city does.",
        "\n".join(f"- {name}: {value}" for name, value in machine().items()),
    ]
    for name, part in measured.items():
        rows = [Row(**{key: value for key, value in row.items() if key != "holds"}) for row in part["rows"]]
        parts += [f"## {name.capitalize()}", f"Measured on {part['date'][:10]}.", table(rows)]
    return "\n\n".join(parts) + "\n"


def _kept(path: Path) -> dict[str, dict[str, Any]]:
    """What earlier runs on this machine have measured: what is measured again takes its own place there."""
    known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    parts: dict[str, dict[str, Any]] = known.get("figures", {}) if known.get("machine") == machine() else {}
    return parts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.set_defaults(json=ROOT / "build" / "bench.json")
    parser.add_argument("only", nargs="*", metavar="name", help=f"only these: {', '.join(names())}")
    arguments = parser.parse_args()
    options, chosen = options_from(arguments), arguments.only or names()
    is_whole = options.sizes == SIZES and options.databases == DATABASES
    measured = _kept(arguments.json) if is_whole and arguments.only else {}
    missing = []
    for name in chosen:
        print(f"\n== {name}", flush=True)
        began, date = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
        rows = importlib.import_module(f"bench_{name}").rows(options)
        measured[name] = {"date": date, "seconds": time.perf_counter() - began, "rows": as_json(rows)}
        missing += missed(rows)
        print(table(rows), flush=True)
    measured = {name: measured[name] for name in sorted(measured)}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({"machine": machine(), "figures": measured}, indent=1) + "\n", "utf-8")
    if is_whole and set(measured) == set(names()):
        REPORT.write_text(report(options, measured), "utf-8")
    for what in missing:
        print(f"MISSED: {what}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
