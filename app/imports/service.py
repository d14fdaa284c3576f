"""Files in: read, checked, written, assigned and indexed in one transaction."""

import dataclasses
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.assignment.service import assign
from app.audit.service import record
from app.core import staging
from app.core.access import Scope
from app.core.errors import DomainError
from app.core.model import now
from app.core.progress import Progress, silent
from app.customers.search import index_accounts
from app.imports import changes, columns
from app.imports.crs_hint import Hint, crs_hint
from app.imports.fields import KINDS, Kind
from app.imports.kinds import Importer, Result, importer_for
from app.imports.models import ImportRun
from app.imports.readers import Block, Table, open_table
from app.imports.report import Report
from app.imports.rows import Issue, Rows
from app.jobs.models import Job
from app.jobs.service import enqueue
from gis.coordinates import geometry_to_wgs84, to_wgs84

STAGES = {"read": (0, 40), "write": (40, 75), "assign": (75, 90), "index": (90, 100)}
"""Shares of the progress bar, in hundredths."""


@dataclass(frozen=True)
class Options:
    """How a file is to be read."""

    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    sheet: str | None = None
    dry_run: bool = False
    errors: Path | None = None
    filename: str | None = None
    """What the file is called, where it lies under another name."""


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    rows: int
    accepted: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    assigned: int
    unassigned: int
    seconds: float
    codes: dict[str, int]
    warnings: list[dict[str, Any]]
    issues: list[dict[str, Any]]
    behind: dict[str, Any]
    """The things made and changed: see `app.imports.changes`."""

    def figures(self) -> dict[str, Any]:
        """The counts alone."""
        names = [known.name for known in dataclasses.fields(self)]
        return {name: getattr(self, name) for name in names[: names.index("codes")]}


def kind_by_name(name: str) -> Kind:
    """The kind of file."""
    if name not in KINDS:
        raise DomainError(
            _("There is no such kind of file: %(name)s. Kinds: %(known)s.", name=name, known=", ".join(KINDS))
        )
    return KINDS[name]


def fitting_kind(headings: Sequence[str]) -> Kind | None:
    """The kind of file whose columns the headings name, if they name all that it must have; of several, most."""

    def named(kind: Kind) -> int:
        mapping = columns.guess(kind, headings)
        return len(mapping) if all(field.name in mapping for field in kind.fields if field.required) else 0

    best = max(KINDS.values(), key=named)
    return best if named(best) > 1 else None


def read_table(kind: Kind, path: Path, options: Options) -> Table:
    """Open a file, with the headings that fit the kind best."""

    def score(row: Iterable[str]) -> int:
        return len(columns.guess(kind, [cell.strip() for cell in row]))

    return open_table(path, score, options.encoding, options.sheet, options.filename)


def import_file(
    session: Session, kind: Kind, path: Path, options: Options, actor: str, scope: Scope, progress: Progress = silent
) -> Outcome:
    """Bring a file into the register; what cannot be accepted is left out and reported.

    Rows that concern a unit outside `scope` cannot. All of it belongs to the caller's transaction. A dry run undoes
    what it wrote.
    """
    started = time.perf_counter()
    staging.take_turn(session)
    table = read_table(kind, path, options)
    mapping = columns.choose(session, kind, table.headings, options.columns)
    if table.has_geometry:
        mapping.pop("geometry", None)
    columns.require(kind, mapping, table.headings)
    last = changes.last_account(session)
    point = session.begin_nested()
    with Report(kind, mapping, table.headings, options.errors, table.has_geometry) as report:
        result = _import_rows(session, kind, table, mapping, options, scope, report, progress)
        counts = _assign_and_index(session, result, progress)
    name, figures = options.filename or path.name, {"rows": report.rows, "rejected": report.rejected}
    behind: dict[str, Any] = {}
    if options.dry_run:
        point.rollback()
        record(session, actor, "imports.try", name, kind=kind.name, **figures)
    else:
        behind = _behind(session, result, last)
        point.commit()
        columns.remember(session, kind, table.headings, mapping)
        figures |= {"created": result.created, "updated": result.updated}
        record(session, actor, "imports.import", name, kind=kind.name, **figures)
    unassigned = counts.pop("unassigned", 0)
    return Outcome(
        rows=report.rows,
        accepted=report.rows - report.rejected,
        created=result.created,
        updated=result.updated,
        unchanged=result.unchanged,
        rejected=report.rejected,
        assigned=sum(counts.values()),
        unassigned=unassigned,
        seconds=round(time.perf_counter() - started, 2),
        codes=dict(report.codes),
        warnings=report.warnings,
        issues=report.issues,
        behind=behind,
    )


def _behind(session: Session, result: Result, last: int) -> dict[str, Any]:
    if result.accounts is not None:
        return changes.of_accounts(session, result.accounts, last)
    return changes.of_things(result.written) if result.written else {}


@dataclass(frozen=True)
class Preview:
    """The head of a file, and how it would be read."""

    headings: list[str]
    count: int
    """The rows of the file, or about as many."""
    is_all: bool
    """Whether they have been counted."""
    rows: list[list[str]]
    mapping: dict[str, str]
    encoding: str | None
    crs: str | None
    has_geometry: bool
    hint: Hint | None
    """What the positions say of the coordinate system."""

    def missing(self, kind: Kind) -> list[Any]:
        """Labels of fields without which no row can be read."""
        return [field.label for field in kind.fields if field.required and field.name not in self.mapping]


PREVIEW_ROWS = 8
HINT_ROWS = 1_000
"""So many rows tell the coordinate system."""


def preview(session: Session, kind: Kind, path: Path, options: Options) -> Preview:
    """The first rows of a file and the columns that would be read."""
    table = read_table(kind, path, options)
    mapping = columns.choose(session, kind, table.headings, options.columns)
    block = next(iter(table.blocks), None)
    rows = block.text.head(PREVIEW_ROWS).to_numpy().tolist() if block is not None else []
    shown = [[cell if len(cell) <= 60 else f"{cell[:60]}…" for cell in row] for row in rows]
    seen = len(block.text) if block is not None else 0
    share = block.done if block is not None else 1.0
    hint = None
    if block is not None:
        hint = crs_hint(session, Rows(block.head(HINT_ROWS), mapping), options.crs or table.crs or "wgs84")
    return Preview(
        headings=table.headings,
        count=round(seen / max(share, 1e-9)),
        is_all=share >= 1,
        rows=shown,
        mapping=mapping,
        encoding=table.encoding,
        crs=table.crs,
        has_geometry=table.has_geometry,
        hint=hint,
    )


def _import_rows(
    session: Session,
    kind: Kind,
    table: Table,
    mapping: Mapping[str, str],
    options: Options,
    scope: Scope,
    report: Report,
    progress: Progress,
) -> Result:
    own_crs = table.crs if options.crs is None else None
    importer = importer_for(kind.name)(session, _known_crs(options.crs or "wgs84"), scope)
    blocks = table.blocks if importer.streams else _whole(table.blocks)
    if own_crs is not None:
        blocks = (_in_wgs84(block, own_crs) for block in blocks)
    frames = _checked(importer, blocks, mapping, report, _stage(progress, "read", _("Reading and checking")))
    result = importer.store(frames, _stage(progress, "write", _("Writing")))
    if not report.rows:
        raise DomainError(_("The file has headings but no rows. Check that it is the right file and sheet."))
    for code, details in importer.finish():
        report.add_file_issue(code, details)
    return result


def _checked(
    importer: Importer, blocks: Iterable[Block], mapping: Mapping[str, str], report: Report, progress: Progress
) -> Iterator[pd.DataFrame]:
    progress(0, 1000)
    for block in blocks:
        rows = Rows(block, mapping)
        rows.note(Issue("overlong_row", None, block.surplus.astype(bool)))
        for issue in importer.check(rows):
            rows.note(issue)
        report.add(block, rows)
        progress(int(block.done * 1000), 1000)
        yield importer.frame(rows)


def _whole(blocks: Iterator[Block]) -> Iterator[Block]:
    """The file as one block."""
    read = list(blocks)
    if read:
        shapes = [block.geometry for block in read if block.geometry is not None]
        text = pd.concat([block.text for block in read])
        surplus = np.concatenate([block.surplus for block in read])
        yield Block(text, surplus, 1.0, np.concatenate(shapes) if shapes else None)


def _in_wgs84(block: Block, crs: str) -> Block:
    return dataclasses.replace(block, geometry=geometry_to_wgs84(block.geometry, crs))


def _known_crs(crs: str) -> str:
    try:
        to_wgs84([0.0], [0.0], crs)
    except ValueError as error:
        text = _("There is no coordinate system %(crs)s. Use wgs84, gcj02, bd09 or EPSG:n.", crs=crs)
        raise DomainError(text) from error
    return crs


def _assign_and_index(session: Session, result: Result, progress: Progress) -> dict[str, int]:
    counts = dict(result.placed or {})
    if result.boxes is not None and result.placed is None:
        stage = _stage(progress, "assign", _("Finding the cells of the boxes"))
        counts = dict(assign(session, result.boxes, stage, result.left_areas).counts)
    if result.accounts is not None:
        stage = _stage(progress, "index", _("Making names and addresses searchable"))
        stage(0, 1)
        index_accounts(session, result.accounts)
    progress(100, 100)
    return counts


def _stage(progress: Progress, name: str, said: str) -> Progress:
    """Progress of one stage as a part of the whole."""
    start, end = STAGES[name]

    def report(done: int, total: int, message: str = said) -> None:
        progress(min(start + (end - start) * done // max(total, 1), 99), 100, said)

    return report


def begin_run(
    session: Session, kind: Kind, filename: str, path: Path | None = None, user_id: int | None = None
) -> ImportRun:
    """Note a file in the history of imports, and who brought it."""
    run = ImportRun(kind=kind.name, filename=filename, path=path.name if path else None, user_id=user_id)
    session.add(run)
    session.flush()
    return run


def start_run(session: Session, run: ImportRun, options: dict[str, Any], title: str, actor: str, link: str) -> Job:
    """Hand a file over to the worker."""
    if run.path is None:
        raise DomainError(_("This file has been imported and is no longer kept. Upload it again."))
    run.options, run.outcome, run.issues, run.finished_at = options, None, [], None
    job = enqueue(session, "import", title, run=run.id, actor=actor, link=link)
    run.job_id = job.id
    session.flush()
    return job


def end_run(session: Session, run: ImportRun, outcome: Outcome, **more: Any) -> None:
    """Note what became of it."""
    run.outcome = {**outcome.figures(), "codes": outcome.codes, "warnings": outcome.warnings}
    run.outcome |= {"behind": outcome.behind, **more}
    run.issues = outcome.issues
    run.finished_at = now()
    if not more.get("dry_run"):
        run.path = None
    session.flush()


def note_mended(session: Session, run: ImportRun, again: ImportRun) -> None:
    """Note that the rejected rows have been mended and brought again."""
    run.outcome = {**(run.outcome or {}), "mended_in": again.id}
    session.flush()


def record_rejected(session: Session, run: ImportRun, actor: str) -> None:
    """Put on record that somebody took the rejected rows, which hold personal data."""
    record(session, actor, "imports.rejected", run.filename, run=run.id)
