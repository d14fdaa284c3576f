"""The commands `gridcrm cells ...` that say who answers for which cell."""

import json
from dataclasses import asdict
from datetime import date, datetime

import click
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.audit.actor import shell_actor
from app.core import clock
from app.core.access import EVERYWHERE
from app.core.commands import Program
from app.core.database import database
from app.core.errors import DomainError
from app.grid import queries, service, sharing
from app.organisation.models import OrganisationUnit
from app.organisation.queries import stations as all_stations
from app.organisation.queries import unit_by_code

DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=Program)
def cells() -> None:
    """Make, prove and edit grid cells, and say who answers for them."""


def chosen_stations(session: Session, code: str | None) -> list[OrganisationUnit]:
    """The station with that code; all stations for None and "all"."""
    if code and code != "all":
        return [unit_by_code(session, EVERYWHERE, code)]
    return list(all_stations(session, EVERYWHERE))


@cells.command()
@click.argument("cell")
@click.argument("manager", required=False)
@click.option("--from", "since", type=DAY, help="The first day, as 2026-01-31; today by default.")
@click.option("--nobody", is_flag=True, help="Let nobody answer for the cell from that day on.")
def own(cell: str, manager: str | None, since: datetime | None, nobody: bool) -> None:
    """Make MANAGER (a code) responsible for CELL (a code) from a day on."""
    if (manager is None) != nobody:
        raise DomainError(_("Name the manager's code, or say --nobody."))
    day = _day(since)
    with database().transaction() as session:
        owner = queries.manager_by_code(session, EVERYWHERE, manager) if manager else None
        later = service.give(session, queries.cell_by_code(session, EVERYWHERE, cell), owner, day, shell_actor())
    for change in later:
        click.echo(_("The cell changes hands again on %(day)s; that stays as it is.", day=format_date(change)))


@cells.command()
@click.argument("cell")
@click.option("--on", "on", type=DAY, help="The day; today by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def owner(cell: str, on: datetime | None, as_json: bool) -> None:
    """Print who answers for CELL on a day."""
    with database().reading() as session:
        manager = queries.manager_of(session, queries.cell_by_code(session, EVERYWHERE, cell), _day(on))
        found = manager and {"code": manager.code, "name": manager.name, "phone": manager.work_phone}
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo(" ".join(filter(None, found.values())) if found else _("Nobody."))


@cells.command("share-out")
@click.option("--station", default="all", show_default=True, help="A station's code, or all.")
@click.option("--from", "since", type=DAY, help="The first day, as 2026-01-31; today by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def share_out(station: str, since: datetime | None, as_json: bool) -> None:
    """Share cells out among their station's managers: beats that hang together, of near-equal households.

    Of all stations, those without managers or cells are passed over.
    """
    day = _day(since)
    with database().transaction() as session:
        if station == "all":
            beats = sharing.share_out_everywhere(session, day, shell_actor())
        else:
            beats = sharing.share_out(session, unit_by_code(session, EVERYWHERE, station), day, shell_actor())
    if as_json:
        click.echo(json.dumps([asdict(beat) for beat in beats], ensure_ascii=False))
        return
    for beat in beats:
        click.echo(f"{beat.manager}\t{beat.name}\t{beat.cells}\t{beat.households}")


def _day(given: datetime | None) -> date:
    return given.date() if given else clock.today()
