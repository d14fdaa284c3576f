"""Text that a spreadsheet must not take for a formula."""

import re

_STARTS = "=+\\-@\t\r＝＋－＠"
_FORMULA = re.compile(f"'*[{_STARTS}]")
_GUARDED = re.compile(f"'+[{_STARTS}]")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might take the cell for a formula, or for one that is already guarded."""
    return _FORMULA.match(cell) is not None


def harmless(cell: str) -> str:
    """The cell for a CSV file: with an apostrophe before what a spreadsheet would take for a formula.

    >>> harmless("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    >>> harmless("陈建国")
    '陈建国'
    """
    return f"'{cell}" if is_formula(cell) else cell


def as_typed(cell: str) -> str:
    """The cell of a CSV file without the apostrophe that `harmless` has put before it.

    >>> as_typed(harmless("-1")), as_typed(harmless("'=1")), as_typed("'quoted'")
    ('-1', "'=1", "'quoted'")
    """
    return cell[1:] if _GUARDED.match(cell) else cell
