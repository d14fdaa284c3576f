"""The command `gridcrm demo`."""

import os
import shutil
import sys
from pathlib import Path

import click
from flask_babel import gettext as _

from app.core.commands import terminal_progress
from app.core.database import database
from app.core.settings import settings
from app.demo import files, queries, service


@click.command()
@click.option("--households", default=40_000, show_default=True, type=click.IntRange(100, 5_000_000), help="How many.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another city.")
@click.option("--once", is_flag=True, help="Do nothing where the register already holds something.")
@click.option(
    "--files",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write import files with a few faults into this folder; the register stays as it is.",
)
def demo(households: int, seed: int, once: bool, folder: Path | None) -> None:
    """Fill an empty register with a generated city: Huizhou as it lies, with people who do not exist."""
    if folder:
        for path in files.write(folder, households, seed):
            click.echo(path)
        return
    with database().transaction() as session:
        if once and not queries.is_empty(session):
            click.echo(_("The register already holds data; the demo city is not loaded again."))
            return
        loaded = service.load(session, households, seed, terminal_progress())
    click.echo(
        _(
            "Loaded %(households)s households, %(cells)s grid cells, %(managers)s customer managers in %(seconds)s s.",
            households=f"{loaded.households:,}",
            cells=f"{loaded.cells:,}",
            managers=f"{loaded.managers:,}",
            seconds=f"{loaded.seconds:.0f}",
        )
    )
    click.echo(_("All people and phone numbers are invented; nobody can be reached. Now try:"))
    click.echo(f"  {_program()} lookup {loaded.phone}")
    click.echo(f"  {_program()} cards --manager {loaded.manager} --out cards.pdf")
    click.echo(f"  {_program()} serve    {settings().public_url}")


def _program() -> str:
    """How the program is called from here, whether or not its environment is active."""
    return "gridcrm" if shutil.which("gridcrm") else os.path.relpath(Path(sys.executable).with_name("gridcrm"))
