"""The names of the kinds of rejection."""

from app.imports.issue_names import NAMES
from app.imports.issues import CODES, REJECTS


def test_every_rejection_has_a_name() -> None:
    assert set(NAMES) == {code for code, kind in CODES.items() if kind.severity == REJECTS}
