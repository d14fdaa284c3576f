"""What was wrong with a file: counted, kept for the page, and written so that it can be mended and imported again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import shapely
from flask_babel import gettext as _

from app.imports.columns import OWN_MARK
from app.imports.fields import Kind
from app.imports.issues import sentence
from app.imports.readers import Block
from app.imports.rows import Issue, Rows
from app.imports.sheets_out import Writer, writer_for

KEPT_ISSUES = 200
"""So many are kept for the page; the error file holds them all."""


class Report:
    """Gathers the issues of a file; as a context manager it closes the error file."""

    def __init__(
        self, kind: Kind, mapping: Mapping[str, str], headings: Sequence[str], path: Path | None, has_geometry: bool
    ) -> None:
        self.codes: Counter[str] = Counter()
        self.issues: list[dict[str, Any]] = []
        self.warnings: list[dict[str, Any]] = []
        self.rows = self.rejected = 0
        self._labels = {field.name: field.label for field in kind.fields}
        self._mapping = mapping
        self._headings = [heading for heading in headings if not heading.startswith(OWN_MARK)]
        self._has_geometry = has_geometry
        self._path = path
        self._writer: Writer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, block: Block, rows: Rows) -> None:
        """Take over what the checks said of a block."""
        self.rows += len(rows)
        self.rejected += int(rows.rejected.sum())
        of_row: dict[int, list[Issue]] = {}
        for issue in rows.issues:
            self.codes[issue.code] += int(issue.mask.sum())
            for position in issue.mask.nonzero()[0].tolist():
                of_row.setdefault(position, []).append(issue)
        for position in sorted(of_row):
            noted = [self._note(rows, position, issue) for issue in of_row[position]]
            self.issues.extend(noted[: max(KEPT_ISSUES - len(self.issues), 0)])
            if rows.rejected[position] and self._path is not None:
                self._write(block, position, noted)

    def add_file_issue(self, code: str, details: dict[str, Any]) -> None:
        """Take over what is said once for the whole file."""
        self.codes[code] += 1
        self.warnings.append({"code": code, "details": details})

    def _note(self, rows: Rows, position: int, issue: Issue) -> dict[str, Any]:
        field = issue.field
        return {
            "row": int(rows.numbers[position]),
            "field": field,
            "column": self._mapping.get(field) if field else None,
            "value": str(rows.text(field)[position])[:200] if field else "",
            "code": issue.code,
            "details": {"label": str(self._labels[field]) if field else "", **issue.details_of(position)},
        }

    def _write(self, block: Block, position: int, noted: list[dict[str, Any]]) -> None:
        cells = [str(cell) for cell in block.text[self._headings].iloc[position]]
        if self._has_geometry and block.geometry is not None:
            cells.append(shapely.to_wkt(block.geometry[position], rounding_precision=9) or "")
        reasons = "; ".join(reason(note) for note in noted)
        self._open().write([*cells, str(noted[0]["row"]), reasons, *block.surplus[position]])

    def _open(self) -> Writer:
        if self._writer is None:
            assert self._path is not None  # noqa: S101 - only called where there is a path
            self._writer = writer_for(self._path)
            geometry = ["geometry"] if self._has_geometry else []
            self._writer.write(
                [*self._headings, *geometry, f"{OWN_MARK} {_('Row')}", f"{OWN_MARK} {_('What is wrong')}"]
            )
        return self._writer


def reason(note: Mapping[str, Any]) -> str:
    """An issue of a row as one sentence, with the column it is about."""
    said = sentence(note["code"], note["details"])
    return f"{note['column']}: {said}" if note["column"] else said
