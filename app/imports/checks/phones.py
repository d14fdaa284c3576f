"""Checks of phones: several may stand in one cell."""

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.core.phones import normalise
from app.core.settings import settings
from app.imports.rows import Issue, Mask, Rows, Texts, as_array

_PLAIN = re.compile(r"1[3-9][0-9]{9}|0[2-9][0-9]{2}[1-9][0-9]{6,7}")
"""Mobiles and land lines that are written as they are stored: most of a file, and nothing to think about."""
_BETWEEN = re.compile(r"[;；/、,，|]+")
_PLAIN_LIST = f"^(?:{_PLAIN.pattern})(?:;(?:{_PLAIN.pattern}))*$"


@lru_cache(maxsize=100_000)
def _parse(cell: str, area_code: str) -> tuple[str, ...] | None:
    """The stored forms of all phones in a cell; None when one of them is no phone."""
    if _PLAIN.fullmatch(cell):
        return (cell,)
    for parts in (_BETWEEN.split(cell), cell.split()):
        found = [_parse(part.strip(), area_code) for part in parts if part.strip()] if len(parts) > 1 else [None]
        if None not in found:
            return tuple(dict.fromkeys(number for numbers in found for number in numbers or ()))
    whole = normalise(cell, area_code)
    return None if whole is None else (whole,)


def phones(rows: Rows, names: tuple[str, ...], into: str) -> Iterator[Issue]:
    """Phones of several fields as one ";"-joined list; empty is allowed, a bad one is not."""
    lists = as_array([""] * len(rows))
    for name in filter(rows.has, names):
        cells = rows.text(name)
        found, bad = _read(rows, name)
        yield Issue("bad_phone", name, bad, {"value": cells})
        both = np.flatnonzero((lists != "") & (found != ""))
        joined = [";".join(dict.fromkeys(f"{lists[at]};{found[at]}".split(";"))) for at in both]
        lists = np.where(lists == "", found, lists)
        lists[both] = joined
    rows.values[into] = lists


def _read(rows: Rows, name: str) -> tuple[Texts, Mask]:
    """The phones of each cell, and where something is none; plain ones, most of a file, are taken as they stand."""
    area_code, found = settings().area_code, rows.text(name).copy()
    listed = pc.replace_substring_regex(rows.column(name), _BETWEEN.pattern, ";")
    plain = np.asarray(pc.match_substring_regex(listed, _PLAIN_LIST), dtype=bool)
    several = plain & np.asarray(pc.match_substring(listed, ";"), dtype=bool)
    lists = listed.filter(pa.array(several)).to_pylist()
    found[several] = as_array([";".join(dict.fromkeys(numbers.split(";"))) for numbers in lists])
    bad = np.zeros(len(rows), dtype=bool)
    for at in np.flatnonzero(~plain & ~rows.empty(name)):
        numbers = _parse(found[at], area_code)
        found[at], bad[at] = ";".join(numbers or ()), numbers is None
    return found, bad


def phone(rows: Rows, name: str) -> Iterator[Issue]:
    """One phone; empty is allowed."""
    area_code, cells = settings().area_code, rows.text(name)
    read = [normalise(cell, area_code) if cell else None for cell in cells]
    rows.values[name] = as_array(read)
    bad = np.array([cell != "" and number is None for cell, number in zip(cells, read, strict=True)], dtype=bool)
    yield Issue("bad_phone", name, bad, {"value": cells})
