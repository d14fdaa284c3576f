"""The command `gridcrm assign`, and those of `gridcrm cells` that move meter points between cells."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from flask_babel import gettext as _

from app.assignment import cells as services
from app.assignment import service
from app.assignment.drawing import line_from, shape_from
from app.assignment.layer_check import check_layer
from app.audit.actor import shell_actor
from app.core.access import EVERYWHERE
from app.core.commands import terminal_progress
from app.core.database import database
from app.core.errors import DomainError
from app.grid.cli import cells, chosen_stations
from app.grid.edits import Edit
from app.grid.queries import cell_by_code
from app.organisation.queries import unit_by_code
from gis.cells import METHODS, Method

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.option("--all", "everything", is_flag=True, help="Assign every meter point.")
@AS_JSON
def assign(everything: bool, as_json: bool) -> None:
    """Assign meter points to cells again and print how many for each reason."""
    if not everything:
        raise DomainError(_("Say --all: single points are assigned whenever their box or cell changes."))
    with database().transaction() as session:
        done = service.assign(session, progress=terminal_progress())
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    for reason, count in done.counts.items():
        click.echo(f"{reason:<16} {count:>10}")
    click.echo(f"{'seconds':<16} {done.seconds:>10.1f}")


@cells.command()
@click.option("--method", type=click.Choice(METHODS), required=True, help="How to cut.")
@click.option("--target-households", default=200, show_default=True, type=click.IntRange(1), help="A cell's size.")
@click.option("--station", help="A station's code; all stations by default.")
@click.option("--replace", is_flag=True, help="Replace cells even where managers answer for them.")
@AS_JSON
def make(method: Method, target_households: int, station: str | None, replace: bool, as_json: bool) -> None:
    """Cut the area of one or all stations into cells.

    A station without a boundary gets the land around its meter boxes. Cells that nobody answers for are replaced.
    """
    with database().transaction() as session:
        stations, report = chosen_stations(session, station), terminal_progress()
        made = services.make_cells(session, method, target_households, stations, shell_actor(), replace, report)
    if as_json:
        click.echo(json.dumps(asdict(made)))
        return
    click.echo(_("%(made)s cells made, %(retired)s replaced.", made=made.cells, retired=made.retired))
    if made.left_out:
        text = _("Without a boundary or located boxes, so without cells: %(codes)s", codes=", ".join(made.left_out))
        click.echo(text, err=True)


@cells.command()
@click.option("--station", help="A station's code; all stations by default.")
@click.option("--geojson", type=click.Path(dir_okay=False, path_type=Path), help="Write the offending places there.")
@AS_JSON
def check(station: str | None, geojson: Path | None, as_json: bool) -> None:
    """Prove that the cells leave no gap and have no overlap; exits with 1 where they do."""
    with database().reading() as session:
        proof = check_layer(session, EVERYWHERE, unit_by_code(session, EVERYWHERE, station) if station else None)
    if geojson:
        geojson.write_text(proof.places().to_json(drop_id=True), "utf-8")
    figures = proof.figures()
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, figure in figures.items():
            click.echo(f"{name:<20} {figure:>12}")
    if not proof.is_proven:
        sys.exit(1)


@cells.command()
@click.argument("cell")
@click.option("--line", help="The dividing line as WKT or GeoJSON in WGS 84; without it the households are halved.")
def split(cell: str, line: str | None) -> None:
    """Divide CELL (a code) into two new cells of the same manager."""
    with database().transaction() as session:
        drawn = line_from(line) if line else None
        edit, _assigned = services.split(session, cell_by_code(session, EVERYWHERE, cell), drawn, shell_actor())
        _print_made(edit)


@cells.command()
@click.argument("codes", nargs=-1, required=True, metavar="CELL CELL...")
def merge(codes: tuple[str, ...]) -> None:
    """Make one new cell of neighbouring CELLs; it goes to the manager of the one with most households."""
    with database().transaction() as session:
        chosen = [cell_by_code(session, EVERYWHERE, code) for code in dict.fromkeys(codes)]
        edit, _assigned = services.merge(session, chosen, shell_actor())
        _print_made(edit)


@cells.command()
@click.argument("cell")
@click.option("--shape", required=True, help="The new polygon as WKT or GeoJSON in WGS 84, or @FILE with either.")
def reshape(cell: str, shape: str) -> None:
    """Draw the border of CELL (a code) anew; the neighbours' borders move with it."""
    text = Path(shape[1:]).read_text("utf-8") if shape.startswith("@") else shape
    with database().transaction() as session:
        edit, _assigned = services.reshape(
            session, cell_by_code(session, EVERYWHERE, cell), shape_from(text), shell_actor()
        )
        click.echo(_("%(count)s cells have a new border.", count=len(edit.changed)))


def _print_made(edit: Edit) -> None:
    for cell in edit.made:
        click.echo(f"{cell.code}\t{cell.households}")
