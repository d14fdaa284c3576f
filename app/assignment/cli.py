"""The commands `gridcrm assign` and those of `gridcrm cells` that concern meter boxes."""

import json
from dataclasses import asdict

import click
from flask_babel import gettext as _

from app.assignment import service
from app.core.commands import terminal_progress
from app.core.database import database
from app.core.errors import DomainError


@click.command()
@click.option("--all", "everything", is_flag=True, help="Assign every meter point.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
