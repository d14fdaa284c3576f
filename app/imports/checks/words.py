"""Checks of cells that must name something known: a unit, one of a few words, a day, a count."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from app.imports.rows import Issue, Rows, absent, as_array

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+[\d:.]+)?|(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_SERIAL_DAY_0 = date(1899, 12, 30)
"""Excel counts days from here."""


def known(rows: Rows, name: str, lookup: Mapping[str, str], issue: str) -> Iterator[Issue]:
    """A code or name of something in the register; empty is allowed."""
    rows.values[name] = rows.meant(name, lookup.get)
    unknown = absent(rows.values[name]) & (rows.codes(name) != "")
    yield Issue(issue, name, unknown, {"value": rows.codes(name)})


def word(rows: Rows, name: str, meanings: Mapping[str, str]) -> Iterator[Issue]:
    """One of a few words; empty is allowed."""
    rows.values[name] = rows.meant(name, lambda code: meanings.get(code.casefold()))
    details = {"value": rows.text(name), "known": ", ".join(meanings)}
    yield Issue("unknown_word", name, absent(rows.values[name]) & (rows.codes(name) != ""), details)


def words(rows: Rows, name: str, meanings: Mapping[str, str], separators: str = r"[;；,，、/\s]+") -> Iterator[Issue]:
    """Some of a few words, joined by ";" afterwards; empty is allowed."""
    split = re.compile(separators).split

    def meaning(code: str) -> str | None:
        meant = [meanings.get(part) for part in split(code.casefold()) if part]
        return None if None in meant else ";".join(dict.fromkeys(filter(None, meant)))

    rows.values[name] = rows.meant(name, meaning)
    yield Issue(
        "unknown_word", name, absent(rows.values[name]), {"value": rows.text(name), "known": ", ".join(meanings)}
    )


def parse_day(text: str) -> date | None:
    """A day as people, databases and Excel write it.

    >>> [str(parse_day(text)) for text in ("2026-03-01", "2026/3/1", "20260301", "2026年3月1日", "46082")]
    ['2026-03-01', '2026-03-01', '2026-03-01', '2026-03-01', '2026-03-01']
    """
    if _SERIAL.fullmatch(text):
        return _SERIAL_DAY_0 + timedelta(days=int(float(text)))
    found = _DAY.fullmatch(text)
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def day(rows: Rows, name: str) -> Iterator[Issue]:
    """A day; empty is allowed."""
    rows.values[name] = rows.meant(name, parse_day)
    texts = rows.codes(name)
    yield Issue("bad_day", name, absent(rows.values[name]) & (texts != ""), {"value": texts})


def count(rows: Rows, name: str) -> Iterator[Issue]:
    """A whole number above 0; empty is allowed."""
    texts = rows.codes(name)
    rows.values[name] = as_array([int(text) if text.isdecimal() and int(text) else None for text in texts])
    yield Issue("bad_count", name, (texts != "") & absent(rows.values[name]), {"value": texts})
