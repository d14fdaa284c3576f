"""What a benchmark measures and how it is shown: rows, their floors and peers, the table, the growth with size.

A module `bench_<name>.py` beside this file has a function `rows(options: Options) -> list[Row]`; `bench.py` runs them
all. A row whose `size` is given is measured at each of `options.sizes`; the same `what` and `database` at several sizes
is one line of the table, and gives an exponent. Floors hold for the largest size.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATABASES = ("sqlite", "postgis")
SIZES = (200_000, 600_000, 1_780_000)


@dataclass(frozen=True)
class Options:
    """What to measure on: sizes of demo cities in households, rising; databases; the folder that keeps the cities."""

    sizes: tuple[int, ...] = SIZES
    databases: tuple[str, ...] = DATABASES
    cities: Path = ROOT / "instance-bench"

    @property
    def size(self) -> int:
        """The size for which the floors hold."""
        return self.sizes[-1]


@dataclass(frozen=True)
class Row:
    """One figure, with the bound it has to keep, if any, and what its peer took in the same run."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    database: str = ""
    size: int | None = None
    peer: str = ""
    peer_value: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it keeps its bounds, as a plain bool even where the value is numpy's."""
        is_enough = self.at_least is None or self.value >= self.at_least
        return bool(is_enough and (self.at_most is None or self.value <= self.at_most))


@dataclass(frozen=True)
class Line:
    """The rows of one figure, by rising size."""

    rows: Sequence[Row]

    @property
    def last(self) -> Row:
        """The row at the full size, for which the floor holds."""
        return self.rows[-1]

    @property
    def exponent(self) -> float | None:
        """The slope of the figure over the size, both as logarithms: 0 stays, 1 is linear; None without two sizes."""
        known = [(math.log(row.size), math.log(row.value)) for row in self.rows if row.size and row.value > 0]
        if len({size for size, _value in known}) < 2:
            return None
        size_mean, value_mean = (sum(axis) / len(known) for axis in zip(*known, strict=True))
        spread = sum((size - size_mean) ** 2 for size, _value in known)
        return sum((size - size_mean) * (value - value_mean) for size, value in known) / spread

    @property
    def cells(self) -> list[str]:
        """What stands in the table."""
        last, exponent = self.last, self.exponent
        smaller = ", ".join(_number(row.value) for row in self.rows[:-1])
        bounds = [f">= {last.at_least:g}"] if last.at_least is not None else []
        bounds += [f"<= {last.at_most:g}"] if last.at_most is not None else []
        peer = "" if last.peer_value is None else f"{_number(last.peer_value)} {last.peer}"
        return [
            last.what,
            last.database,
            f"{_number(last.value)} {last.unit}".rstrip(),
            " ".join(bounds),
            ("ok" if last.holds else "MISSED") if bounds else "",
            peer or last.peer,
            smaller,
            "" if exponent is None else f"{exponent:.2f}",
        ]


HEADS = ("what", "database", "figure", "bound", "", "peer in the same run", "at smaller sizes", "exponent")


def _number(value: float) -> str:
    """Three significant digits, and whole numbers as such."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def lines(rows: Sequence[Row]) -> list[Line]:
    """The figures in the order in which they first came."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault((row.what, row.database), []).append(row)
    return [Line(sorted(group, key=lambda row: row.size or 0)) for group in grouped.values()]


def table(rows: Sequence[Row]) -> str:
    """The figures as a table that reads in a terminal and is Markdown."""
    cells = [list(HEADS), *(line.cells for line in lines(rows))]
    widths = [max(len(row[at]) for row in cells) for at in range(len(HEADS))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([text[0], "| " + " | ".join("-" * width for width in widths) + " |", *text[1:]])


def missed(rows: Sequence[Row]) -> list[str]:
    """The figures that do not keep their bound at the full size."""
    return [f"{line.last.what} {line.last.database}".rstrip() for line in lines(rows) if not line.last.holds]


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows with whether they hold."""
    return [asdict(row) | {"holds": row.holds} for row in rows]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that every benchmark has."""
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="households, rising; bounds: the last")
    parser.add_argument("--databases", default=",".join(DATABASES), help="which of them")
    parser.add_argument("--cities", type=Path, default=Options.cities, help="the folder that keeps the demo cities")
    parser.add_argument("--json", type=Path, help="write the figures there too")


def options_from(arguments: argparse.Namespace) -> Options:
    """What was asked for."""
    sizes = tuple(sorted(int(size.replace("_", "")) for size in arguments.sizes.split(",")))
    return Options(sizes, tuple(arguments.databases.split(",")), arguments.cities.resolve())


def alone(description: str | None, rows: Any) -> int:
    """Run one benchmark by itself: print its table, write its rows where asked, and give the exit code."""
    parser = argparse.ArgumentParser(description=description)
    add_options(parser)
    arguments = parser.parse_args()
    measured = rows(options_from(arguments))
    print(table(measured))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(as_json(measured), indent=1) + "\n", "utf-8")
    return 1 if missed(measured) else 0
