"""Checks of phones: several may stand in one cell."""

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from app.core.phones import normalise
from app.core.settings import settings
from app.imports.rows import Issue, Rows, as_array

_PLAIN = re.compile(r"1[3-9][0-9]{9}|0[2-9][0-9]{2}[1-9][0-9]{6,7}")
"""Mobiles and land lines that are written as they are stored: most of a file, and nothing to think about."""
_BETWEEN = re.compile(r"[;；/、,，|]+")


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
    area_code, plain = settings().area_code, _PLAIN.fullmatch
    given = [name for name in names if rows.has(name)]
    lists: list[list[tuple[str, ...] | None]] = []
    for name in given:
        cells = rows.text(name)
        read = [() if cell == "" else (cell,) if plain(cell) else _parse(cell, area_code) for cell in cells]
        lists.append(read)
        yield Issue("bad_phone", name, np.array([found is None for found in read], dtype=bool), {"value": cells})
    rows.values[into] = as_array([_joined(found) for found in zip(*lists, strict=True)] if lists else [""] * len(rows))


def _joined(found: tuple[tuple[str, ...] | None, ...]) -> str:
    if len(found) == 1:
        return ";".join(found[0] or ())
    return ";".join(dict.fromkeys(number for numbers in found for number in numbers or ()))


def phone(rows: Rows, name: str) -> Iterator[Issue]:
    """One phone; empty is allowed."""
    area_code, cells = settings().area_code, rows.text(name)
    read = [normalise(cell, area_code) if cell else None for cell in cells]
    rows.values[name] = as_array(read)
    bad = np.array([cell != "" and number is None for cell, number in zip(cells, read, strict=True)], dtype=bool)
    yield Issue("bad_phone", name, bad, {"value": cells})
