"""The command `gridcrm import`."""

import json
from pathlib import Path

import click
from flask_babel import gettext as _

from app.audit.actor import shell_actor
from app.core.access import EVERYWHERE
from app.core.commands import terminal_progress
from app.core.database import database
from app.core.errors import DomainError
from app.imports.fields import KINDS
from app.imports.issues import sentence
from app.imports.report import reason
from app.imports.service import Options, Outcome, begin_run, end_run, import_file, kind_by_name

SHOWN_ISSUES = 20


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    """FIELD=COLUMN pairs."""
    for pair in pairs:
        if "=" not in pair:
            raise DomainError(_("Write --map as FIELD=COLUMN, not %(pair)s.", pair=pair))
    return {field.strip(): column.strip() for field, _equals, column in (pair.partition("=") for pair in pairs)}


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--crs", help="wgs84, gcj02, bd09 or EPSG:n; by default what the file says, else wgs84.")
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field.")
@click.option("--encoding", help="The text file's encoding; detected by default.")
@click.option("--sheet", help="The spreadsheet's sheet; by default the one that fits best.")
@click.option("--dry-run", is_flag=True, help="Check and count, but change nothing.")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write rejected rows there (.csv or .xlsx)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_command(
    kind: str,
    file: Path,
    crs: str | None,
    pairs: tuple[str, ...],
    encoding: str | None,
    sheet: str | None,
    dry_run: bool,
    errors: Path | None,
    as_json: bool,
) -> None:
    """Bring FILE (CSV, XLSX, GeoJSON, GeoPackage or Shapefile) into the register.

    Rows that cannot be accepted are left out and reported; all others go in, or none when the command is broken off.
    """
    options = Options(crs, _mapping(pairs), encoding, sheet, dry_run, errors)
    with database().transaction() as session:
        progress = terminal_progress()
        outcome = import_file(session, kind_by_name(kind), file, options, shell_actor(), EVERYWHERE, progress)
        if not dry_run:
            end_run(session, begin_run(session, kind_by_name(kind), file.name), outcome)
    if as_json:
        click.echo(json.dumps(outcome.figures()))
        _print_warnings(outcome, to_stderr=True)
    else:
        _print(outcome, errors, dry_run)


def _print_warnings(outcome: Outcome, to_stderr: bool = False) -> None:
    for warning in outcome.warnings:
        click.echo(_("Note: %(said)s", said=sentence(warning["code"], warning["details"])), err=to_stderr)


def _print(outcome: Outcome, errors: Path | None, dry_run: bool) -> None:
    figures = outcome.figures()
    click.echo(
        _(
            "%(rows)s rows: %(created)s new, %(updated)s changed, %(unchanged)s as before, %(rejected)s rejected, "
            "in %(seconds)s s.",
            **figures,
        )
    )
    if outcome.assigned or outcome.unassigned:
        click.echo(
            _("Of the metering points concerned, %(assigned)s have a cell, %(unassigned)s have none.", **figures)
        )
    _print_warnings(outcome)
    for issue in outcome.issues[:SHOWN_ISSUES]:
        click.echo(_("Row %(row)s, %(reason)s", row=issue["row"], reason=reason(issue)))
    if outcome.rejected and errors:
        click.echo(_("All rejected rows with their reasons are in %(path)s; mend and import it.", path=errors))
    elif outcome.rejected:
        click.echo(_("To get all rejected rows as a file that can be mended and imported, say --errors rejected.csv."))
    if dry_run:
        click.echo(_("This was a dry run; nothing was changed."))
